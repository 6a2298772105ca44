"""What the outputs say of stages that a person approves, beyond what is read back."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler.driver import Outcome, Request, compile_config
from transpiler.graph import Graph
from transpiler.ir import Approval
from transpiler.program import Deployment, PipelineProgram, Plan, StageProgram, ValueFile
from transpiler.targets import TARGETS, validate
from unit.targets.test_gitlab import SITE

ASKED = Approval("", (), None)
REPORTED = replace(SITE, report=replace(SITE.report, gerrit="https://gerrit.example", gerrit_credential="gerrit"))
VALUE = ValueFile("a", "x", "a.x")


def row(name: str, *stages: StageProgram) -> PipelineProgram:
    names = [one.name for one in stages]
    return pipeline(name, *stages, edges=tuple(pairwise(names)))


def written(made: Plan, target: str, profile: Any = SITE) -> str:
    (file,) = TARGETS[target].emit(made, profile, frozenset())
    validate.validate(TARGETS[target], made, (file,), frozenset())
    return file.body


def gated(**changes: Any) -> Plan:
    return plan(row("p", stage("a", binds=(VALUE,)), stage("b", approval=ASKED, reads=(VALUE,), **changes), stage("c")))


def test_parts_of_pipelines_with_alike_names_have_names_of_their_own() -> None:
    def one(name: str, *names: str) -> PipelineProgram:
        first, last = names
        return row(name, stage(first, binds=(ValueFile(first, "x", f"{first}.x"),)), stage(last, approval=ASKED))

    plans = plan(one("a", "z", "b-c"), one("a-b", "z", "c"), row("a-b-c", stage("d")))
    body = written(plans, "jenkins")
    assert re.findall(r"onPart\('([^']*)'\)", body) == ["a.z", "a.b-c", "a-b.z", "a-b.c"]
    assert "    onNode('a-b-c')" in body
    body = written(plans, "jenkins", REPORTED)
    assert re.findall(r"onPart\('([^']*)', '([^']*)'\)", body) == [
        ("a.z", "a"),
        ("a.b-c", "a"),
        ("a-b.z", "a-b"),
        ("a-b.c", "a-b"),
    ]


def test_what_is_behind_an_approval_is_the_commit_before_it() -> None:
    pinned = "branches: env.firstCommit && !env.BRANCH_NAME ? [[name: env.firstCommit]] : scm.branches"
    assert pinned in written(gated(), "jenkins")
    assert "firstCommit" not in written(plan(row("p", stage("a"))), "jenkins")


def test_what_is_behind_an_approval_is_fetched_from_any_depth() -> None:
    depth = "depth: env.waited ? 2147483647 : 20"
    assert written(gated(), "jenkins").count(depth) == 2
    assert "waited" not in written(plan(row("p", stage("a"))), "jenkins")


def test_each_question_has_an_id_of_its_own() -> None:
    asked = Approval("Go?", (), None)
    body = written(plan(*(row(name, stage("a"), stage("b", approval=asked)) for name in "pq")), "jenkins")
    assert re.findall(r"    approval\('(\w+)', 'b', 'Go\?'", body) == ["p_part_b", "q_part_b"]
    assert "input id: part, message: question" in body


SHARED = """\
pipelines:
  release:
    execution: [[qa, ops]]
    stages:
      - {name: qa, approve: {by: [qa]}, run: {image: x}}
      - {name: ops, approve: {by: [ops, anna], timeout: 2d}, run: {image: x}}
"""


def compiled(root: Path, config: str, site: str = "", targets: str = "[jenkins, gitlab, github]") -> Outcome:
    (root / ".pipeline").mkdir()
    (root / ".pipeline/config.yaml").write_text(config)
    profile = root / ".pipeline/profile.yaml"
    profile.write_text(f"extends: default\ntargets: {targets}\n{site}")
    return compile_config(Request(root, ".pipeline/config.yaml", str(profile)))


@pytest.mark.parametrize(
    ("by", "site"),
    [
        ("[qa]", ""),
        ("[anna, ops]", ""),
        ("", ""),
        ("[qa]", "gitlab: {approvers: {qa: tests}}\ngithub: {approvers: {ops: live}}\n"),
    ],
)
def test_those_who_differ_have_environments_of_their_own(tmp_path: Path, by: str, site: str) -> None:
    """A stage asks who has an environment of their own, or the same people in another order, or anybody."""
    by = f"{{by: {by}}}" if by else "true"
    made = compiled(tmp_path, SHARED.replace("{by: [qa]}", by), site)
    shared = [one.message for one in made.diagnostics if one.code == "approval-shared"]
    if by != "{by: [qa]}" or site:
        assert not shared
        return
    assert len(shared) == 2
    assert not made.files
    assert "the stage `ops` of pipeline `release` (ops, anna)" in shared[0]
    assert "the stage `qa` of pipeline `release` (qa)" in shared[0]


def test_the_first_of_those_who_answer_that_the_site_names_decides_the_environment(tmp_path: Path) -> None:
    site = "{approvers: {qa: tests, anna: annas, ops: live}}"
    made = compiled(tmp_path, SHARED, f"gitlab: {site}\ngithub: {site}\n")
    found = {output.target: output for output in made.outputs}
    jobs = yaml.safe_load(found["gitlab"].body)
    assert [jobs[f"release-{name}"]["environment"]["name"] for name in ("qa", "ops")] == ["tests", "live"]
    jobs = yaml.safe_load(found["github"].body)["jobs"]
    assert [job["environment"] for job in jobs.values()] == ["tests", "live"]
    for target, limit in (("gitlab", "no limit is kept"), ("github", "an answer may take 30 days")):
        (line,) = [line for line in found[target].intro if "approval of release/ops" in line]
        assert line.startswith("  approval of release/ops by ops, anna within 2d: ")
        assert line.endswith(f"; {limit}")
        assert [line for line in found[target].intro if "approval of release/qa by qa: " in line and "tests" in line]


def test_a_job_that_only_triggers_has_no_environment_that_could_be_shared(tmp_path: Path) -> None:
    config = SHARED.replace("run: {image: x}}\n      - {name: ops", "trigger: {name: tell}}\n      - {name: ops")
    made = compiled(tmp_path, config, "triggers: {tell: {gitlab: a/b, jenkins: c}}\n", "[gitlab]")
    (output,) = made.outputs
    assert "  approval of release/qa by qa: whoever may start its job, which has no environment" in output.intro


def test_a_pipeline_reports_its_success_once_after_all_its_parts() -> None:
    two = pipeline("p", stage("a", publishes="a.published"), stage("b", approval=ASKED), stage("c", approval=ASKED))
    made = plan(replace(two, graph=Graph(("a", "b", "c"), (("a", "b"), ("a", "c")))), row("q", stage("z")))
    body = written(made, "jenkins", REPORTED)
    assert re.findall(r"    (?:    )?report.*'SUCCESS'.*", body) == [
        "    reportOnNode('p', 'SUCCESS', ['p.a'])",
        "        report(pipeline, 'SUCCESS')",
    ]
    assert body.index("    reportOnNode('p'") > body.index("c: { p_part_c() }")
    assert "handOn('p.a', ['a.published'], [])" in body
    assert "approval('p_part_b', 'p', 'b', 'Start b?', '', 0)" in body
    assert "handOn('p" not in written(made, "jenkins")


def test_what_crosses_an_approval_outlasts_the_waiting() -> None:
    jobs = yaml.safe_load(written(gated(), "gitlab"))
    assert jobs["p-a"]["artifacts"]["expire_in"] == "31 days"
    (flow,) = (yaml.safe_load(written(gated(), "github")),)
    days = [s["with"]["retention-days"] for s in flow["jobs"]["a"]["steps"] if "retention-days" in s.get("with", {})]
    assert days == [31]


def test_the_protection_of_an_environment_says_who_starts_a_job() -> None:
    jobs = yaml.safe_load(written(gated(), "gitlab", with_settings(SITE, "gitlab", approval="gate")))
    assert jobs["p-b"]["environment"] == {"name": "gate", "action": "verify"}
    assert [name for name, job in jobs.items() if "environment" in job] == ["p-b"]
    there = Deployment("c/n/web", "production", "")
    jobs = yaml.safe_load(written(gated(deployment=there), "gitlab"))
    assert jobs["p-b"]["environment"] == "production"
