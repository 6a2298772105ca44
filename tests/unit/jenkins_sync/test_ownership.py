"""Two repositories that name one project: neither touches the other's jobs, unless a person says so."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from doubles.jenkins.process import Double, double
from support import sync_sites
from support.command import Command, Ran
from support.git_repository import git
from support.jenkins_sync import CONFIG, OWNER, job

from transpiler.app.git_origin import normalised
from transpiler.jenkins_sync import apply as applying
from transpiler.jenkins_sync.jobs import marker
from transpiler.jenkins_sync.jobs.origin import Origin
from transpiler.jenkins_sync.server.client import Limits

PROJECT = "team/web"
ORIGINAL, FORK = "git.example.org/team/web", "git.example.org/ann/web"
P0, P1 = "ci/team-web-pipeline-p0", "ci/team-web-pipeline-p1"
SECRET = "s3cr3t-t0ken"

Sync = Callable[..., Ran]


@pytest.fixture
def to() -> Iterator[Double]:
    with double(retry_after=0) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A repository with two pipelines, and a copy of it whose remote is another and which has dropped one."""
    place = tmp_path / "site"
    sync_sites.repository(place / "original", PROJECT, 2)
    sync_sites.repository(place / "copy", PROJECT, 1)
    sync_sites.profile(place)
    remote(place / "original", f"https://ci:{SECRET}@git.example.org/team/web.git")
    remote(place / "copy", f"https://ci:{SECRET}@git.example.org/ann/web.git")
    return place


def remote(root: Path, url: str) -> None:
    """Makes the directory a repository with this remote, "" for none."""
    shutil.rmtree(root / ".git", ignore_errors=True)
    git(root, "init", "-q")
    if url:
        git(root, "remote", "add", "origin", url)


@pytest.fixture
def sync(
    to: Double, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sync:
    """`sync("apply", "copy", …)` on the double."""
    monkeypatch.setattr("transpiler.app.sync.Limits", partial(Limits, first_wait=0.005))
    monkeypatch.setenv("TRANSPIPE_JENKINS_URL", to.url)
    monkeypatch.setenv("TRANSPIPE_JENKINS_USER", to.user)
    monkeypatch.setenv("TRANSPIPE_JENKINS_TOKEN", to.token)
    monkeypatch.setenv("TRANSPIPE_PROFILE", str(site / "profile.yaml"))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.chdir(site)
    command = Command(monkeypatch, capsys)
    return lambda verb, *more: command("sync", verb, *more)


def jobs(to: Double) -> dict[str, str]:
    return {name: found.xml for name, found in to.jobs().items() if "/" in name}


def written_by_an_earlier_version(to: Double) -> None:
    for name, xml in jobs(to).items():
        to.put(name, xml.replace(f" from={ORIGINAL}", ""))


def test_a_copy_deletes_and_overwrites_nothing_of_the_originals(sync: Sync, to: Double) -> None:
    sync("apply", "original")
    before = jobs(to)
    for options in ((), ("--prune",), ("--prune", "--force", "--verify")):
        ran = sync("apply", "copy", *options)
        assert (ran.code, jobs(to)) == (1, before), options
        assert f"conflict: {ORIGINAL} wrote it last, and this is copy ({FORK}): --adopt" in ran.out
    assert f"left       {P1}  conflict: {ORIGINAL} wrote it last, and this is {FORK}: --prune" in ran.out
    assert "will delete" not in ran.err
    assert sync("apply", "original", "--prune").code == 0


def test_what_a_copy_may_not_prune_is_an_orphan_until_it_is_asked_to(sync: Sync, to: Double, site: Path) -> None:
    sync("apply", "original")
    profile = site / "profile.yaml"
    profile.write_text(profile.read_text().replace("'{project}-pipeline-{pipeline}'", "'copy-{pipeline}'"))
    planned = sync("plan", "copy").out
    assert re.search(f"^\\+ create +ci/copy-p0 +with --adopt {P0} is renamed instead$", planned, re.MULTILINE)
    assert sync("apply", "copy").code == 0
    assert set(jobs(to)) == {P0, P1, "ci/copy-p0"}
    assert sync("apply", "copy", "--prune").code == 1
    assert set(jobs(to)) == {P0, P1, "ci/copy-p0"}


def test_adopt_takes_over_on_purpose_and_the_original_then_keeps_away(sync: Sync, to: Double) -> None:
    sync("apply", "original")
    planned = sync("plan", "copy", "--adopt")
    assert f"~ update     {P0}  {ORIGINAL} wrote it last\n" in planned.out
    assert f"- orphan     {P1}  no config asks for it any longer" in planned.out
    assert sync("apply", "copy", "--adopt", "--prune").code == 0
    assert set(jobs(to)) == {P0}
    assert f" from={FORK} " in jobs(to)[P0]
    assert sync("apply", "copy").code == 0
    ran = sync("apply", "original")
    assert ran.code == 1
    assert f"{FORK} wrote it last, and this is original ({ORIGINAL})" in ran.out


def test_adopt_renames_with_the_builds(sync: Sync, to: Double, site: Path) -> None:
    sync("apply", "original")
    profile = site / "profile.yaml"
    profile.write_text(profile.read_text().replace("'{project}-pipeline-{pipeline}'", "'{name}-{pipeline}'"))
    assert sync("apply", "copy", "--adopt").code == 0
    assert set(jobs(to)) == {"ci/web-p0", P1}


def test_both_in_one_call_are_one_conflict_that_names_the_two(sync: Sync, to: Double) -> None:
    ran = sync("apply", "original", "copy", "--adopt")
    assert ran.code == 1
    (line,) = (line for line in ran.out.splitlines() if "conflict" in line)
    assert f"in original ({ORIGINAL})" in line
    assert f"in copy ({FORK})" in line
    assert set(jobs(to)) == {P1}


def test_two_clones_of_one_remote_are_one_repository(sync: Sync, to: Double, site: Path) -> None:
    sync("apply", "original")
    shutil.copytree(site / "original", site / "clone")
    remote(site / "clone", "git@git.example.org:team/web.git")
    before = to.events()
    assert sync("apply", "clone", "--prune").code == 0
    assert to.events() == before
    both = sync("apply", "original", "clone")
    assert f"in original ({ORIGINAL}), and {PROJECT} ({CONFIG}#p0) in clone ({ORIGINAL})" in both.out


def test_without_a_remote_the_directory_counts(sync: Sync, to: Double, site: Path) -> None:
    remote(site / "original", "")
    remote(site / "copy", "")
    sync("apply", "original")
    assert sync("apply", "original", "--prune").code == 0
    ran = sync("apply", "copy", "--prune")
    assert ran.code == 1
    assert f"{site}/original wrote it last, and this is {site}/copy" in ran.out
    assert set(jobs(to)) == {P0, P1}


def test_two_folders_of_one_repository_are_two(sync: Sync, to: Double, site: Path) -> None:
    for name in ("original", "copy"):
        shutil.rmtree(site / name / ".git")
    remote(site, "https://git.example.org/team/mono.git")
    original = ("ci/team-web-pipeline-original-p0", "ci/team-web-pipeline-original-p1")
    copy = "ci/team-web-pipeline-copy-p0"
    sync("apply", "original")
    assert sync("apply", "copy", "--prune", "--adopt").out == f"created    {copy}\n"
    assert set(jobs(to)) == {*original, copy}
    assert "source=original/.pipeline/config.yaml#p0 from=git.example.org/team/mono//original " in jobs(to)[original[0]]


def test_a_job_of_an_earlier_version_is_taken_by_the_first_that_asks_for_it_and_never_pruned(
    sync: Sync, to: Double, site: Path
) -> None:
    sync("apply", "original")
    written_by_an_earlier_version(to)
    sync_sites.repository(site / "original", PROJECT, 1)
    assert f"~ update     {P0}  it does not record which repository wrote it" in sync("plan", "original").out
    ran = sync("apply", "original", "--prune")
    assert ran.code == 1
    assert f"{P1}  conflict: it does not record which repository wrote it: --prune deletes it only" in ran.out
    assert f" from={ORIGINAL} " in jobs(to)[P0]
    assert sync("apply", "original", "--prune", "--adopt").code == 0
    assert set(jobs(to)) == {P0}


def test_a_retired_project_that_two_repositories_name_is_left(sync: Sync, to: Double, site: Path) -> None:
    sync("apply", "original")
    profile = site / "profile.yaml"
    profile.write_text(profile.read_text().replace("'{project}-pipeline-{pipeline}'", "'copy-{pipeline}'"))
    sync("apply", "copy")
    (site / "nothing").write_text("")
    retire = ("apply", "--repos", "nothing", "--prune", "--retire", PROJECT, "--look-in", "ci")
    ran = sync(*retire)
    assert f"{FORK} and {ORIGINAL} both wrote jobs of {PROJECT}" in ran.out
    assert len(jobs(to)) == 3
    assert sync(*retire, "--adopt").code == 0
    assert jobs(to) == {}


def test_no_password_of_a_remote_reaches_jenkins_or_the_terminal(sync: Sync, to: Double) -> None:
    said = sync("apply", "original").out + sync("apply", "copy").out + sync("plan", "copy", "--json").out
    assert ORIGINAL in said
    assert SECRET not in said + "".join(jobs(to).values())


def test_a_job_that_another_repository_took_meanwhile_is_left(sync: Sync, to: Double, site: Path) -> None:
    """Between the plan and the writing of the job."""
    sync("apply", "original")
    theirs = {name: xml.replace(f" from={ORIGINAL} ", f" from={FORK} ") for name, xml in jobs(to).items()}
    sync_sites.repository(site / "original", PROJECT, 2, "make all")
    really = applying.apply

    def late(*arguments: object) -> object:
        for name, xml in theirs.items():
            to.put(name, xml)
        return really(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(applying, "apply", late)
        ran = sync("apply", "original", "--force")
    assert ran.code == 1
    assert ran.out.count(f"in the meantime {FORK} wrote it") == 2
    assert jobs(to) == theirs


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.org/team/web", ORIGINAL),
        (f"https://ann:{SECRET}@Git.Example.org:8443/team/web.git/", ORIGINAL),
        (f"https://{SECRET}@git.example.org/team/web.git?private_token={SECRET}#{SECRET}", ORIGINAL),
        ("git@git.example.org:team/web.git", ORIGINAL),
        ("git.example.org:/team/web", ORIGINAL),
        ("ssh://ann@git.example.org:29418/team/web", ORIGINAL),
        ("https://git.example.org/r/a/team/web", ORIGINAL),
        ("https://git.example.org/a/team/web", ORIGINAL),
        ("ssh://git.example.org/~ann/web", "git.example.org/~ann/web"),
        ("ssh://git@[2001:db8::1]:29418/team/web", "2001:db8::1/team/web"),
        ("git@[2001:db8::1]:team/web.git", "2001:db8::1/team/web"),
        ("g:team/web", "g/team/web"),
        ("/srv/git/web.git", "/srv/git/web"),
        ("../web.git", "/srv/web"),
        ("file:///srv/my%20web", "/srv/my web"),
        ("file:///dev/null", ""),
        ("", ""),
    ],
)
def test_clones_of_one_repository_have_one_name(url: str, name: str) -> None:
    assert normalised(url, Path("/srv/clone")) == name


@pytest.mark.parametrize(
    "url",
    [f"ext::ssh -p {SECRET} host", f"ann:{SECRET}@host:team/web", f"x::https://{SECRET}@h/p", f"https://[{SECRET}/x"],
)
def test_a_remote_of_an_unknown_form_says_nothing_of_itself(url: str) -> None:
    name = normalised(url, Path("/srv"))
    assert name.startswith("remote:")
    assert SECRET not in name
    assert name == normalised(url, Path("/elsewhere"))


@pytest.mark.parametrize("name", ["git.example.org/team/web", "/srv/my web", "/srv/é] digest=1:0", "remote:01ab"])
def test_a_mark_says_the_origin_again(name: str) -> None:
    mark = job("a", origin=Origin(name)).mark
    assert marker.read(marker.describe("text", mark)) == mark
    assert mark.origin == name


def test_a_mark_of_an_earlier_version_has_no_origin() -> None:
    line = f"[transpipe owner={OWNER} source={CONFIG}#a digest=1:00]"
    assert marker.read(line) == marker.Mark(OWNER, f"{CONFIG}#a", "1:00", "")
