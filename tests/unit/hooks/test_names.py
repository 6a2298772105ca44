"""Which files make the hooks for the pre-commit program run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import OUTPUTS

ROOT = Path(__file__).resolve().parents[3]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
GENERATED = sorted(
    {p.relative_to(case).as_posix() for case in (ROOT / "golden").iterdir() for p in case.rglob("*") if p.is_file()}
)
MUST = (
    ".pipeline/config.yaml",
    ".pipeline/profile.yaml",
    ".pipeline/blubber.yaml",
    ".pipeline/test/blubber.yaml",
    "blubber.yaml",
    "services/a/my-blubber.yml",
    "Dockerfile",
    "Containerfile",
    "Dockerfile.test",
    "Dockerfile-test",
    "deep/down/test.Dockerfile",
    "zuul.yaml",
    ".zuul.yaml",
    "zuul.d/jobs.yaml",
    ".zuul.d/deep/jobs.yaml",
    "Jenkinsfile.docs",
    ".gitlab-ci.yml",
    ".github/workflows/pipeline-test.yml",
    ".forgejo/workflows/pipeline-test.yml",
    ".gitea/workflows/pipeline-test.yml",
    *OUTPUTS,
)
MUST_NOT = (
    "README.md",
    "config.yaml",
    "sub/.pipeline/config.yaml",
    "x.pipeline/config.yaml",
    ".pipeline",
    "a.gitlab-ci.yml",
    ".github/CODEOWNERS",
    "sub/.github/workflows/test.yml",
    "sub/Jenkinsfile",
    "Jenkinsfile/x",
    "MyJenkinsfile",
    "Jenkinsfiles",
    "docs/zuul.yaml",
    "zuul.yml",
    "azuul.yaml",
    "zuulxyaml",
    ".gitlab-ci.yml.bak",
    "Dockerfiles/x",
    "Dockerfile/x",
    "docker-compose.yaml",
    "dockerfile.md.txt.",
    "blubber/main.py",
    "blubber.json",
    "src/blubber.yaml.py",
    ".pipelines/config.yaml",
    "\n.pipeline/config.yaml",
)


def pattern(hook: dict[str, Any]) -> re.Pattern[str]:
    return re.compile(hook["files"])


def test_there_are_two_hooks_that_differ_in_one_word() -> None:
    assert [(hook["id"], hook["entry"]) for hook in HOOKS] == [
        ("transpipe", "transpipe hook run --staged"),
        ("transpipe-check", "transpipe hook check --staged"),
    ]
    for hook in HOOKS:
        assert (hook["language"], hook["pass_filenames"], hook["require_serial"]) == ("python", False, True)
    own = {"id", "name", "description", "entry"}
    assert {k: v for k, v in HOOKS[0].items() if k not in own} == {k: v for k, v in HOOKS[1].items() if k not in own}


@pytest.mark.parametrize("name", MUST)
def test_a_file_that_counts_makes_them_run(name: str) -> None:
    assert all(pattern(hook).search(name) for hook in HOOKS)


@pytest.mark.parametrize("name", MUST_NOT)
def test_any_other_file_does_not(name: str) -> None:
    assert not any(pattern(hook).search(name) for hook in HOOKS)


def test_every_file_of_the_goldens_makes_them_run() -> None:
    known = {"README.md", "diagnostics.txt", "services/web/.keep"}
    known |= {"deploy/production.yaml"}  # what helm reads when it runs, and no output is made from
    assert [name for name in GENERATED if name not in known and not pattern(HOOKS[0]).search(name)] == []
