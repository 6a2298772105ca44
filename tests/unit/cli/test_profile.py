"""`transpipe profile`, with a git server on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.profile_host import LOGIN, ProfileHost, profile_host
from support.command import Command, make, tree, write

from transpiler import git_fetch

COMPANY = "targets: [jenkins]\nregistry: {public: registry.example.org}\n"
LOCK = ".pipeline/profile.lock.yaml"
OWN = ".pipeline/profile.yaml"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Git knows no password and no configuration but the test's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ProfileHost]:
    with profile_host(tmp_path / "server") as made:
        yield made


def extending(host: ProfileHost, commit: str = "", path: str = "company.yaml") -> str:
    return f"extends:\n  git: {host.url}\n" + (f"  commit: {commit}\n" if commit else "") + f"  path: {path} # ours\n"


def test_a_profile_is_moved_to_the_newest_commit_and_all_else_is_offline(
    host: ProfileHost, repository: Path, transpipe: Command
) -> None:
    first = host.commit({"company.yaml": COMPANY})
    write(repository, {OWN: "# ours\n" + extending(host) + "project: team/ores\n"})
    ran = transpipe("profile", "update")
    assert (ran.code, ran.err) == (0, "next: transpipe generate\n")
    assert (repository / OWN).read_text() == "# ours\n" + extending(host).replace(
        "  git:", f"  commit: {first}\n  git:"
    ) + "project: team/ores\n"
    asked = len(host.asked)
    assert transpipe("generate").code == 0
    assert transpipe("generate", "--check").code == 0
    assert transpipe("lint").out == ""
    assert len(host.asked) == asked
    ran = transpipe("profile", "update")
    assert (ran.code, ran.out) == (0, f".: company.yaml of {host.url} is at {first[:12]}\n")
    second = host.commit({"company.yaml": COMPANY.replace("[jenkins]", "[jenkins, gitlab]")})
    before = tree(repository)
    ran = transpipe("profile", "update", "--dry-run")
    moved = f"company.yaml of {host.url} would move to {second[:12]} from {first[:12]}"
    assert ran.out == f".: {moved}\n  different meaning: 1 target\n  added .gitlab-ci.yml\n"
    assert tree(repository) == before
    assert transpipe("profile", "update").code == 0
    ran = transpipe("generate", "--check")
    assert ran.code == 1
    assert f"the profile {OWN} has changed and {LOCK}, the copy of the shared profile, was added, changed" in ran.out


@pytest.mark.parametrize("to", ["next", "v1", "short", "whole"])
def test_a_branch_a_tag_and_a_commit_become_a_commit(
    host: ProfileHost, repository: Path, transpipe: Command, to: str
) -> None:
    wanted = host.commit({"company.yaml": COMPANY}, tag="v1")
    host.commit({}, branch="next") if to == "next" else None
    newest = host.commit({"company.yaml": "targets: [zuul]\n"})
    wanted = host.commit({}, branch="next") if to == "next" else wanted
    write(repository, {OWN: extending(host, newest)})
    revision = {"short": wanted[:9], "whole": wanted}.get(to, to)
    assert transpipe("profile", "update", "--to", revision).code == 0
    assert (repository / OWN).read_text() == extending(host, wanted)
    assert f"# commit  {wanted}\n" in (repository / LOCK).read_text()


def test_what_a_shared_profile_extends_is_copied_too(host: ProfileHost, repository: Path, transpipe: Command) -> None:
    first = host.commit({"base/all.yaml": "targets: [gitlab]\n"})
    other = extending(host, first, "base/all.yaml")
    host.commit({"company.yaml": "extends: teams/one.yaml\n", "teams/one.yaml": other, "base/all.yaml": "proxy: x\n"})
    write(repository, {OWN: extending(host)})
    assert transpipe("profile", "update").code == 0
    assert transpipe("generate").code == 0
    assert (repository / ".gitlab-ci.yml").exists()
    assert not (repository / "Jenkinsfile").exists()


@pytest.mark.parametrize(
    ("files", "to", "message"),
    [
        ({"company.yaml": COMPANY}, "nowhere", "`nowhere` of URL was not fetched: the server does not have it."),
        ({"company.yaml": COMPANY}, "f" * 40, f"`{'f' * 40}` of URL was not fetched: the server does not have it."),
        ({"company.yaml": COMPANY}, "--upload-pack=x", "`--upload-pack=x` of URL was not fetched: the server does"),
        ({"x.yaml": COMPANY}, "main", "company.yaml of URL at COMMIT was not fetched: there is no such file."),
        ({"company.yaml": "extends: other.yaml\n"}, "main", "other.yaml of URL at COMMIT was not fetched: there is no"),
        ({"company.yaml": "extends: company.yaml\n"}, "main", "The shared profile extends itself: company.yaml of"),
        ({"company.yaml": "extends: ../x.yaml\n"}, "main", "company.yaml of URL at COMMIT extends `../x.yaml`, which"),
        ({"company.yaml": "a: [\n"}, "main", "company.yaml of URL at COMMIT, line 2: The file ends"),
        (
            {"company.yaml": "extends: {git: x, path: y}\n"},
            "main",
            "company.yaml of URL at COMMIT, line 1: `extends.",
        ),
    ],
)
def test_what_cannot_be_fetched_is_one_diagnostic_and_changes_nothing(
    host: ProfileHost, repository: Path, transpipe: Command, files: dict[str, str], to: str, message: str
) -> None:
    commit = host.commit(files)
    write(repository, {OWN: extending(host)})
    before = tree(repository)
    ran = transpipe("profile", "update", f"--to={to}")
    said = ran.err.replace(host.url, "URL").replace(commit[:12], "COMMIT")
    assert message in said
    assert "1 error\n" in said
    assert ran.code in (1, 3)
    assert tree(repository) == before


def test_a_commit_that_is_gone_is_one_diagnostic(host: ProfileHost, repository: Path, transpipe: Command) -> None:
    host.commit({"company.yaml": COMPANY})
    gone = host.commit({"company.yaml": "targets: [zuul]\n"})
    host.forget(gone)
    write(repository, {OWN: extending(host, gone)})
    ran = transpipe("profile", "update", "--to", gone)
    assert (ran.code, f"`{gone}` of {host.url} was not fetched: the server does not have it." in ran.err) == (3, True)


def test_a_server_that_wants_a_password_is_one_diagnostic_and_nobody_is_asked(
    tmp_path: Path, repository: Path, transpipe: Command
) -> None:
    with profile_host(tmp_path / "closed", LOGIN) as host:
        host.commit({"company.yaml": COMPANY})
        write(repository, {OWN: extending(host)})
        ran = transpipe("profile", "update")
        assert (ran.code, "the server wants a password that git does not know" in ran.err) == (3, True)
        helper = tmp_path / "helper"
        helper.write_text(f"#!/bin/sh\n[ $1 = get ] && printf 'username=%s\\npassword=%s\\n' {LOGIN[0]} {LOGIN[1]}\n")
        helper.chmod(0o755)
        subprocess.run(["git", "config", "--global", "credential.helper", str(helper)], check=True)
        assert transpipe("profile", "update").code == 0
        assert LOGIN[1] not in "".join(tree(repository).values())


def test_a_credential_helper_that_waits_is_stopped(
    tmp_path: Path, repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\nsleep 300 &\nread answer < /dev/tty || sleep 300\n")
    helper.chmod(0o755)
    monkeypatch.setattr(git_fetch, "LIMIT", 2.0)
    with profile_host(tmp_path / "closed", LOGIN) as host:
        host.commit({"company.yaml": COMPANY})
        write(repository, {OWN: extending(host)})
        subprocess.run(["git", "config", "--global", "credential.helper", str(helper)], check=True)
        ran = transpipe("profile", "update")
    assert (ran.code, "was not fetched: git did not end in time." in ran.err) == (3, True)


def test_a_profile_that_breaks_its_config_is_left_as_it_was(
    host: ProfileHost, repository: Path, transpipe: Command
) -> None:
    host.commit({"company.yaml": COMPANY})
    write(repository, {OWN: extending(host)})
    assert transpipe("profile", "update").code == 0
    host.commit({"company.yaml": COMPANY + "required: {stages: [scan]}\n"})
    before = tree(repository)
    ran = transpipe("profile", "update")
    assert (ran.code, "[required-stage]" in ran.err, "was not moved to" in ran.out) == (1, True, True)
    assert tree(repository) == before
    assert transpipe("profile", "update", "--force").code == 1
    assert tree(repository) != before


def test_a_repository_without_a_shared_profile_says_so(repository: Path, transpipe: Command) -> None:
    assert "there is no profile in the repository" in transpipe("profile", "update").err
    write(repository, {OWN: "extends: wikimedia\n"})
    ran = transpipe("profile", "update")
    assert (ran.code, "[profile-not-shared]" in ran.err) == (1, True)


@pytest.mark.parametrize("number", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_a_fleet_moves_in_one_command_with_one_fetch(
    host: ProfileHost, tmp_path: Path, transpipe: Command, number: int
) -> None:
    first = host.commit({"company.yaml": COMPANY})
    text = extending(host, first)
    for at in range(number):
        own = "targets: [zuul]\n" if at == 1 else ""
        make(tmp_path / f"fleet/r{at}", **{OWN: text + own})
    (tmp_path / "list").write_text("".join(f"fleet/r{at}\n" for at in range(number)))
    assert transpipe("profile", "update", "--to", first, "--repos", tmp_path / "list").code == 0
    asked = len(host.asked)
    second = host.commit({"company.yaml": COMPANY.replace("jenkins", "gitlab")})
    ran = transpipe("profile", "update", "--repos", tmp_path / "list")
    assert len(host.asked) - asked <= 4
    assert ran.code == 0
    assert (
        ran.out.count("  added .gitlab-ci.yml\n  removed Jenkinsfile\n")
        + ran.out.count("  removed Jenkinsfile\n  added .gitlab-ci.yml\n")
        == number - 1
    )
    assert ran.out.count("  different meaning: 2 targets\n") == number - 1
    assert ran.out.count("  no output changes\n") == 1
    assert f"{number} repositories: 1 moved with the same outputs, {number - 1} moved with another meaning\n" in ran.err
    for at in range(number):
        assert f"commit: {second}" in (tmp_path / f"fleet/r{at}" / OWN).read_text()
    assert transpipe("generate", "--repos", tmp_path / "list").code == 0


def test_a_server_that_is_gone_is_told_once_for_a_fleet(tmp_path: Path, transpipe: Command) -> None:
    with profile_host(tmp_path / "server") as host:
        host.commit({"company.yaml": COMPANY})
    for at in range(3):
        make(tmp_path / f"r{at}", **{OWN: extending(host)})
    ran = transpipe("profile", "update", *(tmp_path / f"r{at}" for at in range(3)))
    assert (ran.code, ran.err.count("git could not reach it")) == (3, 1)
    assert ran.err.endswith("3 repositories: 3 not moved\n")


def test_show_prints_what_generate_uses_and_where_it_is_from(
    host: ProfileHost, repository: Path, transpipe: Command
) -> None:
    host.commit({"company.yaml": COMPANY + "proxy: 'http://p: x'\n"})
    write(repository, {OWN: extending(host) + "registry: {repository: team}\n"})
    assert transpipe("profile", "update").code == 0
    ran = transpipe("profile", "show")
    lines = {line.split("#")[0].strip(): line.partition("# ")[2] for line in ran.out.splitlines()}
    assert lines["public: registry.example.org"] == f"{LOCK}:9"
    assert lines["repository: team"] == f"{OWN}:5"
    assert lines['proxy: "http://p: x"'] == f"{LOCK}:10"
    assert lines["method: docker-push"].startswith("default:")
    write(repository, {OWN: "targets: [jenkins, gitlob]\n"})
    ran = transpipe("profile", "show")
    assert (ran.code, "gitlob" in ran.out) == (1, True)


def test_show_says_what_a_shared_profile_requires(host: ProfileHost, repository: Path, transpipe: Command) -> None:
    host.commit(
        {"company.yaml": COMPANY + "required: {rules: [untested-publish, unused-stages], keys: [registry.public]}\n"}
    )
    write(repository, {OWN: extending(host)})
    assert transpipe("profile", "update").code == 0
    own, shared, rules, keys, default = transpipe("profile", "show").out.splitlines()[:5]
    assert own == f"# {OWN}"
    assert shared.startswith("# which extends company.yaml of ")
    assert rules == "#   and requires the rules untested-publish, unused-stages"
    assert keys == "#   and requires the keys registry.public"
    assert default == "# which extends default"


def test_what_show_prints_is_the_same_profile(repository: Path, transpipe: Command) -> None:
    before = transpipe("generate", "--profile", "wikimedia", "--out", repository / "one")
    write(repository, {OWN: transpipe("profile", "show", "--profile", "wikimedia").out})
    after = transpipe("generate", "--out", repository / "two")
    assert (before.code, after.code) == (0, 0)
    bodies = [
        {path: text.split("header ", 1)[1].split("\n", 1)[1] for path, text in tree(repository / name).items()}
        for name in ("one", "two")
    ]
    assert bodies[0] == bodies[1]


def test_init_writes_a_profile_that_extends_a_shared_one(
    host: ProfileHost, tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = host.commit({"ci/profile.yaml": COMPANY})
    root = tmp_path / "new"
    write(root, {"Dockerfile": "FROM debian:12 AS test\n"})
    monkeypatch.chdir(root)
    ran = transpipe("init", "--profile", f"{host.url}#ci/profile.yaml")
    assert (ran.code, "wrote .pipeline/profile.yaml" in ran.err) == (0, True)
    assert f"  commit: {commit}\n" in (root / OWN).read_text()
    assert transpipe("lint").code == 0
    assert transpipe("generate").code == 0
    assert (root / "Jenkinsfile").exists()
    assert "was not fetched" in transpipe("init", "--profile", f"{host.url}#no.yaml", make(tmp_path / "x").parent).err


def test_init_writes_a_profile_for_a_built_in_one(tmp_path: Path, transpipe: Command) -> None:
    write(tmp_path / "new", {"Dockerfile": "FROM debian:12 AS test\n"})
    transpipe("init", "--profile", "wikimedia", tmp_path / "new")
    assert "extends: wikimedia\n" in (tmp_path / "new" / OWN).read_text()
    assert transpipe("lint", tmp_path / "new").code == 0
