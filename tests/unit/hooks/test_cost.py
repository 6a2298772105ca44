"""What a hook costs when nothing changed: the modules it imports, the files it reads, and no process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import OUTPUTS, Command

from transpiler import resources
from transpiler.entry import main

PROGRAM = """
import json, sys
before = set(sys.modules)
opened, started = [], []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        opened.append(str(arguments[0]))
    if event.startswith(("subprocess", "os.exec", "os.posix_spawn", "os.fork", "os.system", "socket")):
        started.append(event)
sys.addaudithook(watch)
from transpiler.entry import answered
answer = answered(sys.argv[1:])
print(json.dumps([answer, sorted(set(sys.modules) - before), opened, started]))
"""
OURS = {
    "transpiler",
    "transpiler.entry",
    "transpiler.fast_path",
    "transpiler.fast_path.digests",
    "transpiler.fast_path.check",
    "transpiler.fast_path.dockerfile",
    "transpiler.fast_path.fields",
    "transpiler.fast_path.places",
    "transpiler.fast_path.variant_names",
    "transpiler.resources",
    "transpiler.targets",
    "transpiler.work_tree",
}
PYTHONS = {"__future__", "hashlib", "itertools", "_hashlib", "_blake2"}


def asked(cwd: Path, *arguments: str) -> tuple[bool, set[str], set[str], list[str]]:
    """The answer, the modules imported for it, the files read that are no modules, and the processes started."""
    environment = {k: v for k, v in os.environ.items() if k != "TRANSPIPE_PROFILE"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    answer, modules, opened, started = json.loads(ran.stdout)
    return answer, set(modules), {name for name in opened if not name.endswith((".py", ".pyc", ".so"))}, started


@pytest.mark.parametrize(
    "arguments", [("generate", "--check"), ("hook", "check"), ("hook", "run", "--profile", "default")], ids=" ".join
)
def test_a_fresh_repository_costs_these_modules_and_files_and_no_process(
    repository: Path, transpipe: Command, arguments: tuple[str, ...]
) -> None:
    transpipe("generate")
    answer, modules, opened, started = asked(repository, *arguments)
    assert (answer, started) == (True, [])
    assert modules - PYTHONS == OURS
    inputs = [".pipeline/config.yaml", ".pipeline/blubber.yaml"]
    templates = [str(path) for path in resources.directory("templates").rglob("*.j2")]
    shipped = str(resources.directory("profiles") / "default.yaml")
    assert opened == {*(str(repository / path) for path in (*inputs, *OUTPUTS)), *templates, shipped}


def test_what_is_staged_costs_one_module_and_the_index_more(repository: Path, transpipe: Command) -> None:
    (repository / ".git").rmdir()
    transpipe("generate")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    # Git asks for a moment between a file and the index that holds it; we say when that was.
    for path in repository.rglob("*"):
        if path.is_file() and ".git/" not in path.as_posix():
            os.utime(path, (1_000_000_000, 1_000_000_000))
    subprocess.run(["git", "update-index", "--refresh", "-q"], cwd=repository, check=True)
    answer, modules, opened, started = asked(repository, "hook", "run", "--staged")
    assert (answer, started) == (True, [])
    assert modules - PYTHONS == OURS | {"transpiler.fast_path.git_index"}
    assert str(repository / ".git/index") in opened


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate",),
        ("--version",),
        ("lint",),
        ("generate", "--check", "--format", "json"),
        ("generate", "--check", "--diff"),
        ("generate", "--check", "-j", "2"),
        ("generate", "--check", "--out", "x"),
        ("generate", "--check", ".", "."),
        ("generate", "--check", "--profile"),
        ("generate", "--check", "nowhere"),
        ("generate", "--check", "--unsupported", "maybe"),
        ("generate", "--check", "--repos", "x"),
        ("generate", "--check", "-t", "travis"),
        ("generate", "--check", "--help"),
        (),
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_what_is_unusual_is_left_to_the_whole_command(
    repository: Path, transpipe: Command, arguments: tuple[str, ...]
) -> None:
    transpipe("generate")
    answer, modules, _, _ = asked(repository, *arguments)
    assert (answer, "typer" in modules) == (False, False)


@pytest.mark.parametrize("words", [("-m", "transpiler", "generate", "--check"), ("-m", "transpiler", "hook", "run")])
def test_the_command_itself_is_silent_when_all_is_fresh(
    repository: Path, transpipe: Command, words: tuple[str, ...]
) -> None:
    transpipe("generate")
    ran = subprocess.run([sys.executable, *words], cwd=repository, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    (repository / "Jenkinsfile").unlink()
    ran = subprocess.run([sys.executable, *words], cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 1


def test_an_interrupt_while_the_command_is_being_imported_is_no_traceback(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("transpiler.entry.answered", interrupted)
    with pytest.raises(SystemExit) as stop:
        main()
    assert (stop.value.code, capsys.readouterr().err) == (130, "interrupted\n")
