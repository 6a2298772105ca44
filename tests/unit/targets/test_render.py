"""Templates are taken from the modules that the build made, and only where these were made from their text."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment

from transpiler.targets import render


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package of compiled templates as a build makes it, in place of the installed one."""
    for name, text in render.compiled().items():
        (tmp_path / name).write_text(text)
    made = ModuleType(render.COMPILED)
    made.__path__ = [str(tmp_path)]
    exec((tmp_path / "__init__.py").read_text(), vars(made))
    monkeypatch.setitem(sys.modules, render.COMPILED, made)
    return made


def _compiles(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> list[str]:
    """The names of the templates among these that a new environment compiles when it loads them."""
    seen: list[str] = []
    whole = Environment.compile

    def compile(self: Environment, source: str, name: str, *more: object, **options: object) -> object:
        seen.append(name)
        return whole(self, source, name, *more, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", compile)
    environment = render.environment.__wrapped__()
    for name in names:
        environment.get_template(name)
    return seen


def test_no_template_is_compiled_twice(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    names = render.environment().list_templates()
    assert len(names) > 10
    assert _compiles(monkeypatch, names) == []


def test_a_template_that_was_edited_since_is_compiled_anew(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.MARKS["zuul/teardown.yaml.j2"] = "of another text"
    assert _compiles(monkeypatch, render.environment().list_templates()) == ["zuul/teardown.yaml.j2"]


def test_without_compiled_templates_all_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, render.COMPILED, None)
    names = render.environment().list_templates()
    assert _compiles(monkeypatch, names) == names


def test_both_ways_give_the_same_text(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"name": "it's", "lines": ("a", "b")}
    template = "zuul/teardown.yaml.j2"
    quick = render.environment.__wrapped__().get_template(template)
    monkeypatch.setitem(sys.modules, render.COMPILED, None)
    slow = render.environment.__wrapped__().get_template(template)
    assert quick.render(**values) == slow.render(**values)
