"""The recipe for reviews posts what it says: its own commands run, against servers of ours, and no secret becomes an
argument."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from doubles.http_service import Answer, Asked, services

from product.test_recipes import carry_out, prepare, sections

SECTION = sections()["What a change means, in its review"]
SECRET = "s3cr3t-token"
BUILT_IN = {"printf", "echo", "test", "cd", "set"}  # of the shell: no process sees their arguments
SAID = "### transpipe: different meaning\n\nCompared with `HEAD^ ("


@pytest.fixture
def reviewed(tmp_path: Path) -> tuple[Path, Mapping[str, str]]:
    """The repository with the change committed, and the environment of a job."""
    root, env = prepare(SECTION, tmp_path)
    assert list(carry_out(SECTION, root, env))
    (root / "note.md").unlink()
    return root, env


def job(root: Path, env: Mapping[str, str], script: str, **more: str) -> str:
    """Runs a job's script. Each program that it names stands behind one that notes its arguments."""
    both = {**env, **more}
    noted = root.parent / "noted"
    noted.mkdir()
    for name in set(re.findall(r"[a-z][a-z0-9-]*", script)) - BUILT_IN:
        if real := shutil.which(name, path=both["PATH"]):
            wrapper = noted / name
            wrapper.write_text(
                f"""#!/bin/sh\nprintf '%s\\n' "{name}" "$@" >> '{noted}/arguments'\nexec '{real}' "$@"\n"""
            )
            wrapper.chmod(0o755)
    both["PATH"] = f"{noted}:{both['PATH']}"
    ran = subprocess.run(["sh", "-euc", script], cwd=root, env=both, text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    arguments = (noted / "arguments").read_text()
    assert "transpipe" in arguments.splitlines()
    assert SECRET not in arguments
    return ran.stdout


def fenced(language: str, path: str) -> str:
    found = re.findall(rf"^```{language} {re.escape(path)}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_gitlab(reviewed: tuple[Path, Mapping[str, str]]) -> None:
    root, env = reviewed
    asked: list[Asked] = []

    def take(one: Asked) -> Answer:
        asked.append(one)
        return Answer(201)

    script = yaml.safe_load(fenced("yaml", ".gitlab-ci.yml"))["transpipe-diff"]["script"]
    with services() as server:
        url = server.offer("git/lab", take)
        variables = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "3", "REVIEW_TOKEN": SECRET}
        base = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD^"}
        job(root, env, "\n".join(script), **variables, **base)
    (only,) = asked
    assert (only.method, only.path) == ("POST", "projects/7/merge_requests/3/notes")
    assert only.headers["private-token"] == SECRET
    assert SAID in only.body.decode()


def test_github(reviewed: tuple[Path, Mapping[str, str]], tmp_path: Path) -> None:
    root, env = reviewed
    steps: list[dict[str, Any]] = yaml.safe_load(fenced("yaml", ".github/workflows/meaning.yml"))["jobs"]["diff"][
        "steps"
    ]
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {programs}/arguments\n')
    (programs / "gh").chmod(0o755)
    variables = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GH_TOKEN": SECRET, "NUMBER": "3"}
    variables["PATH"] = f"{programs}:{env['PATH']}"
    job(root, env, "\n".join(step["run"] for step in steps if "run" in step), **variables)
    assert (programs / "arguments").read_text().split() == ["pr", "comment", "3", "--body-file", "note.md"]
    assert (root / "note.md").read_text().startswith(SAID)
    assert (tmp_path / "summary").read_text() == (root / "note.md").read_text()


def test_jenkins_and_gerrit(reviewed: tuple[Path, Mapping[str, str]]) -> None:
    root, env = reviewed
    asked: list[Asked] = []

    def take(one: Asked) -> Answer:
        asked.append(one)
        return Answer()

    pipeline = fenced("groovy", "Jenkinsfile.review")
    scripts = [*re.findall(r"sh '([^'\n]+)'", pipeline), *re.findall(r"sh '''(.*?)'''", pipeline, re.DOTALL)]
    assert len(scripts) == 2
    assert "\\" not in scripts[1], "Groovy would read it"
    with services() as server:
        url = server.offer("ger/rit", take)
        variables = {"GERRIT_URL": url, "GERRIT_CHANGE_NUMBER": "12", "GERRIT_PATCHSET_NUMBER": "2"}
        job(root, env, "\n".join(scripts), **variables, WHO="bot", WORD=SECRET)
    (only,) = asked
    assert (only.method, only.path) == ("POST", "a/changes/12/revisions/2/review")
    assert only.headers["authorization"] == "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode()
    assert json.loads(only.body)["message"].startswith(SAID)


def test_zuul(reviewed: tuple[Path, Mapping[str, str]]) -> None:
    root, env = reviewed
    (play,) = yaml.safe_load(fenced("yaml", "playbooks/meaning.yaml"))
    run, told = play["tasks"]
    assert job(root, env, run["ansible.builtin.command"]).startswith(SAID)
    assert told["zuul_return"]["data"]["zuul"]["warnings"] == ["{{ %s.stdout }}" % run["register"]]  # noqa: UP031
