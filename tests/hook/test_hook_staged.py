"""What is staged, where files that count lie in unusual places: in submodules, folders and profiles' profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.commanding import BLUBBERFILE, CONFIG, Command, make, write

from hook.gitting import git
from hook.test_hook_git import CONFIG_PATH, commit, hooked

__all__ = ["hooked"]

SITE = "extends: default\nregistry: {public: registry.example.org}\n"


def test_the_files_of_a_submodule_are_there(hooked: Path, tmp_path: Path, transpipe: Command) -> None:
    code = tmp_path / "code"
    write(code, {"Dockerfile": "FROM scratch AS unit\nFROM scratch AS lint\n"})
    git(code, "init", "-q")
    git(code, "add", "-A")
    git(code, "commit", "-qm", "code")
    git(hooked, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(code), "src")
    write(hooked, {CONFIG_PATH: CONFIG.replace("blubberfile: blubber.yaml", "dockerfile: src/Dockerfile")})
    git(hooked, "add", "-A")
    assert "wrote Jenkinsfile" in commit(hooked, fails=True)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""
    write(hooked, {CONFIG_PATH: CONFIG.replace("blubberfile: blubber.yaml", "dockerfile: src/Dockerfilf")})
    git(hooked, "add", "-A")
    assert "`src/Dockerfilf` does not exist" in commit(hooked, fails=True)


def test_outputs_are_found_wherever_a_header_says(hooked: Path, transpipe: Command) -> None:
    profile = f"{SITE}targets: {{jenkins: ci/Jenkinsfile}}\njenkins: {{layout: file-per-pipeline}}\n"
    second = CONFIG.partition("pipelines:\n")[2].replace("  test:", "  more:")
    write(hooked, {".pipeline/profile.yaml": profile, CONFIG_PATH: CONFIG + second})
    transpipe("generate")
    assert (hooked / "ci/Jenkinsfile.more").exists()
    git(hooked, "add", "-A")
    assert commit(hooked) == ""


@pytest.mark.parametrize("named", ["in the repository's own", "by the variable"])
def test_profiles_are_found_wherever_one_names_them(
    hooked: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    write(hooked, {"ci/site.yaml": "extends: base.yaml\n", "ci/base.yaml": SITE})
    if named == "by the variable":
        monkeypatch.setenv("TRANSPIPE_PROFILE", "ci/site.yaml")
    else:
        write(hooked, {".pipeline/profile.yaml": "extends: ../ci/site.yaml\n"})
    git(hooked, "add", "-A")
    assert transpipe("hook", "check", "--staged").out.count("is stale because the profile") == 5
    transpipe("generate")
    git(hooked, "add", "-A")
    assert transpipe("hook", "check", "--staged") == (0, "", "")
    git(hooked, "rm", "-qf", "ci/base.yaml")
    said = transpipe("hook", "check", "--staged").out
    assert "ci/base.yaml either" in said
    assert "transpipe-" not in said, "the copy is nobody's business"


def test_a_config_below_gits_root_is_judged_there(
    hooked: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):
        make(hooked / folder, **{".pipeline/blubber.yaml": BLUBBERFILE})
        (hooked / folder / ".git").rmdir()
        monkeypatch.chdir(hooked / folder)
        transpipe("generate")
        assert "wrote" in transpipe("hook", "install").err
    monkeypatch.chdir(hooked)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""
    write(hooked, {f"two/{CONFIG_PATH}": CONFIG + "# more\n"})
    said = commit(hooked, "-a", fails=True)
    assert "error: two: `Jenkinsfile` is stale" in said
    assert "hint: Run `transpipe generate two`." in said
    assert f"git add -- two/{CONFIG_PATH} two/Jenkinsfile" in said
    git(hooked, "add", "-A")
    assert transpipe("hook", "check", "--staged", "two") == (0, "", "")
    assert commit(hooked) == ""


def test_what_commit_with_all_changes_would_stage_is_named_too(hooked: Path) -> None:
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    assert f"git add -- {CONFIG_PATH} Jenkinsfile\n" in commit(hooked, "-a", fails=True)
    git(hooked, "add", "--", CONFIG_PATH, "Jenkinsfile")
    assert commit(hooked) == ""


def test_a_config_of_which_a_part_is_staged_can_be_committed_as_is_said(hooked: Path, transpipe: Command) -> None:
    write(hooked, {CONFIG_PATH: CONFIG + "# one\n"})
    git(hooked, "add", CONFIG_PATH)
    write(hooked, {CONFIG_PATH: CONFIG + "# one\n# two\n"})
    assert "Only a part of .pipeline/config.yaml is staged" in commit(hooked, fails=True)
    git(hooked, "stash", "push", "-q", "--keep-index")
    transpipe("generate")
    git(hooked, "add", "Jenkinsfile")
    assert commit(hooked) == ""
    assert git(hooked, "show", f"HEAD:{CONFIG_PATH}").endswith("# one\n")


def test_outputs_in_places_of_the_profiles_go_with_the_config(hooked: Path, transpipe: Command) -> None:
    write(hooked, {".pipeline/profile.yaml": f"{SITE}targets: {{jenkins: ci/Jenkinsfile, gitlab: ci/gitlab.yml}}\n"})
    transpipe("generate")
    git(hooked, "add", "-A")
    commit(hooked)
    git(hooked, "rm", "-q", CONFIG_PATH)
    assert "`ci/gitlab.yml` is no longer made" in commit(hooked, fails=True)
    assert not (hooked / "ci").exists()


def test_a_new_output_that_git_does_not_know_is_not_fresh(hooked: Path, transpipe: Command) -> None:
    second = CONFIG.partition("pipelines:\n")[2].replace("  test:", "  more:")
    write(hooked, {CONFIG_PATH: CONFIG + second})
    transpipe("generate")
    assert "`.pipeline/zuul/more.yaml` is missing" in commit(hooked, "-a", fails=True)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""
