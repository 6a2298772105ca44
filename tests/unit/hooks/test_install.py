"""Putting the plain hook in place: which command it runs, with what options, beside whose hooks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.command import CONFIG, TWO_TARGETS, Command, write
from support.git_repository import environment, git

from unit.hooks.test_git import CONFIG_PATH, commit, hooked

__all__ = ["hooked"]

PROGRAM = Path(sys.executable).with_name("transpipe")


@pytest.mark.parametrize("way", ["by a relative path", "as a module"])
def test_the_command_is_found_again_however_it_was_called(hooked: Path, tmp_path: Path, way: str) -> None:
    git(hooked, "config", "core.hooksPath", "hooks")
    (tmp_path / "bin").symlink_to(PROGRAM.parent)
    call = ["../bin/transpipe"] if way == "by a relative path" else [sys.executable, "-m", "transpiler"]
    plain = environment(PATH="/usr/bin:/bin")
    subprocess.run([*call, "hook", "install"], cwd=hooked, env=plain, check=True, capture_output=True)
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    assert "wrote Jenkinsfile" in git(hooked, "commit", "-aqm", "x", fails=True, PATH="/usr/bin:/bin")


def test_where_there_is_no_command_a_repository_without_a_config_is_left_alone(hooked: Path) -> None:
    for hook in (hooked / ".git/hooks").glob("pre-*commit"):
        hook.write_text(hook.read_text().replace(str(PROGRAM), "/nowhere/transpipe"))
    git(hooked, "rm", "-q", CONFIG_PATH)
    git(hooked, "commit", "-qm", "x", PATH="/usr/bin:/bin")


def test_it_runs_with_the_options_that_it_was_put_in_place_with(hooked: Path, transpipe: Command) -> None:
    write(hooked, {CONFIG_PATH: CONFIG.replace("project: team/ores\n", "")})
    for path in (".gitlab-ci.yml", "Jenkinsfile", ".zuul.d/transpipe.yaml"):
        (hooked / path).unlink()
    git(hooked, "add", "-A")
    options = ("-t", "zuul", "--project", "a/b&c", "--unsupported", "warn")
    transpipe("generate", *options)
    git(hooked, "add", "-A")
    assert "What is staged is not fresh" in commit(hooked, fails=True)
    transpipe("generate", *options)
    assert "wrote" in transpipe("hook", "install", *options).err
    assert commit(hooked) == ""
    said = transpipe("hook", "install").err
    assert said.count("is already installed") == 2
    assert "--project=a/b&c" in (hooked / ".git/hooks/pre-commit").read_text()
    transpipe("hook", "install", "--unsupported", "error")
    assert "\njudge . --unsupported=error\n" in (hooked / ".git/hooks/pre-commit").read_text()


def test_a_hook_of_an_older_version_goes_on_looking_after_the_root(hooked: Path, transpipe: Command) -> None:
    mark = "# Written by `transpipe hook install`; `transpipe hook uninstall` removes it."
    for hook in (hooked / ".git/hooks").glob("pre-*commit"):
        hook.write_text(f'#!/bin/sh\n{mark}\ncommand=transpipe\nexec "$command" hook run --staged\n')
    (hooked / "one").mkdir()
    transpipe("hook", "install", "one")
    assert "\njudge .\njudge one\n" in (hooked / ".git/hooks/pre-commit").read_text()


def test_a_profile_is_named_from_where_git_runs_hooks(
    hooked: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        hooked,
        {
            "one/ci/site.yaml": TWO_TARGETS,
            f"one/{CONFIG_PATH}": CONFIG,
            "one/.pipeline/blubber.yaml": (hooked / ".pipeline/blubber.yaml").read_text(),
        },
    )
    monkeypatch.chdir(hooked / "one")
    transpipe("generate", "--profile", "ci/site.yaml")
    transpipe("hook", "install", "--profile", "ci/site.yaml")
    assert "\njudge one --profile=one/ci/site.yaml\n" in (hooked / ".git/hooks/pre-commit").read_text()
    git(hooked, "add", "-A")
    assert commit(hooked) == ""


def test_odd_names_are_refused_or_quoted(hooked: Path, transpipe: Command) -> None:
    for name in ("a\nb", "a\u0085b"):
        assert transpipe("hook", "install", "--project", name).code == 2
    (hooked / "-x").mkdir()
    assert transpipe("hook", "install", "./-x").code == 0
    assert transpipe("hook", "install", "./-x").code == 0
    assert "\njudge ./-x\n" in (hooked / ".git/hooks/pre-commit").read_text()
    assert commit(hooked, "--allow-empty") == ""


def test_wrong_options_are_refused_when_it_is_put_in_place(hooked: Path, transpipe: Command) -> None:
    before = (hooked / ".git/hooks/pre-commit").read_text()
    assert transpipe("hook", "install", "-t", "travis").code == 2
    assert (hooked / ".git/hooks/pre-commit").read_text() == before


@pytest.mark.parametrize(
    ("theirs", "code", "said"),
    [
        pytest.param("#!/bin/sh\ntranspipe hook run --staged || exit 1\n", 0, "already runs transpipe", id="the line"),
        pytest.param("#!/bin/sh\n# transpipe hook run --staged\n", 1, "is not transpipe's", id="the line in a comment"),
        pytest.param("#!/bin/sh\ntranspipe hook run --staged one\n", 1, "is not transpipe's", id="of another folder"),
        pytest.param("#!/bin/sh\n# https://pre-commit.com\nexec x\n", 1, "to .pre-commit-config.yaml", id="pre-commit"),
    ],
)
def test_who_made_another_hook_is_seen(hooked: Path, transpipe: Command, theirs: str, code: int, said: str) -> None:
    for name in ("pre-commit", "pre-merge-commit"):
        (hooked / ".git/hooks" / name).write_text(theirs)
    ran = transpipe("hook", "install")
    assert (ran.code, ran.err.count(said)) == (code, 2)
    assert ("Add this line" in ran.err) == ("is not transpipe's" in said)


def test_the_line_is_for_the_file_that_husky_leaves_to_people(hooked: Path, transpipe: Command) -> None:
    write(hooked, {".husky/_/pre-commit": "#!/bin/sh\n. h\n"})
    git(hooked, "config", "core.hooksPath", ".husky/_")
    assert f"Add this line to {hooked}/.husky/pre-commit:\n" in transpipe("hook", "install", "-t", "gitlab").err
    write(hooked, {".husky/pre-commit": "transpipe hook run --staged --target=gitlab || exit 1\n"})
    assert transpipe("hook", "install", "-t", "gitlab").code == 0


def test_a_hooks_path_that_is_no_directory_is_told(hooked: Path, transpipe: Command) -> None:
    git(hooked, "config", "core.hooksPath", "/dev/null")
    said = "git looks for hooks in /dev/null (core.hooksPath), which is not a directory"
    assert transpipe("hook", "install") == (2, "", f"transpipe: {said}\n")


def test_lines_for_gitattributes_are_of_the_outputs_that_there_are(hooked: Path, transpipe: Command) -> None:
    profile = "extends: default\ntargets: {jenkins: ci/Jenkinsfile, gitlab: ci/gitlab.yml}\n"
    write(hooked, {".pipeline/profile.yaml": profile})
    transpipe("generate")
    said = transpipe("hook", "install").err
    assert [line.split()[0] for line in said.splitlines() if line.endswith("-merge")] == [
        "/ci/Jenkinsfile",
        "/ci/gitlab.yml",
    ]


def test_before_there_are_outputs_the_usual_ones_are_meant(hooked: Path, transpipe: Command) -> None:
    git(hooked, "rm", "-rq", ".")
    said = transpipe("hook", "install").err
    assert [line.split()[0] for line in said.splitlines() if line.endswith("-merge")] == [
        "/Jenkinsfile",
        "/.gitlab-ci.yml",
        "/.zuul.d/transpipe.yaml",
        "/.pipeline/zuul/*.yaml",
    ]


@pytest.mark.parametrize("line", ["judge 'services", "judge "])
def test_a_line_that_somebody_has_broken_is_named(hooked: Path, transpipe: Command, line: str) -> None:
    hook = hooked / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("\njudge .", f"\n{line}"))
    ran = transpipe("hook", "install")
    assert ran.code == 2
    assert f"has a line that it did not write: {line}; remove that line" in ran.err
