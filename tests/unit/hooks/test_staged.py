"""What is staged, where files that count lie in unusual places: in submodules, folders and profiles' profiles."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.command import BLUBBERFILE, CONFIG, TWO_TARGETS, Command, make, write
from support.git_repository import git

from transpiler.entry import answered
from unit.hooks.test_git import CONFIG_PATH, commit, hooked

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
        make(hooked / folder, **{".pipeline/blubber.yaml": BLUBBERFILE, ".pipeline/profile.yaml": TWO_TARGETS})
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
    assert git(hooked, "status", "--short") == f"MM {CONFIG_PATH}\n"
    write(hooked.parent, {"rest.patch": git(hooked, "diff", CONFIG_PATH)})
    git(hooked, "checkout", "-q", CONFIG_PATH)
    transpipe("generate")
    git(hooked, "add", "Jenkinsfile")
    assert commit(hooked) == ""
    assert git(hooked, "show", f"HEAD:{CONFIG_PATH}").endswith("# one\n")
    git(hooked, "apply", "../rest.patch")
    assert git(hooked, "status", "--short") == f" M {CONFIG_PATH}\n"


def test_outputs_in_places_of_the_profiles_go_with_the_config(hooked: Path, transpipe: Command) -> None:
    write(hooked, {".pipeline/profile.yaml": f"{SITE}targets: {{jenkins: ci/Jenkinsfile, gitlab: ci/gitlab.yml}}\n"})
    transpipe("generate")
    git(hooked, "add", "-A")
    commit(hooked)
    git(hooked, "rm", "-q", CONFIG_PATH)
    assert "`ci/gitlab.yml` is no longer generated" in commit(hooked, fails=True)
    assert not (hooked / "ci").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("stage no deletion", "`Jenkinsfile` is no longer", id="an orphan that only the index has"),
        pytest.param("stage zuul.yaml", "which is `zuul.yaml`", id="what hides Zuul's and only the index has"),
        pytest.param("stage a copy", "`.zuul.d/x/old.yaml` is no longer", id="a copy that only the index has"),
    ],
)
def test_what_only_the_index_has_counts(hooked: Path, transpipe: Command, change: str, said: str) -> None:
    if change == "stage no deletion":
        write(hooked, {".pipeline/profile.yaml": "extends: default\ntargets: [gitlab]\n"})
        transpipe("generate")
        git(hooked, "add", ".pipeline", ".gitlab-ci.yml")
    else:
        path = "zuul.yaml" if "zuul" in change else ".zuul.d/x/old.yaml"
        ours = (hooked / ".zuul.d/transpipe.yaml").read_text()
        write(hooked, {path: ours if "copy" in change else "- project: {}\n"})
        git(hooked, "add", "-A")
        (hooked / path).unlink()
    time.sleep(0.02)  # the index is newer than what it has, by any clock
    git(hooked, "update-index", "-q", "--refresh")
    assert answered(["hook", "check"]), "what is on the disk is fresh"
    assert not answered(["hook", "check", "--staged"])
    assert said in transpipe("hook", "check", "--staged").out


def test_the_short_way_sees_an_edit_whose_time_was_put_back(hooked: Path) -> None:
    file = hooked / "Jenkinsfile"
    fresh = file.read_bytes()
    file.write_bytes(fresh[:-2] + b"!\n")
    time.sleep(0.02)
    git(hooked, "add", "-A")
    staged = file.stat()
    time.sleep(0.02)
    file.write_bytes(fresh)
    os.utime(file, ns=(staged.st_atime_ns, staged.st_mtime_ns))
    assert answered(["hook", "check"])
    assert not answered(["hook", "check", "--staged"])


def test_the_short_way_knows_what_people_wrote_beside_outputs(hooked: Path, transpipe: Command) -> None:
    write(hooked, {".pipeline/profile.yaml": "extends: default\ntargets: [zuul]\n"})
    transpipe("generate")
    write(hooked, {".zuul.d/mine.yaml": "- job: {name: mine}\n", "Jenkinsfile": "node {}\n"})
    time.sleep(0.02)
    git(hooked, "add", "-A")
    assert answered(["hook", "check", "--staged"])


def test_the_short_way_knows_a_config_in_a_folder(hooked: Path, transpipe: Command) -> None:
    for folder in ("one", "one/deep"):
        make(hooked / folder, **{".pipeline/profile.yaml": TWO_TARGETS})
        (hooked / folder / ".git").rmdir()
        transpipe("generate", folder)
    time.sleep(0.02)
    git(hooked, "add", "-A")
    assert answered(["hook", "check", "--staged", "one"])
    assert answered(["hook", "check", "--staged", "one/deep"])
    (hooked / "one/deep/Jenkinsfile").write_text("mine\n")
    assert not answered(["hook", "check", "--staged", "one/deep"])


def test_a_config_in_a_folder_is_judged_in_a_worktree_too(
    hooked: Path, transpipe: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(hooked / "one", **{".pipeline/profile.yaml": TWO_TARGETS})
    (hooked / "one/.git").rmdir()
    transpipe("generate", "one")
    transpipe("hook", "install", "one")
    git(hooked, "add", "-A")
    commit(hooked)
    git(hooked, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    write(tmp_path / "tree", {f"one/{CONFIG_PATH}": CONFIG + "# more\n"})
    assert "one: `Jenkinsfile` is stale" in commit(tmp_path / "tree", "-a", fails=True)


def test_links_are_followed_to_what_is_staged(hooked: Path, transpipe: Command) -> None:
    for path, to in ((".pipeline/blubber.yaml", "../o/b.txt"), (CONFIG_PATH, "../o/c.txt")):
        write(hooked, {f"o/{to[-5:]}": (hooked / path).read_text()})
        (hooked / path).unlink()
        (hooked / path).symlink_to(to)
    transpipe("generate")
    git(hooked, "add", "-A")
    assert transpipe("hook", "check", "--staged") == (0, "", "")


def test_a_profile_is_found_by_any_name_and_a_built_in_one_first(hooked: Path, transpipe: Command) -> None:
    write(hooked, {"ci/my prof.yaml": "extends: default\ntargets: [gitlab]\n", "default": "hello\n"})
    transpipe("generate", "--profile", "ci/my prof.yaml")
    git(hooked, "add", "-A")
    (hooked / ".gitlab-ci.yml").touch()
    assert transpipe("hook", "check", "--staged") == (0, "", "")
    said = transpipe("hook", "check", "--staged", "--profile", "default").out
    assert "because the profile default is new and it was generated with the profile ci/my%20prof.yaml" in said or (
        "it was generated with the profile ci/my prof.yaml" in said
    )


def test_a_part_of_the_files_checked_out_is_enough(hooked: Path) -> None:
    git(hooked, "sparse-checkout", "set", "--no-cone", "/*", "!/.zuul.d/")
    write(hooked, {"README": "x"})
    git(hooked, "add", "README")
    assert commit(hooked) == ""
    assert not (hooked / ".zuul.d").exists()


def test_a_commit_of_named_files_that_leaves_out_outputs_is_told_so(hooked: Path, transpipe: Command) -> None:
    write(hooked, {CONFIG_PATH: CONFIG + "# more\n"})
    transpipe("generate")
    git(hooked, "add", "-A")
    assert "They are staged, too: commit without naming files." in commit(hooked, CONFIG_PATH, fails=True)
    assert commit(hooked) == ""


def test_a_new_output_that_git_does_not_know_is_not_fresh(hooked: Path, transpipe: Command) -> None:
    second = CONFIG.partition("pipelines:\n")[2].replace("  test:", "  more:")
    write(hooked, {CONFIG_PATH: CONFIG + second})
    transpipe("generate")
    assert "`.pipeline/zuul/more.yaml` is missing" in commit(hooked, "-a", fails=True)
    git(hooked, "add", "-A")
    assert commit(hooked) == ""
