"""`transpipe diff`: which revision, which paths, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.command import CONFIG, Command
from support.git_repository import git

from transpiler.frontend.shape.schema_files import schema_of

AT = ".pipeline/config.yaml"


@pytest.fixture
def committed(repository: Path) -> Path:
    """The repository, with all of it committed on `main`."""
    git(repository, "init", "-q", "-b", "main")
    commit(repository)
    return repository


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "x")
    return git(root, "rev-parse", "HEAD").strip()


def edit(root: Path, old: str, new: str, path: str = AT) -> None:
    text = (root / path).read_text()
    assert old in text
    (root / path).write_text(text.replace(old, new))


def test_nothing_changed(committed: Path, transpipe: Command) -> None:
    head = git(committed, "rev-parse", "HEAD")[:10]
    assert transpipe("diff") == (0, f"identical to HEAD ({head})\n", "")
    assert transpipe("diff", "--exit-code").code == 0


def test_a_reformat_and_a_change_of_meaning(committed: Path, transpipe: Command) -> None:
    edit(committed, "    fetch: {}\n", "    fetch:\n      depth: 20\n")
    ran = transpipe("diff", "--exit-code")
    assert ran.code == 0
    assert ran.out.startswith("same meaning as HEAD")
    edit(committed, "depth: 20", "depth: 7")
    ran = transpipe("diff")
    assert ran.code == 0
    assert ran.out.startswith("different from HEAD")
    assert "`commits` is `7`; it was `20`" in ran.out
    assert transpipe("diff", "--exit-code").code == 1


def test_nothing_is_written_and_no_outputs_are_needed(committed: Path, transpipe: Command) -> None:
    edit(committed, "name: unit", "name: units")
    before = sorted(path for path in committed.rglob("*") if ".git/" not in str(path))
    transpipe("diff")
    assert before == sorted(path for path in committed.rglob("*") if ".git/" not in str(path))
    assert git(committed, "status", "--porcelain") == f" M {AT}\n"


def test_the_default_is_where_head_left_the_default_branch(committed: Path, transpipe: Command) -> None:
    base = git(committed, "rev-parse", "HEAD")[:10]
    git(committed, "checkout", "-q", "-b", "change")
    edit(committed, "fetch: {}", "fetch: {depth: 7}")
    commit(committed)
    git(committed, "checkout", "-q", "main")
    edit(committed, "fetch: {}", "fetch: {tags: true}")
    commit(committed)
    git(committed, "checkout", "-q", "change")
    ran = transpipe("diff")
    assert ran.out.startswith(f"different from where HEAD left main ({base}): 1 checkout setting\n")
    assert "`commits`" in ran.out
    ran = transpipe("diff", "main")
    assert "2 checkout settings" in ran.out.splitlines()[0]


def test_the_default_branch_of_the_remote_counts_first(committed: Path, tmp_path: Path, transpipe: Command) -> None:
    git(committed, "branch", "-m", "trunk")
    git(tmp_path, "clone", "-q", str(committed), "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "-q", "-b", "change")
    edit(clone, "fetch: {}", "fetch: {depth: 7}")
    commit(clone)
    assert "where HEAD left origin" in transpipe("diff", clone).out.splitlines()[0]


def test_a_clone_without_the_base_says_how_to_get_it(committed: Path, tmp_path: Path, transpipe: Command) -> None:
    git(committed, "checkout", "-q", "--orphan", "other")
    edit(committed, "fetch: {}", "fetch: {depth: 7}")
    commit(committed)
    ran = transpipe("diff")
    assert (ran.code, ran.out) == (2, "")
    assert "git fetch --unshallow" in ran.err


def test_a_config_that_is_new_or_gone(committed: Path, transpipe: Command) -> None:
    (committed / AT).unlink()
    ran = transpipe("diff")
    assert "- Pipeline `test` is gone" in ran.out
    commit(committed)
    assert transpipe("diff").err.endswith(
        "neither now nor in HEAD (" + git(committed, "rev-parse", "HEAD")[:10] + ")\n"
    )
    (committed / AT).write_text(CONFIG)
    ran = transpipe("diff")
    assert "+ Pipeline `test` is new" in ran.out
    assert "target jenkins: added" in ran.out


def test_before_the_first_commit_all_is_new(repository: Path, transpipe: Command) -> None:
    git(repository, "init", "-q", "-b", "main")
    ran = transpipe("diff")
    assert ran.out.startswith("different from an empty repository: ")
    assert "+ Pipeline `test` is new" in ran.out


def test_the_profile_and_the_build_files_are_those_of_the_revision(committed: Path, transpipe: Command) -> None:
    """A variant that only the new build file defines, and a profile that only the new tree has."""
    edit(committed, "  lint: {}", "  lints: {}", ".pipeline/blubber.yaml")
    edit(committed, "name: lint", "name: lints")
    edit(committed, "[lint]", "[lints]")
    (committed / ".pipeline/profile.yaml").write_text("extends: default\ntargets: [gitlab]\n")
    ran = transpipe("diff")
    assert (ran.code, ran.err) == (0, "")
    assert "- There are no more outputs for the target `jenkins`." in ran.out
    commit(committed)
    edit(committed, "[gitlab]", "[gitlab, jenkins]", ".pipeline/profile.yaml")
    assert "+ There are outputs for the target `jenkins`." in transpipe("diff").out
    assert "target gitlab: identical" in transpipe("diff").out


def test_a_profile_that_extends_another_file_of_the_repository(committed: Path, transpipe: Command) -> None:
    (committed / "ci").mkdir()
    (committed / "ci/base.yaml").write_text("extends: default\ntargets: [gitlab]\ncontainer: {timeout: 60}\n")
    (committed / ".pipeline/profile.yaml").write_text("extends: ../ci/base.yaml\n")
    commit(committed)
    edit(committed, "60", "90", "ci/base.yaml")
    ran = transpipe("diff")
    assert "+timeout -k 10 90" in ran.out
    assert transpipe("diff", "--profile", "ci/base.yaml").out == ran.out


def test_the_profile_that_the_outputs_were_made_with(committed: Path, transpipe: Command) -> None:
    """A header names it; no option and no profile of the repository's own does."""
    (committed / "ci").mkdir()
    (committed / "ci/site.yaml").write_text("extends: default\ntargets: [jenkins]\ncontainer: {timeout: 60}\n")
    assert transpipe("generate", "--profile", "ci/site.yaml").code == 0
    commit(committed)
    edit(committed, "60", "90", "ci/site.yaml")
    ran = transpipe("diff")
    assert "+timeout -k 10 90" in ran.out
    assert "-timeout -k 10 1m" in ran.out
    assert "target gitlab" not in ran.out


def test_the_project_that_the_outputs_were_made_with(committed: Path, transpipe: Command) -> None:
    edit(committed, "project: team/ores\n", "")
    commit(committed)
    assert transpipe("diff").code == 1, "Zuul must know the project"
    assert transpipe("generate", "--project", "team/x").code == 0
    edit(committed, "fetch: {}", "fetch: {depth: 7}")
    ran = transpipe("diff")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("different from HEAD")
    assert "team/x" not in ran.out


def test_errors_of_the_old_config_name_the_revision(committed: Path, transpipe: Command) -> None:
    edit(committed, "fetch: {}", "fetsh: {}")
    broken = commit(committed)
    edit(committed, "fetsh", "fetch")
    ran = transpipe("diff")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"HEAD ({broken[:10]}): {AT}:9:5: error: ")
    assert "    9 |     fetsh: {}\n" in ran.err


def test_errors_of_the_new_config(committed: Path, transpipe: Command) -> None:
    edit(committed, "fetch: {}", "fetsh: {}")
    ran = transpipe("diff")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{AT}:9:5: error: ")
    found = json.loads(transpipe("diff", "--format", "json").out)
    assert found["meaning"] is None
    assert found["repositories"][0]["diagnostics"][0]["line"] == 9


def test_an_old_link_that_leads_out_of_the_repository_leads_nowhere(
    committed: Path, tmp_path: Path, transpipe: Command
) -> None:
    (tmp_path / "outside.yaml").write_text("version: v4\nvariants: {unit: {}, lint: {}}\n")
    (committed / ".pipeline/link.yaml").symlink_to(tmp_path / "outside.yaml")
    edit(committed, "blubberfile: blubber.yaml", "blubberfile: link.yaml")
    commit(committed)
    git(committed, "rm", "-q", "--cached", ".pipeline/link.yaml")
    (committed / ".pipeline/link.yaml").unlink()
    edit(committed, "blubberfile: link.yaml", "blubberfile: blubber.yaml")
    ran = transpipe("diff")
    assert "`.pipeline/link.yaml` does not exist" in ran.err
    assert ran.code == 0, "the old config is complete without it"


def test_a_link_in_the_repository_is_followed(committed: Path, transpipe: Command) -> None:
    (committed / ".pipeline/link.yaml").symlink_to("blubber.yaml")
    edit(committed, "blubberfile: blubber.yaml", "blubberfile: link.yaml")
    commit(committed)
    edit(committed, "fetch: {}", "fetch: {depth: 7}")
    assert transpipe("diff").out.startswith("different from HEAD")


def test_a_subfolder(committed: Path, transpipe: Command) -> None:
    service = committed / "services/api"
    service.mkdir(parents=True)
    (committed / ".pipeline").rename(service / ".pipeline")
    (service / ".pipeline/profile.yaml").write_text("extends: default\ntargets: [jenkins, gitlab]\n")
    commit(committed)
    edit(service, "fetch: {}", "fetch: {depth: 7}")
    ran = transpipe("diff", "services/api")
    assert ran.out.startswith("different from HEAD")
    assert "`commits`" in ran.out


@pytest.mark.parametrize("name", ["nope", "-x", "HEAD\nHEAD", "HEAD:x"])
def test_a_revision_that_is_not_there(committed: Path, transpipe: Command, name: str) -> None:
    ran = transpipe("diff", "--", name)
    assert ran.code == 2
    assert "there is no revision" in ran.err


def test_a_word_that_could_be_both(committed: Path, transpipe: Command) -> None:
    (committed / "main").mkdir()
    ran = transpipe("diff", "main")
    assert ran.code == 2
    assert "write ./main for the path, or refs/heads/main for the branch" in ran.err
    assert transpipe("diff", "refs/heads/main").code == 0


def test_outside_of_git(repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    ran = transpipe("diff")
    assert ran.code == 2
    assert "is not in a git repository" in ran.err


def many(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three repositories beside this one: the same, another meaning, broken."""
    above = root.parent
    for name, text in {"one": CONFIG, "two": CONFIG.replace("fetch: {}", "fetch: {depth: 7}"), "three": "x: ["}.items():
        git(above, "clone", "-q", str(root), name)
        (above / name / AT).write_text(text)
    (above / "repos").write_text("one\ntwo\nthree\nfour\n")
    monkeypatch.chdir(above)


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_repositories(committed: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    many(committed, monkeypatch)
    ran = transpipe("diff", "HEAD", "--repos", "repos", "-j", jobs)
    assert ran.code == 2
    assert "one: identical to HEAD" in ran.out
    assert "two: different from HEAD" in ran.out
    assert "three/.pipeline/config.yaml:1:" in ran.err
    assert ran.err.endswith("4 repositories: 1 different, 1 identical, 2 with errors\n")


def test_many_repositories_as_json_and_markdown(
    committed: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(committed, monkeypatch)
    found = json.loads(transpipe("diff", "--repos", "repos", "--format", "json").out)
    Draft202012Validator(schema_of("diff")).validate(found)
    assert [(one["path"], one["meaning"]) for one in found["repositories"]] == [
        ("one", "identical"),
        ("two", "different"),
        ("three", None),
        ("four", None),
    ]
    assert found["meaning"] is None
    said = transpipe("diff", "--repos", "repos", "--format", "markdown").out
    assert "### transpipe: `two`: different meaning\n" in said
    assert "`one`" not in said
    assert "### transpipe: `three`: errors\n" in said


def test_json_of_no_repositories(repository: Path, transpipe: Command) -> None:
    (repository / "none").write_text("")
    found = json.loads(transpipe("diff", "--repos", "none", "--format", "json").out)
    assert found == {"repositories": [], "meaning": "identical"}
