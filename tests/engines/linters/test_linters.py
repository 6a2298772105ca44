"""A reader's eye on what is generated: yamllint over every YAML output, ansible-lint over playbooks of every kind,
CodeNarc over every Jenkinsfile.

The exceptions stand in the configurations beside this file, each with its reason. Shellcheck reads the programs
(`tests/unit/lowering/test_shellcheck.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engines.fixtures import without

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ENGINES = Path(os.environ.get("TRANSPIPE_ENGINES", ROOT / ".venv-engines"))
GOLDEN = ROOT / "golden"
BLOCKS = ("tasks", "handlers", "pre_tasks", "post_tasks", "block", "rescue", "always")


def playbooks() -> list[Path]:
    return sorted(GOLDEN.glob("*/.pipeline/zuul/**/*.yaml"))


def test_yamllint_finds_nothing_in_any_golden() -> None:
    outputs = [*playbooks(), *GOLDEN.glob("*/.gitlab-ci.yml"), *GOLDEN.glob("*/.zuul.d/*.yaml")]
    assert len(outputs) > 100
    words = [sys.executable, "-m", "yamllint", "--strict", "-f", "parsable", "-c", str(HERE / "yamllint.yaml")]
    assert subprocess.run([*words, *map(str, outputs)], capture_output=True, check=False).stdout.decode() == ""


def unlike() -> Iterator[Path]:
    """The playbooks that have a task of a form which none before them has: ansible-lint takes a second for each."""
    seen: set[str] = set()
    for book in sorted(playbooks(), key=lambda path: -path.stat().st_size):
        forms = {repr(form(task)) for play in load(book) for task in tasks(play)}
        if not forms <= seen:
            seen |= forms
            yield book


def tasks(node: Any) -> Iterator[Any]:
    """A play and the tasks in it, those in blocks too."""
    if isinstance(node, dict):
        yield {key: value for key, value in node.items() if key not in BLOCKS}
        for key in BLOCKS:
            for task in node.get(key, ()):
                yield from tasks(task)


def form(node: Any) -> Any:
    """All keys, and of what type each value is; of a text whether it is a template, has lines, or is a word."""
    if isinstance(node, dict):
        return sorted((key, form(value)) for key, value in node.items())
    if isinstance(node, list):
        return sorted({repr(form(item)) for item in node})
    return ("{{" in node, "\n" in node, " " in node) if isinstance(node, str) else type(node).__name__


def load(book: Path) -> Any:
    """The plays. Tags such as `!unsafe` change no form."""
    return yaml.load(book.read_text(encoding="utf-8"), Loader=Untagged)


class Untagged(yaml.SafeLoader):
    """Takes a scalar of any tag for a text."""


Untagged.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


@pytest.mark.engine
def test_ansible_lint_finds_nothing_in_any_kind_of_playbook(tmp_path: Path) -> None:
    bin_ = ENGINES / "ansible-lint" / "bin"
    if not (bin_ / "ansible-lint").exists():
        without("ansible-lint is not in the engines: `sh tests/all` installs it")
    for book in unlike():
        copy = tmp_path / book.relative_to(GOLDEN).parts[0] / "playbooks" / book.relative_to(book.parents[1]).as_posix()
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(book, copy)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "NO_COLOR": "1"}
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.glob("*/playbooks/**/*.yaml"))
    words = ["ansible-lint", "-c", str(HERE / "ansible-lint.yaml"), "--format", "pep8", *found]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.stdout.decode(), done.returncode) == ("", 0), done.stderr.decode()[-2000:]


@pytest.mark.engine
def test_codenarc_finds_nothing_in_any_jenkinsfile() -> None:
    jars, java = ENGINES / "codenarc", shutil.which("java")
    if not java or not any(jars.glob("*.jar")):
        without("CodeNarc is not in the engines, or there is no Java: `sh tests/all` installs both")
    said = subprocess.run(
        [
            java,
            "-cp",
            f"{jars}/*",
            "org.codenarc.CodeNarc",
            f"-basedir={GOLDEN}",
            "-includes=**/Jenkinsfile",
            f"-rulesetfiles=file:{HERE / 'codenarc.groovy'}",
            "-report=compact:stdout",
            "-maxPriority3Violations=0",
            "-maxPriority2Violations=0",
            "-maxPriority1Violations=0",
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    found = [line for line in said.stdout.splitlines() if "Jenkinsfile:" in line]
    assert found == []
    assert (said.returncode, "CodeNarc completed: (p1=0; p2=0; p3=0)" in said.stdout) == (0, True), said.stderr[-2000:]
