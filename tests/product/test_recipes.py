"""The recipes do what they say: each is carried out in a repository of its own, and shows what it says it shows.

A recipe is a section of `docs/recipes.md`, or the whole of `docs/tutorial.md`. `<!-- starts with: PATH… -->` copies
files of this repository (`git`: the sample goes where the submodule's URL leads). A fenced `yaml PATH` is written to
that file, `sh` is run, and a `text` after it is all that it prints.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from engines.fixtures import GitlabJudge

ROOT = Path(__file__).resolve().parents[2]
PAGE, TUTORIAL = ROOT / "docs/recipes.md", ROOT / "docs/tutorial.md"
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_START = re.compile(r"<!-- starts with: (.*?) -->")


def sections() -> dict[str, str]:
    """The recipes by their titles."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {**dict(zip(parts[::2], parts[1::2], strict=True)), "the tutorial": TUTORIAL.read_text(encoding="utf-8")}


def environment(home: Path, code: Path) -> Mapping[str, str]:
    """Nothing of the user's own; `git.example.org/team/ores` is a repository of this machine, and so is
    `git.example.org/ci/profiles`: the folder `profiles` of the recipe's."""
    git = {
        "user.name": "A Reader",
        "user.email": "reader@example.org",
        "protocol.file.allow": "always",
        "init.defaultBranch": "main",
        f"url.{code}.insteadOf": "https://git.example.org/team/ores.git",
        f"url.{home.parent / 'repository/profiles'}.insteadOf": "https://git.example.org/ci/profiles.git",
    }
    settings = {f"GIT_CONFIG_KEY_{i}": key for i, key in enumerate(git)}
    settings |= {f"GIT_CONFIG_VALUE_{i}": value for i, value in enumerate(git.values())}
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"
    when = "2026-01-01T00:00:00Z"
    return {
        "PATH": path,
        "GIT_AUTHOR_DATE": when,  # so that a commit has the same id every time
        "GIT_COMMITTER_DATE": when,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_COUNT": str(len(git)),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **settings,
    }


def git_repository(at: Path, env: Mapping[str, str], *commands: str) -> None:
    for command in ("init --quiet", *commands):
        subprocess.run(["git", *command.split()], cwd=at, env=env, check=True)


def prepare(section: str, directory: Path) -> tuple[Path, Mapping[str, str]]:
    """The repository that a recipe begins with, and the environment of its commands."""
    home, code, root = (directory / name for name in ("home", "code", "repository"))
    for new in (home, code, root):
        new.mkdir()
    env = environment(home, code)
    given = _START.search(section)
    for name in given[1].split() if given else ():
        source = ROOT / name
        if name == "git":
            shutil.copytree(ROOT / "samples/ores", code, dirs_exist_ok=True)
            git_repository(code, env, "add --all", "commit --quiet -m x")
        elif source.is_dir():
            shutil.copytree(source, root / source.name)
        else:
            shutil.copy(source, root)
    git_repository(root, env)
    return root, env


def carry_out(section: str, root: Path, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Writes and runs; what each `text` should be and is. A command that fails ends it."""
    shown = ""
    for language, path, body in _FENCE.findall(section):
        if language == "sh":
            done = subprocess.run(
                ["sh", "-euc", body],
                cwd=root,
                env=env,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            shown = done.stdout
            assert done.returncode == 0, f"{body}\n{shown}"
        elif language == "text":
            yield body, shown
        else:
            assert path, f"which file is this?\n{body}"
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(body, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("title", sections())
def test_a_recipe_works(title: str, tmp_path: Path, update_golden: bool) -> None:
    section = sections()[title]
    root, env = prepare(section, tmp_path)
    for said, is_so in carry_out(section, root, env):
        if update_golden:
            page = TUTORIAL if title == "the tutorial" else PAGE
            text = page.read_text(encoding="utf-8")
            page.write_text(text.replace(f"```text\n{said}```", f"```text\n{is_so}```", 1), encoding="utf-8")
        else:
            assert is_so == said


@pytest.mark.engine
@pytest.mark.parametrize(
    ("title", "merged"),
    [
        ("A `.gitlab-ci.yml` that exists already", {"spelling": "check", "test-unit": "test"}),
        (
            "A config for each of several services",
            {
                "services.api.test-unit": "services.api.test",
                "services.worker.test-unit": "services.worker.test",
            },
        ),
    ],
)
def test_the_included_files_are_part_of_the_pipeline(
    tmp_path: Path, gitlab_judge: GitlabJudge, title: str, merged: dict[str, str]
) -> None:
    """What the recipe ends with, as gitlab-ci-local merges it: the owner's job and the generated ones."""
    section = sections()[title]
    root, env = prepare(section, tmp_path)
    assert list(carry_out(section, root, env))
    for command in ("add --all", "commit --quiet -m x"):
        subprocess.run(["git", *command.split()], cwd=root, env=env, check=True)
    found = gitlab_judge.run(root, {}, arguments=["--list-csv"])
    jobs = dict(re.findall(r"^([\w. -]+);([\w.]+);", found.output, re.MULTILINE))
    assert jobs == {"name": "stage", **merged}
