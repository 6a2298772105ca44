"""The Zuul target: what it emits for plans made by hand, judged by Zuul's own parser and by reading it back."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines.fixtures import ZuulJudge
from hypothesis import given, settings
from hypothesis import strategies as st
from support import plans
from support.zuul_sites import repository_for

from transpiler.frontend.profiles import load
from transpiler.graph import from_arcs
from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import (
    Archive,
    CredentialUse,
    Feature,
    Level,
    Parameter,
    PipelineProgram,
    Plan,
    RenderedFile,
    TriggerCall,
    Use,
    ValueFile,
)
from transpiler.targets import TARGETS
from transpiler.targets.validate import Mistranslation, validate

ZUUL = TARGETS["zuul"]

REGISTRY = CredentialUse("registry", CredentialKind.USERNAME_PASSWORD, ("REGISTRY_USER", "REGISTRY_PASSWORD"))
TOKEN = CredentialUse("token", CredentialKind.SECRET_TEXT, ("TOKEN",))
AFTER_REVIEW = (Event.MERGE, Event.TAG)
TEARDOWN = {"name": ".pipeline/zuul/teardown.yaml", "cleanup": True}
ON_MAIN = "^(main|master)$"


def site(**zuul_keys: Any) -> Profile:
    return load.decode(
        {
            "registry": {"public": "registry.example.org", "repository": "ci", "credential": "registry"},
            "credentials": {
                "registry": {"kind": "username-password", "zuul": "ores-registry"},
                "token": {"kind": "secret-text", "zuul": "site-token"},
            },
            "triggers": {"docs": {"zuul": "deploy-docs"}, "elsewhere": {"jenkins": "x"}},
            "zuul": zuul_keys,
        }
    )


def publishing(*, stages: int = 2) -> PipelineProgram:
    web = plans.stage(
        "web",
        "echo web",
        kinds=("build", "publish"),
        credentials=(REGISTRY,),
        registry=True,
        gives_image=True,
        binds=(ValueFile("web", "imageID", "web.imageID"),),
        publishes="web.published",
        setup=("timestamp",),
    )
    check = plans.stage(
        "check",
        "echo check",
        credentials=(TOKEN,),
        images=("web",),
        reads=(ValueFile("web", "imageID", "web.imageID"),),
    )
    return plans.pipeline(
        "publish", *(web, check)[:stages], edges=(("web", "check"),)[: stages - 1], events=AFTER_REVIEW
    )


def unit_tests(**changes: Any) -> PipelineProgram:
    stages = (plans.stage("build", "echo build"), plans.stage("unit", "echo unit"), plans.stage("lint", "echo lint"))
    edges = (("build", "unit"), ("build", "lint"))
    return replace(plans.pipeline("test", *stages, edges=edges), **changes)


def emit(plan: Plan, profile: Profile | None = None, lost: frozenset[Use] = frozenset()) -> tuple[RenderedFile, ...]:
    """The files, after translation validation."""
    files = ZUUL.emit(plan, profile or site(), lost)
    validate(ZUUL, plan, files, lost)
    return files


def stanzas(files: tuple[RenderedFile, ...], kind: str) -> list[dict[str, Any]]:
    return [stanza[kind] for stanza in yaml.safe_load(files[0].body) if kind in stanza]


def judged(judge: ZuulJudge, files: tuple[RenderedFile, ...], profile: Profile) -> Mapping[str, Any]:
    texts = {file.path: file.body for file in files}
    (answer,) = judge(repository_for(profile, "team/ores", texts))
    assert answer["errors"] == []
    assert answer["warnings"] == []
    return {
        name: {job: set(what["dependencies"]) for job, what in pipeline["jobs"].items()}
        for name, pipeline in answer["pipelines"].items()
    }


@pytest.mark.engine
def test_zuul_takes_one_job_for_each_pipeline(zuul_judge: ZuulJudge) -> None:
    files = emit(plans.plan(unit_tests(), publishing(), concurrency=1))
    assert judged(zuul_judge, files, site()) == {
        "check": {"team-ores-test": set()},
        "gate": {"team-ores-test": set()},
        "post": {"team-ores-test": set(), "team-ores-publish": set()},
        "tag": {"team-ores-publish": set()},
    }


@pytest.mark.engine
def test_zuul_takes_one_job_for_each_stage(zuul_judge: ZuulJudge) -> None:
    profile = site(granularity="stage")
    files = emit(plans.plan(unit_tests(), publishing()), profile)
    ours = {"team-ores-publish-web": set(), "team-ores-publish-check": {"team-ores-publish-web"}}
    assert judged(zuul_judge, files, profile) == {
        "check": {"team-ores-test": set()},
        "gate": {"team-ores-test": set()},
        "post": {"team-ores-test": set(), **ours},
        "tag": ours,
    }


@pytest.mark.engine
def test_zuul_takes_a_triggered_job_with_literal_parameters(zuul_judge: ZuulJudge) -> None:
    call = TriggerCall("docs", (Parameter("WHAT", "a {{ b }} {# c", ""), Parameter("N", "1", "")), False, False)
    stage = replace(plans.stage("deploy", kinds=("trigger",), trigger=call), lines=())
    files = emit(plans.plan(plans.pipeline("docs", stage, events=AFTER_REVIEW)))
    graphs = judged(zuul_judge, files, site())
    assert graphs["post"] == {"team-ores-docs": set(), "deploy-docs": {"team-ores-docs"}}
    (project,) = stanzas(files, "project")
    entry = project["post"]["jobs"][1]["deploy-docs"]
    assert entry["voting"] is False
    assert entry["vars"] == {"WHAT": "a {{ '{' }}{ b }} {{ '{' }}# c", "N": "1"}


@pytest.mark.parametrize(
    ("wait", "propagate", "votes"),
    [(True, True, True), (True, False, False), (False, True, False)],
    ids=["waited for", "its failure is not ours", "nobody waits for it"],
)
def test_a_triggered_job_votes_only_where_the_stage_would_fail_with_it(
    wait: bool, propagate: bool, votes: bool
) -> None:
    stage = plans.stage("deploy", trigger=TriggerCall("docs", (), propagate, wait))
    (project,) = stanzas(emit(plans.plan(plans.pipeline("docs", stage, events=AFTER_REVIEW))), "project")
    assert ("voting" not in project["post"]["jobs"][1]["deploy-docs"]) == votes


@pytest.mark.engine
def test_zuul_runs_nothing_on_merge_for_another_branch(zuul_judge: ZuulJudge) -> None:
    """Sites start `post` for every branch, and every branch brings its own configuration."""
    texts = {file.path: file.body for file in emit(plans.plan(unit_tests(), publishing()))}
    repository = repository_for(site(), "team/ores", texts)
    others = {"feature": repository["files"], "maint": repository["files"]}
    on = {
        branch: {**repository, "branch": branch, "elsewhere": {"main": repository["files"], **others}}
        for branch in ("main", "feature", "maint")
    }
    answers = dict(zip(on, zuul_judge(*on.values()), strict=True))
    assert [answer["errors"] for answer in answers.values()] == [[], [], []]
    for branch, answer in answers.items():
        merged = {"team-ores-test", "team-ores-publish"} if branch == "main" else set()
        found = {queue: set(graph["jobs"]) for queue, graph in answer["pipelines"].items()}
        assert found == {
            "check": {"team-ores-test"},
            "gate": {"team-ores-test"},
            "post": merged,
            "tag": {"team-ores-publish"},
        }


@pytest.mark.engine
def test_zuul_runs_tags_whatever_the_branch_where_a_pipeline_stands_for_both(zuul_judge: ZuulJudge) -> None:
    profile = site(pipelines={"change": ["check"], "merge": ["post"], "tag": ["post"]})
    texts = {file.path: file.body for file in emit(plans.plan(publishing()), profile)}
    repository = repository_for(profile, "team/ores", texts) | {"branch": "feature"}
    pushed, tagged = zuul_judge(repository, repository | {"refs": {"post": "refs/tags/v1"}})
    assert (pushed["pipelines"]["post"]["jobs"], list(tagged["pipelines"]["post"]["jobs"])) == (
        {},
        ["team-ores-publish"],
    )


def test_what_runs_for_tags_alone_says_no_branch_where_others_do() -> None:
    profile = site(pipelines={"change": ["check"], "merge": ["post"], "tag": ["post"]})
    tagged = plans.pipeline("tagged", plans.stage("a"), events=(Event.TAG,))
    (project,) = stanzas(emit(plans.plan(publishing(), tagged), profile), "project")
    guarded = {"team-ores-publish": {"branches": f"{ON_MAIN}|^refs/tags/"}}
    assert project["post"]["jobs"] == [guarded, "team-ores-tagged"]


def test_the_clock_starts_a_pipeline_on_the_branches_that_count() -> None:
    nightly = plans.pipeline("nightly", plans.stage("a"), events=(Event.SCHEDULE,))
    (project,) = stanzas(emit(plans.plan(nightly)), "project")
    assert project["periodic"]["jobs"] == [{"team-ores-nightly": {"branches": ON_MAIN}}]


def test_the_profile_says_which_branches_count() -> None:
    profile = replace(site(), branches=("main", "release/1.2"))
    (project,) = stanzas(emit(plans.plan(unit_tests(), publishing()), profile), "project")
    assert project["post"]["jobs"] == [
        {name: {"branches": r"^(main|release/1\.2)$"}} for name in ("team-ores-test", "team-ores-publish")
    ]
    assert project["tag"] == {"jobs": ["team-ores-publish"]}


def test_a_pipeline_that_stands_for_a_change_and_a_merge_cannot_tell_branches_and_the_header_says_so() -> None:
    files = emit(plans.plan(unit_tests()), site(pipelines={"change": ["check"], "merge": ["check"]}))
    assert stanzas(files, "project") == [{"check": {"jobs": ["team-ores-test"]}}]
    said = "test runs in Zuul's `check` whatever the branch: to the profile it stands for a change as well as a merge."
    assert said in files[0].intro


def test_a_job_that_a_merge_starts_is_started_on_these_branches_alone() -> None:
    call = TriggerCall("docs", (Parameter("WHAT", "x", ""),), False, False)
    files = emit(plans.plan(plans.pipeline("docs", plans.stage("a", trigger=call), events=(Event.MERGE,))))
    ours, docs = stanzas(files, "project")[0]["post"]["jobs"]
    assert (ours["team-ores-docs"]["branches"], docs["deploy-docs"]["branches"]) == (ON_MAIN, ON_MAIN)


def test_a_merge_on_every_branch_is_no_translation() -> None:
    plan = plans.plan(publishing())
    files = broken(emit(plan), ".zuul.d/transpipe.yaml", f': {{branches: "{ON_MAIN}"}}', "")
    with pytest.raises(Mistranslation, match="event merge is missing"):
        validate(ZUUL, plan, files, frozenset())


def test_a_change_is_gated_even_where_no_pipeline_runs_for_one() -> None:
    """Zuul merges nothing for a project without a job in its gate."""
    (project,) = stanzas(emit(plans.plan(publishing())), "project")
    assert (project["check"], project["gate"]) == ({"jobs": ["noop"]}, {"jobs": ["noop"]})
    (project,) = stanzas(emit(plans.plan(unit_tests())), "project")
    assert project["gate"] == {"jobs": ["team-ores-test"]}


@pytest.mark.engine
def test_branches_may_differ_in_concurrency(zuul_judge: ZuulJudge) -> None:
    """Zuul wants a semaphore to be the same on every branch, or takes no configuration at all."""
    one, two, three = (
        {file.path: file.body for file in emit(plans.plan(unit_tests(), publishing(), more(), concurrency=bound))}
        for bound in (1, 2, None)
    )
    repository = repository_for(site(), "team/ores", one)
    (answer,) = zuul_judge({**repository, "elsewhere": {"two": two, "three": three}})
    assert answer["errors"] == []


def more() -> PipelineProgram:
    return plans.pipeline("more", plans.stage("a"))


@pytest.mark.engine
def test_zuul_plays_the_teardown_after_an_abort_too(zuul_judge: ZuulJudge) -> None:
    files = emit(plans.plan(unit_tests(), publishing()))
    (answer,) = zuul_judge(repository_for(site(), "team/ores", {file.path: file.body for file in files}))
    assert answer["errors"] == []
    jobs = [job for graph in answer["pipelines"].values() for job in graph["jobs"].values()]
    assert {tuple(job["cleanup"]) for job in jobs} == {(".pipeline/zuul/teardown.yaml",)}


def test_an_older_zuul_gets_no_cleanup_playbook() -> None:
    (job,) = stanzas(emit(plans.plan(unit_tests()), site(cleanup=False)), "job")
    assert job["post-run"] == ".pipeline/zuul/teardown.yaml"


def test_every_wait_in_a_playbook_has_an_end() -> None:
    graph = from_arcs(("build", "unit", "lint"), (("build", "unit"), ("lint",)))
    body = emit(plans.plan(replace(unit_tests(), graph=graph)))[1].body
    waits = [line for line in body.splitlines() if "until " in line]
    assert len(waits) == 2
    for line in waits:
        assert '|| [ ! -d "$values" ] || [ $((left -= 1)) -lt 0 ]' in line


def test_relative_submodules_start_at_the_projects_own_address(tmp_path: Path) -> None:
    """Zuul's executor leaves a remote that leads nowhere."""
    (play,) = zuul_play(emit(plans.plan(unit_tests())))
    task = next(task for task in play["pre_tasks"] if task["name"].startswith("Submodules"))
    assert task["environment"] == {"remote": "https://{{ zuul.project.canonical_name }}"}
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "remote": f"file://{tmp_path}/team/app"}
    settings = '[protocol "file"]\n\tallow = always\n[user]\n\temail = a@b\n\tname = a\n'
    (tmp_path / ".gitconfig").write_text(settings)

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=tmp_path, env=env, check=True, capture_output=True)

    for name, below in (("inner", ""), ("extra", "inner"), ("app", "extra")):
        git("init", "--quiet", f"team/{name}")
        if below:
            git("-C", f"team/{name}", "remote", "add", "origin", f"file://{tmp_path}/team/{name}")
            git("-C", f"team/{name}", "submodule", "add", f"../{below}", "below")
        git("-C", f"team/{name}", "commit", "--quiet", "--allow-empty", "--message", name)
    git("clone", "--quiet", "team/app", "checkout")
    git("-C", "checkout", "remote", "set-url", "origin", "file:///dev/null")
    command = task["ansible.builtin.shell"]["cmd"]
    subprocess.run(["sh", "-c", command], cwd=tmp_path / "checkout", env=env, check=True, capture_output=True)
    assert (tmp_path / "checkout/below/below/.git").exists()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ""),
        ("https://zuul.example.org/t/main/", "https://zuul.example.org/t/main/build/{{ zuul.build }}"),
    ],
    ids=["where no address is known", "with the tenant's address"],
)
def test_the_log_is_on_the_builds_page(url: str, expected: str) -> None:
    shows = plans.pipeline("test", plans.stage("a", 'echo "$setup_logURL"', setup=("logURL",)))
    files = emit(plans.plan(shows), site(url=url))
    (playbook,) = yaml.safe_load(files[1].body.replace("!unsafe", ""))
    assert playbook["environment"]["setup_logURL"] == expected


def test_the_login_between_jobs_is_in_no_environment(tmp_path: Path) -> None:
    files = emit(plans.plan(publishing()), site(granularity="stage"))
    (play,) = yaml.safe_load(next(f.body for f in files if f.path.endswith("web.yaml")).replace("!unsafe", ""))
    (task,) = [task for task in play["pre_tasks"] if "no_log" in task]
    assert "environment" not in task
    shell = task["ansible.builtin.shell"]
    assert shell["stdin"].split("\n") == ["{{ secret_ores_registry.username }}", "{{ secret_ores_registry.password }}"]
    (tmp_path / "docker").write_text("#!/bin/sh\necho default\n")
    (tmp_path / "docker").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "values": str(tmp_path)}
    subprocess.run(["sh", "-c", shell["cmd"]], input="me\np w", env=env, text=True, check=True)
    written = json.loads((tmp_path / "login/config.json").read_text())
    assert written["auths"] == {"registry.example.org": {"auth": b64encode(b"me:p w").decode()}}


def test_a_bound_that_binds_nothing_is_not_said() -> None:
    files = emit(plans.plan(unit_tests(), publishing(), concurrency=2))
    assert "semaphore" not in files[0].body
    assert "semaphore" in emit(plans.plan(unit_tests(), publishing(), concurrency=1))[0].body


@pytest.mark.engine
def test_zuul_takes_three_hundred_stages(zuul_judge: ZuulJudge) -> None:
    names = [f"s{i}" for i in range(300)]
    edges = [(f"s{i}", f"s{i + 3}") for i in range(297)]
    pipeline = plans.pipeline("wide", *(plans.stage(name, f"echo {name}") for name in names), edges=tuple(edges))
    chain = plans.pipeline("long", *(plans.stage(n) for n in names), edges=tuple(pairwise(names)))
    judged(zuul_judge, emit(plans.plan(pipeline, chain)), site())


def test_a_pipeline_alone_is_one_job_without_a_parent_of_ours() -> None:
    (job,) = stanzas(emit(plans.plan(unit_tests())), "job")
    assert job["parent"] == "base"
    assert job["timeout"] == 3600
    assert job["post-run"] == TEARDOWN


def test_names_that_would_clash_are_kept_apart() -> None:
    stage = plans.stage("a")
    files = emit(plans.plan(plans.pipeline("pipeline", stage), plans.pipeline("teardown", stage)))
    assert [job["name"] for job in stanzas(files, "job")] == [
        "team-ores-pipeline-2",
        "team-ores-pipeline",
        "team-ores-teardown",
    ]
    assert len({file.path for file in files}) == 4


def test_pipelines_with_different_teardowns_have_each_their_own() -> None:
    other = replace(unit_tests(), name="other", slug="other", teardown=("helm uninstall x",))
    jobs = {job["name"]: job.get("post-run") for job in stanzas(emit(plans.plan(unit_tests(), other)), "job")}
    assert jobs == {
        "team-ores-pipeline": None,
        "team-ores-test": TEARDOWN,
        "team-ores-other": {"name": ".pipeline/zuul/teardown-other.yaml", "cleanup": True},
    }


def test_a_job_with_secrets_says_which_and_runs_after_review_only() -> None:
    files = emit(plans.plan(publishing()))
    (job,) = stanzas(files, "job")
    assert job["post-review"] is True
    assert [secret["secret"] for secret in job["secrets"]] == ["ores-registry", "site-token"]
    assert stanzas(files, "secret") == []
    assert "#   ores-registry   username, password" in files[0].body


def test_a_pipeline_with_secrets_is_left_out_of_the_change_pipelines_and_the_header_says_so() -> None:
    pipeline = replace(publishing(), events=(Event.CHANGE, Event.MERGE))
    lost = Use(Feature.SECRETS_FOR_CHANGE, "publish")
    plan = plans.plan(pipeline, uses=(lost,))
    files = emit(plan, lost=frozenset({lost}))
    (project,) = stanzas(files, "project")
    assert {queue for queue in project if project[queue]["jobs"] != ["noop"]} == {"post"}
    assert any("publish does not run in Zuul's `check` and `gate`" in line for line in files[0].intro)


def test_a_gate_after_review_keeps_a_pipeline_with_secrets() -> None:
    pipeline = replace(publishing(), events=(Event.CHANGE,))
    lost = Use(Feature.CREDENTIALS_FOR_CHANGE, "publish")
    profile = site(**{"post-review": ["gate", "post", "tag"]})
    files = emit(plans.plan(pipeline, uses=(lost,)), profile, frozenset({lost}))
    assert stanzas(files, "project") == [{"gate": {"jobs": ["team-ores-publish"]}, "check": {"jobs": ["noop"]}}]


def test_what_is_lost_stands_in_the_header_with_the_reason() -> None:
    use = Use(Feature.TRIGGER, "test", "lint", "elsewhere")
    call = TriggerCall("elsewhere", (), False, False)
    pipeline = unit_tests()
    stages = (*pipeline.stages[:2], replace(pipeline.stages[2], trigger=call))
    plan = plans.plan(replace(pipeline, stages=stages), uses=(use,))
    files = emit(plan, lost=frozenset({use}))
    reason = "test/lint: without trigger elsewhere. The profile names no Zuul job for the trigger elsewhere."
    assert files[0].intro[-1] == reason
    assert "deploy" not in files[0].body


def test_the_header_draws_each_pipeline() -> None:
    assert emit(plans.plan(unit_tests(), publishing()))[0].intro == (
        "test      build -> (unit | lint)   on change and merge",
        "publish   web -> check             on merge and tag",
    )


def test_what_is_not_used_leaves_no_trace() -> None:
    pipeline = replace(
        plans.pipeline("test", plans.stage("a")), fetch=replace(plans.pipeline("x").fetch, submodules=False)
    )
    text = "".join(file.body for file in emit(plans.plan(pipeline)))
    for word in (
        "secret",
        "background",
        "on_exit",
        "turn",
        "zuul_return",
        "fetch",
        "set_fact",
        "git",
        "registry",
        "semaphore",
        "mail",
        "post-review",
        "setup_",
        "program",
        "abstract",
        " null",
    ):
        assert word not in text


def with_check(**changes: Any) -> PipelineProgram:
    web, check = publishing().stages
    return replace(publishing(), stages=(web, replace(check, **changes)))


@pytest.mark.parametrize(
    ("pipeline", "concurrency", "reason"),
    [
        (replace(publishing(), events=(Event.CHANGE,)), None, "it runs nowhere"),
        (publishing(stages=1), None, "it has one stage"),
        (with_check(copies=("out",)), None, "its stages share files"),
        (with_check(containers=("web",)), None, "its stages share containers"),
        (publishing(), 1, "a semaphore would count its stages"),
        (
            replace(publishing(), graph=from_arcs(("web", "check"), (("web",), ("check",)))),
            None,
            "no one job is first and tells the others the time",
        ),
    ],
    ids=[
        "before review",
        "of one stage",
        "whose stages share files",
        "whose stages share containers",
        "of a workflow with bounded concurrency",
        "that starts side by side and reads the time",
    ],
)
def test_a_pipeline_stays_one_job_and_says_why(pipeline: PipelineProgram, concurrency: int | None, reason: str) -> None:
    lost = frozenset({Use(Feature.SECRETS_FOR_CHANGE, "publish")})
    files = emit(plans.plan(pipeline, unit_tests(), concurrency=concurrency), site(granularity="stage"), lost)
    assert f"# One job, not one for each stage: {reason}." in files[0].body


def test_every_feature_has_a_sentence() -> None:
    assert set(ZUUL.supports) == set(Feature)
    for support in ZUUL.supports.values():
        assert support.why.endswith(".")
        assert support.why.count(". ") == 0


@pytest.mark.parametrize(
    ("use", "level"),
    [
        (Use(Feature.TRIGGER, "test", "lint", "docs"), Level.APPROXIMATE),
        (Use(Feature.TRIGGER, "test", "lint", "elsewhere"), Level.UNSUPPORTED),
        (Use(Feature.TRIGGER, "test", "build", "docs"), Level.UNSUPPORTED),
        (Use(Feature.NOTIFY, "test", "build"), Level.UNSUPPORTED),
        (Use(Feature.SECRETS_FOR_CHANGE, "test"), Level.UNSUPPORTED),
        (Use(Feature.COPIED_FILES, "test"), Level.EXACT),
    ],
    ids=[
        "a mapped trigger",
        "an unmapped trigger",
        "a trigger that later stages wait for",
        "a mail without a command",
        "publishing for a change",
        "copied files",
    ],
)
def test_support_depends_on_the_site(use: Use, level: Level) -> None:
    pipeline = unit_tests()
    waiting = replace(pipeline.stages[0], trigger=TriggerCall("docs", (), True, True))
    plan = plans.plan(replace(pipeline, stages=(waiting, *pipeline.stages[1:])))
    assert ZUUL.support(use, plan, site()).level is level


def test_one_job_cannot_be_started_twice() -> None:
    call = TriggerCall("docs", (), False, False)
    twice = tuple(replace(stage, trigger=call) for stage in unit_tests().stages[1:])
    plan = plans.plan(unit_tests(stages=(unit_tests().stages[0], *twice)))
    assert ZUUL.support(Use(Feature.TRIGGER, "test", "lint", "docs"), plan, site()).level is Level.UNSUPPORTED


NAMES = [f"s{i}" for i in range(7)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda e: e[0] < e[1]), max_size=12))
def test_every_graph_is_read_back_as_it_was(arcs: list[tuple[int, int]]) -> None:
    graph = from_arcs(NAMES, [*((NAMES[a], NAMES[b]) for a, b in arcs), *((name,) for name in NAMES)])
    pipeline = plans.pipeline("test", *(plans.stage(name, f"echo {name}") for name in NAMES), edges=graph.edges)
    emit(plans.plan(pipeline))


TEXTS = st.text(
    st.one_of(st.sampled_from("{}%#'\"\\$`!&*:-| \n\t"), st.characters(codec="utf-8", categories=("L", "N", "P", "S"))),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(name=TEXTS.filter(lambda text: text.strip() and text != "b"), line=TEXTS)
def test_every_text_is_read_back_as_it_was(name: str, line: str) -> None:
    stage = replace(plans.stage("a", f"echo '{line}'"), name=name.replace("\n", " "))
    emit(plans.plan(plans.pipeline("test", stage, plans.stage("b"))))


def broken(files: tuple[RenderedFile, ...], path: str, old: str, new: str) -> tuple[RenderedFile, ...]:
    assert any(old in file.body for file in files if file.path == path)
    return tuple(replace(f, body=f.body.replace(old, new)) if f.path == path else f for f in files)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("echo lint", "echo lost"),
        ("after: c", "after: d"),
        ("- name: e", "- name: f"),
        (" < /dev/null &\n", "\n"),
    ],
    ids=["another program", "another order", "another stage", "one after another"],
)
def test_a_wrong_playbook_is_noticed(old: str, new: str) -> None:
    stages = (plans.stage("c"), plans.stage("d", "echo lint"), plans.stage("e"))
    plan = plans.plan(plans.pipeline("test", *stages, edges=(("c", "e"),)))
    files = broken(emit(plan), ".pipeline/zuul/test.yaml", old, new)
    with pytest.raises(Mistranslation):
        validate(ZUUL, plan, files, frozenset())


def test_a_wrong_configuration_is_noticed() -> None:
    plan, profile = plans.plan(publishing(), unit_tests()), site(granularity="stage")
    files = emit(plan, profile)
    for old, new in (("dependencies: [team-ores-publish-web]", "voting: true"), ("tag: # tag", "tag: # merge")):
        with pytest.raises(Mistranslation):
            validate(ZUUL, plan, broken(files, ".zuul.d/transpipe.yaml", old, new), frozenset())


def test_an_archive_in_the_background_is_kept_only_if_its_stage_succeeded() -> None:
    pipeline = unit_tests()
    unit = replace(pipeline.stages[1], archives=(Archive("reports/junit.xml", directory=False),))
    (play,) = zuul_play(emit(plans.plan(replace(pipeline, stages=(pipeline.stages[0], unit, pipeline.stages[2])))))
    keep = next(task for task in play["tasks"] if "ansible.builtin.fetch" in task)
    assert keep["when"] == "transpipe_ended.results[0].rc == 0"
    assert play["tasks"][-1]["name"] == "All of them succeeded"


def zuul_play(files: tuple[RenderedFile, ...]) -> list[dict[str, Any]]:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda _, node: node.value)
    play: list[dict[str, Any]] = yaml.load(files[1].body, Loader)
    return play
