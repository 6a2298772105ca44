"""A reader's eye on what is generated: yamllint over every YAML output, ansible-lint over every playbook,
CodeNarc over every Jenkinsfile.

The exceptions stand in the configurations beside this file, each with its reason. Shellcheck reads the programs
(`tests/unit/lowering/test_shellcheck.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engines.fixtures import without

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ENGINES = Path(os.environ.get("TRANSPIPE_ENGINES", ROOT / ".venv-engines"))
GOLDEN = ROOT / "golden"


def playbooks() -> list[Path]:
    return sorted(GOLDEN.glob("*/.pipeline/zuul/**/*.yaml"))


def test_yamllint_finds_nothing_in_any_golden() -> None:
    outputs = [*playbooks(), *GOLDEN.glob("*/.gitlab-ci.yml"), *GOLDEN.glob("*/.zuul.d/*.yaml")]
    assert len(outputs) > 100
    words = [sys.executable, "-m", "yamllint", "--strict", "-f", "parsable", "-c", str(HERE / "yamllint.yaml")]
    assert subprocess.run([*words, *map(str, outputs)], capture_output=True, check=False).stdout.decode() == ""


@pytest.mark.engine
def test_ansible_lint_finds_nothing_in_any_playbook(tmp_path: Path) -> None:
    bin_ = ENGINES / "ansible-lint" / "bin"
    if not (bin_ / "ansible-lint").exists():
        without("ansible-lint is not in the engines: `sh tests/all` installs it")
    for book in playbooks():
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
