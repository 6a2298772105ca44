"""`transpipe sync` as administrators run it: exit statuses, streams, and what is on the server afterwards."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from doubles.jenkins.process import Double, double
from doubles.jenkins.settings import ALL_PERMISSIONS, SYSTEM_READ, Fault
from support import sync_sites
from support.command import Command, Ran

from transpiler.jenkins_sync.jobs import marker
from transpiler.jenkins_sync.server.client import Limits

Sync = Callable[..., Ran]
FIRST = "ci/team-service-0000-pipeline-p0"


@pytest.fixture
def to() -> Iterator[Double]:
    with double(hang=1.5, retry_after=0) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two repositories with two pipelines each, their profile and a list of them."""
    sync_sites.repositories(tmp_path / "site", 2, 2)
    sync_sites.profile(tmp_path / "site")
    (tmp_path / "site/repositories").write_text("# all of them\nservice-0000\nservice-0001  # the second\n\n")
    return tmp_path / "site"


@pytest.fixture
def sync(
    to: Double, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sync:
    """`sync("plan", …)` for the site, on the double; between tries it waits for almost nothing."""
    monkeypatch.setattr("transpiler.app.sync.Limits", partial(Limits, first_wait=0.005))
    for name, value in environment(to, site, tmp_path).items():
        monkeypatch.setenv(name, value)
    command = Command(monkeypatch, capsys)
    return lambda verb, *more: command("sync", verb, "--repos", site / "repositories", *more)


def environment(to: Double, site: Path, home: Path) -> dict[str, str]:
    return {
        "TRANSPIPE_JENKINS_URL": to.url,
        "TRANSPIPE_JENKINS_USER": to.user,
        "TRANSPIPE_JENKINS_TOKEN": to.token,
        "TRANSPIPE_PROFILE": str(site / "profile.yaml"),
        "HOME": str(home),
        "NETRC": str(home / "none"),
    }


def jobs(to: Double) -> list[str]:
    return sorted(name for name in to.jobs() if "/" in name)


def edit(to: Double, name: str, old: str, new: str) -> None:
    xml = to.jobs()[name].xml
    assert old in xml
    to.put(name, xml.replace(old, new))


def change(site: Path, number: int = 0, pipelines: int = 2, words: str = "make all") -> None:
    sync_sites.repository(site / f"service-{number:04}", f"team/service-{number:04}", pipelines, words)


# ---- from nothing to a nightly run ----


def test_a_plan_writes_nothing(sync: Sync, to: Double) -> None:
    ran = sync("plan")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == f"+ create     {FIRST}"
    assert ran.err == "4 create\n"
    assert to.jobs() == {}
    assert {entry.method for entry in to.log()} == {"GET"}


def test_apply_does_what_the_plan_says_and_a_second_one_nothing(sync: Sync, to: Double) -> None:
    first = sync("apply")
    assert first.code == 0
    assert f"created    {FIRST}\n" in first.out
    assert re.fullmatch(r"5 created in \d+\.\d s\n", first.err)
    assert len(jobs(to)) == 4
    before, events = len(to.log()), to.events()
    second = sync("apply")
    assert (second.code, second.out.count("unchanged  ")) == (0, 4)
    assert to.events() == events
    assert len(to.log()) - before <= 5


def test_exit_code_says_whether_something_would_change(sync: Sync, site: Path) -> None:
    assert sync("plan", "--exit-code").code == 1
    sync("apply")
    assert sync("plan", "--exit-code").code == 0
    change(site)
    assert sync("plan").code == 0
    assert sync("plan", "--exit-code").code == 1


def test_a_plan_shows_what_would_change_in_a_job(sync: Sync, site: Path) -> None:
    sync("apply")
    change(site)
    ran = sync("plan")
    assert f"~ update     {FIRST}\n" in ran.out
    assert re.search(r"^    -.*make check", ran.out, re.MULTILINE)
    assert re.search(r"^    \+.*make all", ran.out, re.MULTILINE)
    assert ran.err == "2 update, 2 unchanged\n"


def test_json(sync: Sync, site: Path) -> None:
    planned = json.loads(sync("plan", "--json").out)
    assert planned["counts"]["create"] == 4
    assert (planned["folders"], planned["emptied"]) == (["ci"], [])
    assert planned["jobs"][0] == {
        "name": FIRST,
        "state": "create",
        "owner": "team/service-0000",
        "source": ".pipeline/config.yaml#p0",
        "from": str(site / "service-0000"),
        "why": "",
        "diff": [],
    }
    ran = sync("apply", "--json")
    done = json.loads(ran.out)
    assert (done["counts"]["created"], done["stopped"]) == (5, "")
    assert {"name": FIRST, "done": "created", "state": "create", "why": ""} in done["jobs"]
    assert f"created    {FIRST}\n" in ran.err


# ---- what is not ours, and what a hand has done ----


def test_a_hand_edit_shows_with_verify_and_is_overwritten_only_with_force(sync: Sync, to: Double) -> None:
    sync("apply")
    edit(to, FIRST, "make check", "rm -r")
    assert "drifted" not in sync("plan").out
    ran = sync("plan", "--verify", "--exit-code")
    assert f"? drifted    {FIRST}" in ran.out
    assert "its configuration was edited by hand; not changed without --force" in ran.out
    assert re.search(r"^    -.*rm -r", ran.out, re.MULTILINE)
    left = sync("apply", "--verify")
    assert (left.code, "rm -r" in to.jobs()[FIRST].xml) == (1, True)
    assert f"left       {FIRST}  drifted: its configuration was edited by hand" in left.out
    assert sync("apply", "--verify", "--force").code == 0
    assert "make check" in to.jobs()[FIRST].xml


def test_an_update_does_not_overwrite_a_hand_edit_either(sync: Sync, site: Path, to: Double) -> None:
    sync("apply")
    edit(to, FIRST, "make check", "rm -r")
    change(site)
    assert f"? drifted    {FIRST}" in sync("plan").out
    ran = sync("apply")
    assert ran.code == 1
    assert "its configuration was edited by hand: --force overwrites it" in ran.out
    assert "rm -r" in to.jobs()[FIRST].xml
    assert sync("apply", "--force").code == 0
    assert "make all" in to.jobs()[FIRST].xml


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_a_job_of_somebody_else_is_named_left_alone_and_the_rest_goes_on(sync: Sync, to: Double, verb: str) -> None:
    sync("apply")
    edit(to, FIRST, "[transpipe owner=team/service-0000", "[transpipe owner=team/other")
    mine = to.jobs()[FIRST].xml
    ran = sync(verb)
    assert "it belongs to team/other" in ran.out
    assert ran.code == (1 if verb == "apply" else 0)
    assert to.jobs()[FIRST].xml == mine


def test_two_repositories_with_one_project_get_none_of_the_names(sync: Sync, site: Path, to: Double) -> None:
    sync_sites.repository(site / "service-0001", "team/service-0000", 1)
    ran = sync("apply")
    assert ran.code == 1
    (conflict,) = (line for line in ran.out.splitlines() if "conflict" in line)
    assert all(f"service-000{n}" in conflict.partition("none is written")[2] for n in (0, 1))
    assert jobs(to) == ["ci/team-service-0000-pipeline-p1"]


def test_a_person_hands_a_job_over_by_a_line_in_its_description(sync: Sync, to: Double) -> None:
    sync("apply")
    line = "[transpipe owner=team/service-0000 source=.pipeline/config.yaml#p0]"
    edit(to, FIRST, to.jobs()[FIRST].xml, f"<flow-definition><description>{line}</description></flow-definition>")
    assert sync("apply").code == 0
    assert "make check" in to.jobs()[FIRST].xml


# ---- what is left over ----


def test_orphans_go_only_with_prune_and_are_named_before(sync: Sync, site: Path, to: Double) -> None:
    sync("apply")
    to.put("ci/by-hand", "<flow-definition><description>mine</description></flow-definition>")
    change(site, 0, 1, "make check")
    gone = "ci/team-service-0000-pipeline-p1"
    assert f"- orphan     {gone}" in sync("plan").out
    assert sync("apply").code == 0
    assert gone in jobs(to)
    ran = sync("apply", "--prune")
    assert (ran.code, f"will delete {gone}\n" in ran.err, f"deleted    {gone}" in ran.out) == (0, True, True)
    assert jobs(to) == ["ci/by-hand", FIRST, *(f"ci/team-service-0001-pipeline-p{n}" for n in (0, 1))]


def test_a_config_with_errors_makes_no_orphans(sync: Sync, site: Path, to: Double) -> None:
    sync("apply")
    (site / "service-0000/.pipeline/config.yaml").write_text("project: team/service-0000\npipelines: {p0: }\n")
    ran = sync("apply", "--prune")
    assert ran.code == 1
    assert "1 of 2 repositories have errors: their jobs stay as they are\n" in ran.err
    assert len(jobs(to)) == 4


def test_a_project_that_is_gone_is_retired_with_its_folder(sync: Sync, site: Path, to: Double) -> None:
    sync("apply")
    (site / "repositories").write_text("service-0001\n")
    sync("apply", "--prune")
    assert len(jobs(to)) == 4
    sync("apply", "--prune", "--retire", "team/service-0000")
    assert len(jobs(to)) == 2
    (site / "repositories").write_text("")
    assert sync("apply", "--prune", "--retire", "team/service-0001").code == 0
    assert to.jobs() == {}


def test_what_was_moved_to_a_folder_of_somebody_else_is_found_where_one_looks(sync: Sync, to: Double) -> None:
    sync("apply")
    to.put("old", "<com.cloudbees.hudson.plugins.folder.Folder/>")
    to.put("old/moved", to.jobs()[FIRST].xml)
    assert "old/moved" not in sync("plan").out
    assert "- orphan     old/moved" in sync("plan", "--look-in", "/old/").out
    assert sync("apply", "--prune", "--look-in", "old").code == 0
    assert "old/moved" not in to.jobs()
    assert "old" in to.jobs(), "the folder is not ours"


def test_another_name_pattern_renames_jobs_and_keeps_their_builds(sync: Sync, site: Path, to: Double) -> None:
    sync("apply")
    sync_sites.profile(site, "  trigger-name: ''\n")
    profile = site / "profile.yaml"
    profile.write_text(profile.read_text().replace("'{project}-pipeline-{pipeline}'", "'{name}-{pipeline}'"))
    assert f"> rename     ci/service-0000-p0  it was {FIRST}" in sync("plan").out
    assert sync("apply").code == 0
    assert jobs(to) == [f"ci/service-000{n}-p{m}" for n in (0, 1) for m in (0, 1)]
    assert {what for what, _ in to.events()} == {"create", "update", "rename"}
    assert sync("plan", "--verify", "--exit-code").code == 0


# ---- plugins, failures, secrets ----


def test_a_definition_that_jenkins_drops_is_found_and_posted_once(sync: Sync, to: Double) -> None:
    to.change(missing=["workflow-cps"])
    ran = sync("apply")
    assert ran.code == 3
    assert "Jenkins did not keep flow-definition/definition CpsFlowDefinition: the plugin workflow-cps is" in ran.out
    assert len(jobs(to)) == 1
    assert marker.UNCHECKED in to.jobs()[FIRST].xml
    to.change(missing=[])
    assert sync("apply").code == 0
    assert sync("plan", "--verify", "--exit-code").code == 0


@pytest.fixture
def reporting(site: Path) -> Path:
    """The site, where one pipeline of four has reports."""
    config = site / "service-0000/.pipeline/config.yaml"
    reports = "[{source: /a.xml, report: junit}, {source: /b.xml, report: cobertura}]"
    config.write_text(config.read_text().replace("['make check']}", f"['make check']}}\n        copy: {reports}", 1))
    return site


@pytest.mark.usefixtures("reporting")
def test_plugins_that_a_jenkinsfile_needs_and_the_server_lacks_are_named(sync: Sync, to: Double) -> None:
    assert "warning" not in sync("plan").err
    to.change(missing=["junit", "coverage", "pipeline-stage-step"])
    warnings = (
        f"warning: the plugin coverage is missing or disabled, which {FIRST} needs: coverage is not shown, and its "
        "stage becomes unstable\n"
        f"warning: the plugin junit is missing or disabled, which {FIRST} needs: test results are not shown, and their "
        "stage becomes unstable\n"
        f"warning: the plugin pipeline-stage-step is missing or disabled, which {FIRST} and 3 more jobs need: builds "
        "fail\n"
    )
    ran = sync("plan")
    assert (ran.code, ran.err.endswith(warnings)) == (0, True)
    assert len(json.loads(sync("plan", "--json").out)["lacking"]) == 3
    ran = sync("apply")
    assert (ran.code, ran.err.endswith(warnings), len(jobs(to))) == (0, True, 4)
    to.change(missing=[])
    assert "warning" not in sync("apply").err


@pytest.mark.usefixtures("reporting")
def test_who_may_not_see_the_plugins_is_told_which_there_should_be(sync: Sync, to: Double) -> None:
    to.change(permissions=[name for name in ALL_PERMISSIONS if name != SYSTEM_READ])
    ran = sync("apply")
    assert (ran.code, len(jobs(to))) == (0, 4)
    assert re.search(
        r"warning: reading the list of plugins: .*SystemRead.*; it should have coverage, git, junit, ", ran.err
    )


def test_a_kind_of_job_whose_plugin_is_missing(sync: Sync, to: Double) -> None:
    to.change(missing=["workflow-job"])
    ran = sync("apply")
    assert ran.code == 3
    assert "the plugin for this kind of job is missing" in ran.out


def test_without_folders_there_are_no_jobs(sync: Sync, to: Double) -> None:
    to.change(missing=["cloudbees-folder"])
    ran = sync("apply")
    assert (ran.code, ran.out.count("failed     ci")) == (3, 5)
    assert to.jobs() == {}


def test_a_server_that_does_not_answer_is_status_3(sync: Sync, to: Double) -> None:
    to.change(faults=[Fault("503", rate=1.0)])
    for verb in ("plan", "apply"):
        ran = sync(verb, "--deadline", "0.3", "--timeout", "1")
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith("transpipe: looking into ci: Jenkins is not available (503); gave up after")


def test_a_server_that_goes_away_half_way_is_said_and_the_next_run_ends_it(sync: Sync, to: Double) -> None:
    to.change(down=-1, faults=[Fault("die", requests=(7,))])
    ran = sync("apply", "--deadline", "0.3", "-j", "1")
    assert ran.code == 3
    assert "Run it again: what is done stays done." in ran.err
    to.restart()
    to.set_faults()
    assert sync("apply").code == 0
    assert len(jobs(to)) == 4


def test_no_secret_in_anything_that_is_said(
    to: Double, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "0123456789abcdef-s3cr3t"
    said = ""
    for secret, more in [
        (to.token, {}),
        (wrong, {}),
        (to.token, {"TRANSPIPE_JENKINS_URL": f"http://{to.user}:{to.token}@localhost"}),
        (to.token, {"TRANSPIPE_JENKINS_URL": "http://127.0.0.1:1"}),
        (to.token, {"TRANSPIPE_PROFILE": "nowhere"}),
    ]:
        given = os.environ | environment(to, site, tmp_path) | more | {"TRANSPIPE_JENKINS_TOKEN": secret}
        call = ["sync", "apply", "--repos", str(site / "repositories"), "--deadline", "0.2"]
        for name in ("", "TRANSPIPE_DEBUG"):
            ran = subprocess.run(
                [sys.executable, "-X", "dev", "-m", "transpiler", *call],
                capture_output=True,
                text=True,
                timeout=60,
                env=given | ({name: "1"} if name else {}),
                check=False,
            )
            said += ran.stdout + ran.stderr
    assert "does not accept the credentials of admin" in said
    assert to.token not in said
    assert wrong not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("apply", "--exit-code"), "--exit-code is only for `plan`"),
        (("plan", "--project", "x"), "--project needs exactly one PATH"),
        (("plan", "--url", "ftp://x"), "is not an http or https URL"),
        (("plan", "--ca-bundle", "nowhere.pem"), "there is no file nowhere.pem"),
    ],
    ids=["exit-code", "project", "url", "ca-bundle"],
)
def test_wrong_usage(sync: Sync, arguments: tuple[Any, ...], words: str) -> None:
    ran = sync(*arguments)
    assert ran.code == 2
    assert words in " ".join(re.sub(r"[│╭╮╰╯─]", " ", ran.err).split())


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_the_bar_is_drawn_on_a_terminal_only(to: Double, site: Path, tmp_path: Path) -> None:
    given = os.environ | environment(to, site, tmp_path)
    call = [sys.executable, "-m", "transpiler", "sync", "apply", "--repos", str(site / "repositories")]
    here, there = pty.openpty()
    ran = subprocess.run(call, stdout=subprocess.PIPE, stderr=there, env=given, timeout=60, check=True)
    os.close(there)
    drawn = os.read(here, 100_000).decode()
    os.close(here)
    assert re.search(r"\[#+\.*\] \d/5", drawn)
    assert b"\x1b" not in ran.stdout
    piped = subprocess.run(call, capture_output=True, env=given, timeout=60, check=True)
    assert b"\r" not in piped.stderr + piped.stdout


def test_a_job_that_a_person_disabled_stays_so_and_is_no_drift(sync: Sync, site: Path, to: Double) -> None:
    profile = site / "profile.yaml"
    profile.write_text(profile.read_text().replace("jenkins:", "jenkins:\n  disabled: keep", 1))
    sync("apply")
    assert "<disabled>false</disabled>" in to.jobs()[FIRST].xml
    edit(to, FIRST, "<disabled>false</disabled>", "<disabled>true</disabled>")
    assert "drifted" not in sync("plan", "--verify").out
    change(site)
    ran = sync("apply", "--verify")
    assert f"updated    {FIRST}" in ran.out
    assert "<disabled>true</disabled>" in to.jobs()[FIRST].xml
    assert "drifted" not in sync("plan", "--verify").out
    edit(to, FIRST, "<disabled>true</disabled>", "<disabled>false</disabled>")
    change(site, words="make more")
    sync("apply", "--verify")
    assert "<disabled>false</disabled>" in to.jobs()[FIRST].xml
