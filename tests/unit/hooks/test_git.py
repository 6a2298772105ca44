"""The plain git hook, in real repositories: it judges what is staged, and leaves other people's hooks alone."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import CONFIG, OUTPUTS, Command, write
from support.git_repository import git

CONFIG_PATH = ".pipeline/config.yaml"
PROGRAMS = f"{Path(sys.executable).parent}:/usr/bin:/bin"
PIPER = "general:\n  verbose: true\nsteps:\n  mavenBuild:\n    x: 1\n"


@pytest.fixture
def hooked(repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with its outputs committed and the hook in place."""
    (repository / ".git").rmdir()
    git(repository, "init", "-q", "-b", "main")
    monkeypatch.setenv("PATH", PROGRAMS)
    transpipe("generate")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    monkeypatch.setattr("sys.argv", ["transpipe"])
    assert transpipe("hook", "install").code == 0
    return repository


def commit(root: Path, *arguments: str, fails: bool = False) -> str:
    return git(root, "commit", "-qm", "next", *arguments, fails=fails)


def test_what_is_fresh_is_committed_in_silence(hooked: Path) -> None:
    write(hooked, {"README": "x"})
    git(hooked, "add", "-A")
    assert commit(hooked) == ""


def test_a_config_alone_is_not_committed_and_the_command_shown_mends_it(hooked: Path) -> None:
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    git(hooked, "add", CONFIG_PATH)
    said = commit(hooked, fails=True)
    assert "What is staged is not fresh:\nerror: `Jenkinsfile` is stale because the config" in said
    assert "wrote Jenkinsfile\nStage that and commit again: git add -- Jenkinsfile\n" in said
    # The working tree is in step now; what is staged still is not.
    assert "tree are fresh. Stage them: git add -- Jenkinsfile\n" in commit(hooked, fails=True)
    git(hooked, "add", "--", "Jenkinsfile")
    assert commit(hooked) == ""


def test_commit_with_all_changes_is_judged_with_them(hooked: Path, transpipe: Command) -> None:
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    transpipe("generate")
    assert commit(hooked, "-a") == ""


def test_work_that_is_not_staged_is_neither_judged_nor_touched(hooked: Path) -> None:
    write(hooked, {CONFIG_PATH: "pipelines: {", "README": "x"})
    git(hooked, "add", "README")
    assert commit(hooked) == ""
    assert git(hooked, "status", "--short") == f" M {CONFIG_PATH}\n"


def test_a_staged_edit_of_an_output_is_refused(hooked: Path) -> None:
    (hooked / "Jenkinsfile").write_text((hooked / "Jenkinsfile").read_text() + "// mine\n")
    git(hooked, "add", "-A")
    assert commit(hooked, fails=True).count("`Jenkinsfile` was edited by hand.") == 1
    assert "// mine" in (hooked / "Jenkinsfile").read_text()


def test_a_new_variant_is_judged_as_staged(hooked: Path) -> None:
    blubberfile = hooked / ".pipeline/blubber.yaml"
    blubberfile.write_text(blubberfile.read_text() + "  more: {}\n")
    git(hooked, "add", "-A")
    assert "the variants of .pipeline/blubber.yaml have changed" in commit(hooked, fails=True)


def test_a_broken_config_is_shown_once_with_its_place(hooked: Path) -> None:
    write(hooked, {CONFIG_PATH: CONFIG.replace("name: lint", "nmae: lint")})
    git(hooked, "add", "-A")
    assert commit(hooked, fails=True).count(f"{CONFIG_PATH}:7:") == 1


def test_when_the_config_goes_so_do_its_outputs(hooked: Path) -> None:
    git(hooked, "rm", "-q", CONFIG_PATH)
    said = commit(hooked, fails=True)
    assert "`Jenkinsfile` is no longer generated because .pipeline/config.yaml is gone." in said
    assert not any((hooked / path).exists() for path in OUTPUTS)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""


def test_a_config_of_pipers_is_passed_over(hooked: Path) -> None:
    git(hooked, "rm", "-q", *OUTPUTS)
    write(hooked, {CONFIG_PATH: PIPER})
    git(hooked, "add", "-A")
    assert "belongs to another program: passed over" in commit(hooked)


def test_a_merge_of_two_fresh_branches_is_judged(hooked: Path, transpipe: Command) -> None:
    write(hooked, {".gitattributes": "/Jenkinsfile -merge\n"})
    git(hooked, "add", "-A")
    commit(hooked)
    git(hooked, "checkout", "-qb", "side")
    write(hooked, {CONFIG_PATH: CONFIG + "# at the end\n"})
    transpipe("generate")
    commit(hooked, "-a")
    git(hooked, "checkout", "-q", "main")
    write(hooked, {CONFIG_PATH: "# at the start\n" + CONFIG})
    transpipe("generate")
    commit(hooked, "-a")
    git(hooked, "merge", "-q", "side", fails=True)
    # The config merged by itself; the output was left as ours was, without marks.
    assert "<<<<" not in (hooked / "Jenkinsfile").read_text()
    git(hooked, "add", "-A")
    assert "`Jenkinsfile` is stale because the config" in commit(hooked, fails=True)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""


def test_a_merge_without_conflict_is_judged_too(hooked: Path, transpipe: Command) -> None:
    git(hooked, "checkout", "-qb", "side")
    write(hooked, {CONFIG_PATH: CONFIG + "# at the end\n"})
    git(hooked, "commit", "-aqnm", "stale")
    git(hooked, "checkout", "-q", "main")
    assert "What is staged is not fresh" in git(hooked, "merge", "-q", "--no-ff", "--no-edit", "side", fails=True)


def test_it_works_in_a_worktree(hooked: Path, tmp_path: Path) -> None:
    git(hooked, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    write(tmp_path / "tree", {"README": "x"})
    git(tmp_path / "tree", "add", "-A")
    assert commit(tmp_path / "tree") == ""
    write(tmp_path / "tree", {CONFIG_PATH: CONFIG + "# more\n"})
    assert "wrote Jenkinsfile" in commit(tmp_path / "tree", "-a", fails=True)


def test_install_and_uninstall_in_a_worktree_and_with_a_path_of_their_own(
    hooked: Path, tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(hooked, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    monkeypatch.chdir(tmp_path / "tree")
    assert "is already installed" in transpipe("hook", "install").err
    assert "deleted" in transpipe("hook", "uninstall").err
    assert transpipe("hook", "uninstall").err == "there is no hook of transpipe's\n"
    git(hooked, "config", "core.hooksPath", ".githooks")
    ran = transpipe("hook", "install")
    assert (tmp_path / "tree/.githooks/pre-commit").is_file()
    assert "core.hooksPath is .githooks" in ran.err
    write(tmp_path / "tree", {CONFIG_PATH: CONFIG + "# more\n"})
    assert "wrote Jenkinsfile" in commit(tmp_path / "tree", "-a", fails=True)


def test_another_hook_is_never_touched(hooked: Path, transpipe: Command) -> None:
    hook = hooked / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 0\n")
    ran = transpipe("hook", "install")
    assert ran.code == 1
    assert f"{hook} is not transpipe's and stays as it is. Add this line to {hook}:\n" in ran.err
    assert "transpipe hook run --staged || exit 1" in ran.err
    transpipe("hook", "uninstall")
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_link_in_the_hooks_place_is_never_followed(hooked: Path, tmp_path: Path, transpipe: Command) -> None:
    (tmp_path / "theirs").write_text("mine\n")
    hook = hooked / ".git/hooks/pre-commit"
    hook.unlink()
    hook.symlink_to(tmp_path / "theirs")
    assert transpipe("hook", "install").code == 1
    assert (tmp_path / "theirs").read_text() == "mine\n"


def test_lines_for_gitattributes_are_proposed_until_they_are_there(hooked: Path, transpipe: Command) -> None:
    said = transpipe("hook", "install").err
    lines = [line.strip() for line in said.splitlines() if line.endswith("-merge")]
    assert [line.split()[0] for line in lines] == [
        "/Jenkinsfile",
        "/.gitlab-ci.yml",
        "/.zuul.d/transpipe.yaml",
        "/.pipeline/zuul/*.yaml",
    ]
    write(hooked, {".gitattributes": "\n".join(lines) + "\n"})
    assert "to .gitattributes" not in transpipe("hook", "install").err
    for path in OUTPUTS:
        assert git(hooked, "check-attr", "merge", "--", path) == f"{path}: merge: unset\n"


def deleted(hook: Path, _: Path) -> None:
    """The command is gone."""
    hook.write_text(hook.read_text().replace(shutil.which("transpipe") or "", "/nowhere/transpipe"))


def without_interpreter(hook: Path, folder: Path) -> None:
    """The command is there, and the Python of its virtual environment is not."""
    dead = folder / "dead/transpipe"
    _program(dead, f"#!{folder}/dead/python\n")
    text = hook.read_text().replace(shutil.which("transpipe") or "", str(dead))
    hook.write_text(text.replace(f"python={sys.executable}", f"python={folder}/dead/python"))
    assert str(dead) in text
    assert sys.executable not in hook.read_text()


def without_package(hook: Path, folder: Path) -> None:
    """Command and Python are there, and the package is of another Python."""
    dead = folder / "dead/transpipe"
    _program(dead, f"#!{sys.executable}\nfrom no_such_package import main\nmain()\n")
    hook.write_text(hook.read_text().replace(shutil.which("transpipe") or "", str(dead)))


def _program(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o755)


DEAD = [deleted, without_interpreter, without_package]


@pytest.mark.parametrize("die", DEAD)
def test_a_command_that_does_not_start_keeps_nobody_from_committing(
    hooked: Path, tmp_path: Path, die: Callable[[Path, Path], None]
) -> None:
    die(hooked / ".git/hooks/pre-commit", tmp_path)
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    path = f"{tmp_path / 'dead'}:/usr/bin:/bin"  # an environment that is active is in `$PATH` too
    said = git(hooked, "commit", "-aqm", "x", PATH=path)
    assert "transpipe is not installed, or its Python is gone: the outputs in . were not checked\n" in said
    git(hooked, "rm", "-q", CONFIG_PATH)
    said = git(hooked, "commit", "-qm", "no config", PATH=path)
    assert "transpipe" not in said or die is without_package  # Python's own words
    assert "not checked" not in said


@pytest.mark.parametrize("die", DEAD)
def test_a_command_in_path_that_works_takes_its_place(
    hooked: Path, tmp_path: Path, die: Callable[[Path, Path], None]
) -> None:
    working = shutil.which("transpipe") or ""
    die(hooked / ".git/hooks/pre-commit", tmp_path)
    (tmp_path / "working").mkdir()
    (tmp_path / "working/transpipe").symlink_to(working)
    path = f"{tmp_path / 'dead'}:{tmp_path / 'working'}:/usr/bin:/bin"
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    assert "What is staged is not fresh" in git(hooked, "commit", "-aqm", "x", fails=True, PATH=path)
    git(hooked, "commit", "-aqm", "x", PATH=path)


def test_a_command_that_works_is_started_once(hooked: Path, tmp_path: Path) -> None:
    """Whether it works is only asked where it has failed."""
    hook, calls = hooked / ".git/hooks/pre-commit", tmp_path / "calls"
    _program(tmp_path / "bin/transpipe", f'#!/bin/sh\necho "$*" >> {calls}\n')
    hook.write_text(hook.read_text().replace(shutil.which("transpipe") or "", str(tmp_path / "bin/transpipe")))
    assert commit(hooked, "--allow-empty") == ""
    assert calls.read_text() == "hook run --staged .\n"


def test_outside_a_repository_there_is_nothing_to_hook_into(
    tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ran = transpipe("hook", "install")
    assert (ran.code, "is not in a git repository" in ran.err) == (2, True)
    assert transpipe("hook", "run") == (0, "", "")
