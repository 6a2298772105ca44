"""What `--help` says of every argument and option."""

from collections.abc import Iterator

import click
import pytest
import typer

from transpiler.cli import app


def commands(group: click.Command, path: str = "transpipe") -> Iterator[tuple[str, click.Command]]:
    yield path, group
    for name, command in (getattr(group, "commands", None) or {}).items():
        yield from commands(command, f"{path} {name}")


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", ALL)
def test_every_command_argument_and_option_is_explained(name: str) -> None:
    command = ALL[name]
    context = click.Context(command, info_name=name)
    records = [(param, param.get_help_record(context)) for param in command.params]
    assert command.help
    assert [param.name for param, record in records if record and not record[1]] == []
