"""The other commands, and what holds for all: exit statuses, colours, streams."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.catalogue import CATALOGUE
from support.command import CONFIG, Command, make, tree, write

BROKEN = CONFIG.replace("name: lint", "nmae: lint")
CONFIG_PATH = ".pipeline/config.yaml"


def process(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "transpiler", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | environment,
        timeout=60,
    )


# ---- lint ----


def test_lint_says_nothing_of_a_good_config(repository: Path, transpipe: Command) -> None:
    before = tree(repository)
    assert transpipe("lint") == (0, "", "")
    assert tree(repository) == before


def test_lint_prints_its_findings_on_stdout(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: BROKEN})
    ran = transpipe("lint")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(".pipeline/config.yaml:7:9: error: ")
    assert ran.out.endswith(" error\n") or ran.out.endswith(" errors\n")


def test_lint_as_json(repository: Path, transpipe: Command) -> None:
    assert transpipe("lint", "--format", "json") == (0, "[]\n", "")
    write(repository, {CONFIG_PATH: BROKEN})
    ran = transpipe("lint", "--format", "json")
    found = json.loads(ran.out)
    assert ran.code == 1
    assert {"file": CONFIG_PATH, "line": 7, "column": 9, "severity": "error"}.items() <= found[0].items()


def test_lint_of_many_repositories_is_one_json_array(
    tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write(make(tmp_path / name), {CONFIG_PATH: BROKEN})
    found = json.loads(transpipe("lint", "a", "b", "--format", "json").out)
    assert {d["file"] for d in found} == {f"a/{CONFIG_PATH}", f"b/{CONFIG_PATH}"}


def test_a_note_alone_is_no_finding(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: "project: a\npipelines:\n  nothing: {stages: []}\n"})
    ran = transpipe("lint")
    assert ran.code == 0
    assert "note:" in ran.out


def test_a_broken_profile_is_shown_with_its_place(repository: Path, transpipe: Command) -> None:
    write(repository, {".pipeline/profile.yaml": "registri: {}\n"})
    ran = transpipe("lint")
    assert ran.code == 1
    assert ".pipeline/profile.yaml:1:1: error:" in ran.out
    assert "    1 | registri: {}\n" in ran.out


# ---- graph, schema, explain ----


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "test   unit | lint   change, merge\n"),
        ("mermaid", "flowchart LR\n"),
        ("dot", "digraph {\n"),
        ("svg", '<svg xmlns="http://www.w3.org/2000/svg"'),
        ("html", "<!DOCTYPE html>\n"),
    ],
)
def test_graph(repository: Path, transpipe: Command, form: str, start: str) -> None:
    ran = transpipe("graph", "--format", form)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(start)


def test_graph_of_one_pipeline(repository: Path, transpipe: Command) -> None:
    assert transpipe("graph", "--pipeline", "test").code == 0
    assert transpipe("graph", "--pipeline", "nope") == (
        2,
        "",
        "transpipe: there is no pipeline nope; there are test\n",
    )


def test_graph_of_a_broken_config(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: BROKEN})
    ran = transpipe("graph")
    assert (ran.code, ran.out) == (1, "")
    assert "error:" in ran.err


DRAFT = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", ["config", "profile"])
def test_schema(transpipe: Command, name: str) -> None:
    ran = transpipe("schema", name)
    assert (ran.code, ran.err) == (0, "")
    draft = "http://json-schema.org/draft-07/schema#" if name == "config" else DRAFT
    assert json.loads(ran.out)["$schema"] == draft  # editors know draft 07


def test_explain(transpipe: Command) -> None:
    ran = transpipe("explain", "duplicate-key")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("duplicate-key (error): ")
    assert "\nExample:\n\n    " in ran.out
    assert "\nFix: " in ran.out


def test_explain_takes_what_is_in_the_brackets(transpipe: Command) -> None:
    assert transpipe("explain", "[duplicate-key]") == transpipe("explain", "duplicate-key")


def test_explain_of_an_unknown_code(transpipe: Command) -> None:
    assert transpipe("explain", "duplicate-kez") == (
        2,
        "",
        "transpipe: no diagnostic is called duplicate-kez; did you mean duplicate-key?\n",
    )


def test_every_code_can_be_explained(transpipe: Command) -> None:
    for code, entry in CATALOGUE.items():
        ran = transpipe("explain", code)
        assert ran.code == 0
        assert ran.out.startswith(f"{code} ({entry['severity']}): {entry['title']}\n")


def test_explain_reads_one_file(transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = Path.read_text

    def note(path: Path, encoding: str) -> str:
        read.append(path.name)
        return load(path, encoding)

    with monkeypatch.context() as patch:  # not for longer: what measures tests reads files too
        patch.setattr(Path, "read_text", note)
        transpipe("explain", "duplicate-key")
    assert read == ["duplicate-key.yaml"]


def test_explain_reads_nothing_outside_the_catalogue(transpipe: Command) -> None:
    assert transpipe("explain", "../../schemas/diagnostics/duplicate-key").code == 2


# ---- all commands ----


def test_the_version(transpipe: Command) -> None:
    ran = transpipe("--version")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"transpipe \d+\.\d+\.\d+\S*\n", ran.out)


def test_python_m_is_the_command() -> None:
    assert process("--version").stdout.startswith("transpipe ")


@pytest.mark.parametrize("arguments", [("--nope",), ("nope",), ("schema", "nope"), ("explain",)], ids=" ".join)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    ran = process(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")


def test_the_world_failing_is_3(repository: Path, transpipe: Command) -> None:
    (repository / ".pipeline/zuul").write_text("a file where playbooks go")
    ran = transpipe("generate")
    assert ran.code == 3
    assert ran.err.startswith("transpipe: ")
    assert "Traceback" not in ran.err
    assert not (repository / "Jenkinsfile").exists()


def test_a_bug_is_4_and_says_how_to_report_it(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("transpiler.driver.lower", broken)
    ran = transpipe("generate")
    assert (ran.code, ran.out) == (4, "")
    assert "a bug: KeyError: 'oops'" in ran.err
    assert "Please report it" in ran.err
    assert "Traceback" not in ran.err
    assert not (repository / "Jenkinsfile").exists()
    monkeypatch.setenv("TRANSPIPE_DEBUG", "1")
    assert "Traceback" in transpipe("generate").err


def test_a_mistranslation_is_a_bug_and_nothing_is_written(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transpiler.targets.gitlab.read.read", lambda _: ())
    ran = transpipe("generate")
    assert ran.code == 4
    assert "the gitlab output does not say what the config says" in ran.err
    assert "pipeline test: missing" in ran.err
    assert not (repository / "Jenkinsfile").exists()


def test_a_closed_pipe_is_no_failure(repository: Path) -> None:
    command = f"{sys.executable} -m transpiler schema config | head -c 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stderr == ""


def _on_a_terminal(cwd: Path, **environment: str) -> str:
    parent, child = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "transpiler", "lint"],
        stdout=child,
        stderr=child,
        check=False,
        cwd=cwd,
        env={"TERM": "xterm", **{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}, **environment},
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:  # how Linux says that nobody will write any more
        pass
    os.close(parent)
    return shown.decode()


def test_colours_only_on_a_terminal_that_wants_them(repository: Path) -> None:
    write(repository, {CONFIG_PATH: BROKEN})
    assert "\x1b[" not in process("lint", cwd=repository).stdout
    assert "\x1b[1;31merror:" in _on_a_terminal(repository)
    assert "\x1b[" not in _on_a_terminal(repository, NO_COLOR="1")
    assert "\x1b[" not in _on_a_terminal(repository, TERM="dumb")


def test_results_are_utf_8_whatever_the_terminal(repository: Path) -> None:
    write(repository, {CONFIG_PATH: CONFIG.replace("name: lint", "näme: lint")})
    ran = process("lint", cwd=repository, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert ran.returncode == 1
    assert "näme" in ran.stdout


def test_shell_completion_is_there() -> None:
    ran = process("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert ran.returncode == 0
    assert "COMPLETE" in ran.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("genrate",), "no command is called `genrate`. Did you mean `generate`?"),
        (("sync", "aply"), "no command is called `aply`. Did you mean `apply`?"),
        (("xyzzy",), "no command is called `xyzzy`. There are generate, "),
    ],
)
def test_a_misspelt_command_has_one_suggestion(transpipe: Command, words: tuple[str, ...], said: str) -> None:
    ran = transpipe(*words)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("id you mean") == said.count("id you mean")


def test_the_list_of_codes_has_each_once_with_its_title(transpipe: Command) -> None:
    out = transpipe("explain", "--list").out
    assert [line.split()[0] for line in out.split("\n") if line.startswith("  ")].count("no-image") == 1
    assert "  no-image " in out
    assert transpipe("explain").code == transpipe("explain", "--list", "no-image").code == 2


def test_quiet_says_errors_alone_and_verbose_what_was_used(transpipe: Command, tmp_path: Path) -> None:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    config = (
        "project: a/b\npipelines: {test: {dockerfile: Dockerfile, stages: [{name: test, run: yes, build: test}]}}\n"
    )
    (tmp_path / ".pipeline/config.yaml").write_text(config)
    assert "[yaml-1.1-boolean]" in transpipe("lint", tmp_path).out
    assert (
        "yaml-1.1-boolean is explained in docs/diagnostics.md#yaml-11-boolean\n"
        in transpipe("lint", "-v", tmp_path).err
    )
    assert transpipe("lint", "-q", tmp_path) == (0, "", "")
    assert transpipe("generate", "-q", "-t", "jenkins", tmp_path) == (0, "", "")
    assert transpipe("generate", "-q", "-t", "jenkins", tmp_path) == (0, "", "")
    said = transpipe("generate", "-v", "-t", "jenkins", tmp_path).err
    assert "profile: default\n" in said
    assert "Jenkinsfile\n" in said.partition("fresh ")[2]
    assert transpipe("lint", "-q", "-v", tmp_path).code == 2
    (tmp_path / ".pipeline/config.yaml").write_text(config.replace("build: test", "bild: test"))
    assert "[unknown-key]" in transpipe("lint", "-q", tmp_path).out
