"""`generate` and `lint` of many repositories: order, summary, exit status, one bad apple, Ctrl-C, memory."""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support.command import CONFIG, OUTPUTS, Command, make, tree, write
from support.processor_time import children

from transpiler.app import pool
from transpiler.app.place import Place
from transpiler.formats import DOCUMENTS

CONFIG_PATH = ".pipeline/config.yaml"
# The name `transpiler.app.generate` is the command of that name, too.
generate = importlib.import_module("transpiler.app.generate")
BROKEN = "pipeline: {}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the repositories `r0` to `r5` are, of which `r3` has errors, and the file `list` that names them."""
    for n in range(6):
        make(tmp_path / f"r{n}")
    names = "r0\n# not yet: r9\n\nr1\n  r2 # a remark\nr3\nr4\nr5"
    write(tmp_path, {f"r3/{CONFIG_PATH}": BROKEN, "list": names})
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- what is said ----


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_summary_counts_and_the_status_is_the_worst(place: Path, transpipe: Command, jobs: int) -> None:
    ran = transpipe("generate", "--repos", "list", "-j", jobs, "-t", "gitlab")
    assert ran.code == 1
    assert ran.err.endswith("wrote r5/.gitlab-ci.yml\n6 repositories: 5 written, 1 with errors\n")
    write(place, {"r0/.gitlab-ci.yml": "edited\n"})
    ran = transpipe("generate", "--repos", "list", "-j", jobs, "-t", "gitlab")
    assert ran.err.endswith("\n6 repositories: 4 fresh, 2 with errors\n")
    ran = transpipe("generate", "--check", "--repos", "list", "-j", jobs, "-t", "gitlab")
    assert (ran.code, ran.err) == (1, "6 repositories: 4 fresh, 1 stale, 1 with errors\n")
    ran = transpipe("lint", "--repos", "list", "-j", jobs)
    assert (ran.code, ran.err) == (1, "6 repositories: 5 without errors, 1 with errors\n")


@pytest.mark.parametrize("jobs", [1, 3])
def test_everything_is_told_in_the_order_given(place: Path, transpipe: Command, jobs: int) -> None:
    ran = transpipe("generate", "r4", "r1", "nowhere", "r2", "-j", jobs, "-t", "gitlab")
    assert ran == (
        2,
        "",
        (
            "wrote r4/.gitlab-ci.yml\nwrote r1/.gitlab-ci.yml\ntranspipe: there is no file or directory nowhere\n"
            "wrote r2/.gitlab-ci.yml\n4 repositories: 3 written, 1 with errors\n"
        ),
    )


def test_a_list_is_relative_to_its_file(place: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    assert transpipe("lint", "--repos", "../list").err == "6 repositories: 5 without errors, 1 with errors\n"


def test_a_dash_reads_the_list_from_stdin(place: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"r0\nr1 # the second\n")))
    assert transpipe("lint", "--repos", "-", "r2").err == "3 repositories: 3 without errors\n"


def test_a_list_holds_names_as_bytes_each_once_and_perhaps_a_byte_order_mark(place: Path, transpipe: Command) -> None:
    odd = os.fsencode(place) + b"/odd\xff"
    os.rename(place / "r1", odd)
    (place / "odd").write_bytes(b"\xef\xbb\xbfr0\nodd\xff\n./r0\nr0/\nr2\r\n")
    assert transpipe("lint", "--repos", "odd").err == "3 repositories: 3 without errors\n"


def test_an_empty_list_is_no_repository_and_not_the_one_around(place: Path, transpipe: Command) -> None:
    write(place, {"none": "# nothing\n"})
    assert transpipe("generate", "--repos", "none") == (0, "", "0 repositories\n")


def test_a_list_that_is_not_there_is_the_worlds_fault(place: Path, transpipe: Command) -> None:
    assert transpipe("generate", "--repos", "nowhere") == (3, "", "transpipe: nowhere: No such file or directory\n")


def test_the_diagnostics_of_all_are_one_json_array(place: Path, transpipe: Command) -> None:
    write(place, {f"r5/{CONFIG_PATH}": BROKEN})
    ran = transpipe("lint", "--repos", "list", "-j", 2, "--format", "json")
    assert {d["file"] for d in json.loads(ran.out)} == {f"r3/{CONFIG_PATH}", f"r5/{CONFIG_PATH}"}
    assert json.loads(transpipe("lint", "r0", "r1", "--format", "json").out) == []


@pytest.mark.parametrize("form", sorted(DOCUMENTS))
def test_the_findings_of_all_are_one_document(place: Path, transpipe: Command, form: str) -> None:
    """Whatever the number of workers, it is the same, and stdout has nothing else."""
    write(place, {f"r5/{CONFIG_PATH}": BROKEN})
    ran = transpipe("lint", "--repos", "list", "-j", 2, "--format", form)
    assert ran == transpipe("lint", "--repos", "list", "--format", form)
    assert (ran.code, ran.err) == (1, "6 repositories: 4 without errors, 2 with errors\n")
    times = 2 if form == "sarif" else 1  # a finding names its file, and its fix names it again
    assert (ran.out.count(f"r3/{CONFIG_PATH}"), ran.out.count(f"r5/{CONFIG_PATH}")) == (times, times)
    match form:
        case "checkstyle":
            assert ElementTree.fromstring(ran.out).tag == "checkstyle"
        case "github":
            assert {line[:8] for line in ran.out.splitlines()} == {"::error "}
        case _:
            assert json.loads(ran.out)


@pytest.mark.parametrize(
    ("form", "empty"),
    [
        ("json", "[]\n"),
        ("gitlab", "[]\n"),
        ("github", ""),
        ("checkstyle", '<checkstyle version="4.3">\n</checkstyle>\n'),
    ],
)
def test_a_document_without_findings(place: Path, transpipe: Command, form: str, empty: str) -> None:
    ran = transpipe("lint", "r0", "r1", "--format", form)
    assert ran.code == 0
    assert ran.out.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n') == empty


def test_sarif_without_findings_says_that_it_ran(place: Path, transpipe: Command) -> None:
    (run,) = json.loads(transpipe("lint", "r0", "--format", "sarif").out)["runs"]
    assert (run["results"], run["invocations"]) == ([], [{"executionSuccessful": True}])


def test_a_repository_that_cannot_be_read_is_in_sarif_and_among_githubs_commands(
    place: Path, transpipe: Command
) -> None:
    why = "there is no file or directory nowhere"
    ran = transpipe("lint", "r0", "nowhere", "--format", "sarif")
    (run,) = json.loads(ran.out)["runs"]
    assert run["invocations"] == [
        {"executionSuccessful": False, "toolExecutionNotifications": [{"level": "error", "message": {"text": why}}]}
    ]
    assert ran.err.startswith(f"transpipe: {why}\n")
    ran = transpipe("lint", "r0", "no%\n::error::x", "--format", "github")
    assert ran.out == "::error title=transpipe::there is no file or directory no%25%0A::error::x\n"
    assert "\n| ::error::x\n" in ran.err


def test_no_bar_is_drawn_where_there_is_no_terminal(place: Path, transpipe: Command) -> None:
    ran = transpipe("lint", "--repos", "list")
    assert "\r" not in ran.err
    assert "\x1b" not in ran.out + ran.err


# ---- what goes wrong ----


def test_a_worker_that_dies_takes_one_repository_with_it(
    place: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(at: Place, path: str | None, options: object) -> Any:
        if at.root.name == "r1":
            os.kill(os.getpid(), signal.SIGKILL)
        if at.root.name == "r4":
            os._exit(5)
        return inner(at, path, options)

    inner = generate.run_in
    monkeypatch.setattr(generate, "run_in", die)
    ran = transpipe("generate", "--repos", "list", "-j", 2, "-t", "gitlab")
    assert ran.code == 4
    assert "\ntranspipe: r1: the process that compiled it was killed by signal 9\n" in ran.err
    assert "\ntranspipe: r4: the process that compiled it ended with status 5\n" in ran.err
    assert ran.err.endswith("\n6 repositories: 3 written, 3 with errors\n")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bug_in_one_repository_lets_the_others_go_on(
    place: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def stumble(at: Place, path: str | None, options: object) -> Any:
        if at.root.name == "r1":
            raise KeyError("oops")
        return inner(at, path, options)

    inner = generate.run_in
    monkeypatch.setattr(generate, "run_in", stumble)
    ran = transpipe("generate", "--repos", "list", "-j", jobs, "-t", "gitlab")
    assert ran.code == 4
    assert "\ntranspipe: r1: a bug: KeyError: 'oops'\n" in ran.err
    assert ran.err.endswith("\n6 repositories: 4 written, 2 with errors\n")


def test_ctrl_c_ends_all_processes_and_leaves_no_repository_half_written(tmp_path: Path) -> None:
    names = [f"r{n}" for n in range(150)]
    for name in names:
        make(tmp_path / name)
    command = [sys.executable, "-m", "transpiler", "generate", "-j", "2", *names]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr
        assert process.stderr.readline() == "wrote r0/Jenkinsfile\n"
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "\ninterrupted: 150 repositories: " in said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    whole = {*OUTPUTS, CONFIG_PATH, ".pipeline/blubber.yaml"}
    assert all(set(tree(tmp_path / name)) in (whole, whole - set(OUTPUTS)) for name in names)


# ---- what it costs ----


def test_one_worker_needs_no_pool(place: Path) -> None:
    code = (
        "import sys\nsys.argv = ['transpipe', 'lint', 'r0', 'r1', '-j', '1']\nfrom transpiler.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print({'multiprocessing', 'concurrent.futures', 'transpiler.app.pool'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


class _Watched(Sequence[int]):
    """Numbers, of which it is known how many were asked for."""

    def __init__(self) -> None:
        self.seen = 0

    def __len__(self) -> int:
        return 500

    def __getitem__(self, at: int) -> int:  # type: ignore[override]
        self.seen = max(self.seen, at + 1)
        return at


def _twice(number: int) -> int:
    return 2 * number


def _died(item: int, code: int) -> int:
    raise AssertionError(f"the worker at {item} ended with {code}")


def test_the_workers_are_never_far_ahead_of_what_was_told() -> None:
    items, told = _Watched(), 0
    for result in pool.each(_twice, items, 2, _died):
        assert result == 2 * told
        told += 1
        assert items.seen <= told + 2 * 8
    assert told == len(items)


def test_closing_early_ends_the_workers() -> None:
    before = children()
    results = pool.each(_twice, _Watched(), 2, _died)
    assert next(results) == 0
    assert len(children() - before) == 2
    results.close()
    assert children() == before


# ---- a profile that all share ----


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("command", ["lint", "generate"])
def test_a_mistake_in_a_shared_profile_is_told_once_at_its_line(
    place: Path, transpipe: Command, jobs: int, command: str
) -> None:
    write(place, {"site.yaml": "proxy: ''\nregistry: {credential: nobody}\n", f"r3/{CONFIG_PATH}": CONFIG})
    where = [] if command == "lint" else ["--diff"]
    ran = transpipe(command, "--repos", "list", "--profile", "site.yaml", "-j", jobs, *where)
    said = ran.out + ran.err
    assert ran.code == 1
    assert said.count("[profile-unknown-credential]") == 1
    assert "site.yaml:2:24: error: `registry.credential` is `nobody`" in said
    assert "    2 | registry: {credential: nobody}\n" in said
    assert said.endswith("6 repositories: 6 with errors\n")


def test_a_profile_that_is_not_there_is_told_once(place: Path, transpipe: Command) -> None:
    ran = transpipe("lint", "--repos", "list", "--profile", "nowhere.yaml")
    assert ran.out.count("[profile-not-found]") == 1
    assert not ran.out.startswith("r0")


def test_a_mistake_in_each_repositorys_own_profile_is_told_for_each(place: Path, transpipe: Command) -> None:
    write(place, {f"r{n}/.pipeline/profile.yaml": "registry: {credential: nobody}\n" for n in range(6)})
    ran = transpipe("lint", "r0", "r1", "r2")
    assert ran.out.count("[profile-unknown-credential]") == 3
    assert "r1/.pipeline/profile.yaml:1:24" in ran.out


def test_a_profile_that_no_clone_has_is_told_once(place: Path, transpipe: Command) -> None:
    write(place, {"site.yaml": "proxy: ''\n"})
    ran = transpipe("generate", "r0", "r1", "r2", "--profile", "site.yaml")
    assert ran.code == 2
    assert ran.err.count("lies outside the repository") == 1
