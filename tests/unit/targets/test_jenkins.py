"""What the Jenkins target writes, reads back and refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from engines.fixtures import JenkinsJudge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.plans import pipeline, plan, stage

from transpiler.frontend.profiles.load import decode
from transpiler.graph import Graph
from transpiler.ir import CredentialKind, Event, Fetch
from transpiler.program import (
    Archive,
    CredentialUse,
    Feature,
    Level,
    MailProgram,
    Plan,
    RenderedFile,
    TriggerCall,
    Use,
)
from transpiler.quoting import sh
from transpiler.targets import TARGETS
from transpiler.targets.jenkins.names import Names
from transpiler.targets.jenkins.read import Unreadable
from transpiler.targets.validate import Mistranslation, validate

JENKINS = TARGETS["jenkins"]

ALL = tuple(Event)
AFTER = (Event.MERGE, Event.TAG)
EDGES = (("a", "c"), ("a", "d"), ("b", "d"))


def emit(made: Plan, lost: frozenset[Use] = frozenset(), **profile: Any) -> tuple[RenderedFile, ...]:
    """The files, after they were read back."""
    files = JENKINS.emit(made, decode(profile), lost)
    validate(JENKINS, made, files, lost)
    return files


def text(made: Plan, **profile: Any) -> str:
    """The text of the one file."""
    (file,) = emit(made, **profile)
    return file.body


BUSY = stage(
    "Run: it's $x",
    "echo",
    setup=("branch", "params.A-B", "tag"),
    environment=("ZUUL_REF",),
    registry=True,
    credentials=(
        CredentialUse("a", CredentialKind.SECRET_TEXT, ("A",)),
        CredentialUse("b", CredentialKind.FILE, ("B",)),
    ),
    artifacts=True,
    archives=(Archive("x", directory=None),),
    publishes="r.published",
    mail=MailProgram(("set -eu",), ("echo",), (), ("logURL",), (), None),
    trigger=TriggerCall("docs", (), False, True),
)
SITES: dict[str, dict[str, Any]] = {
    "a plain site": {},
    "Zuul v2": {"jenkins": {"checkout": "zuul", "labels": {"run": "runner"}}},
    "a job for each pipeline": {"jenkins": {"jobs": "job-per-pipeline"}},
    "no label": {"jenkins": {"label": ""}},
}
DOCS: dict[str, Any] = {
    "triggers": {"docs": {"jenkins": "d"}},
    "report": {"gerrit": {"url": "https://r.example", "credential": "a"}},
    "notify": {"command": "", "from": "ci@example.org"},
    "registry": {"public": "r.example"},
}


def everything() -> Plan:
    """A plan that uses all that there is, in pipelines that differ in all that can differ."""
    one = pipeline("one", replace(BUSY, slug="run-it-s-x"), *(stage(n, "echo") for n in "abcd"), edges=EDGES)
    two = replace(
        pipeline("2-two", stage("build", kinds=("build",)), stage("failFast"), stage("in"), events=(Event.TAG,)),
        fetch=Fetch(shallow=False, submodules=False, tags=True),
        teardown=("echo mine",),
    )
    more = (pipeline("empty", events=ALL), pipeline("run", stage("x"), events=ALL))
    return plan(one, two, *more, concurrency=2, project=None)


@pytest.mark.engine
def test_jenkins_would_compile_and_allow_all_that_is_written(jenkins_judge: JenkinsJudge) -> None:
    verdicts = jenkins_judge({name: text(everything(), **{**DOCS, **site}) for name, site in SITES.items()})
    assert {name: verdict["errors"] for name, verdict in verdicts.items() if verdict["errors"]} == {}


@pytest.mark.engine
def test_groovy_decodes_the_very_program(jenkins_judge: JenkinsJudge) -> None:
    quoted = "echo 'a\n            indented\n  b' \\"
    lines = (quoted, "", "  tail -n 1 # it's '''here''' \\u0041", f"echo {sh(chr(7))}")
    made = stage("a", *lines)
    (verdict,) = jenkins_judge({"x": text(plan(pipeline("test", made)))}).values()
    program = next(s["script"] for s in verdict["scripts"] if s["method"] == "test_a")
    wanted = "\n".join(f"{'':12}{line}" if line else "" for line in made.lines)
    assert program == f"#!/bin/sh\n{wanted}\n        "


@st.composite
def workflows(draw: st.DrawFn) -> Plan:
    """Any graph, any program lines, any events."""
    pipelines = []
    for number in range(draw(st.integers(1, 3))):
        count = draw(st.integers(0, 7))
        names = draw(st.lists(st.sampled_from("abcdefghij"), unique=True, min_size=count, max_size=count))
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
        words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
        stages = [stage(n, *(f"echo {sh(word)}" for word in draw(st.lists(words, max_size=3)))) for n in names]
        events = draw(st.lists(st.sampled_from(ALL), unique=True, min_size=1))
        pipelines.append(
            replace(pipeline(f"p{number}", *stages, events=tuple(events)), graph=Graph(tuple(names), tuple(edges)))
        )
    return plan(*pipelines, concurrency=draw(st.sampled_from([None, 1, 2])))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(workflows(), st.sampled_from(sorted(SITES)))
def test_every_workflow_is_read_back_as_it_was(made: Plan, site: str) -> None:
    assert emit(made, **SITES[site]) == JENKINS.emit(made, decode(SITES[site]), frozenset())


CHANGES = {
    "a stage's call left out": ("        test_b()\n", ""),
    "another order": ("test_a()\n        test_b()", "test_b()\n        test_a()"),
    "another program": ("echo one", "echo two"),
    "a line more": ("            echo one\n", "            echo one\n            echo one\n"),
    "another event": ("['merge', 'tag']", "['merge']"),
    "no condition": ("if (happened in ['merge', 'tag'])", "if (true)"),
    "side by side": ("        test_a()\n        test_b()\n", "        parallel(a: { test_a() }, b: { test_b() })\n"),
    "a stage twice": ("        test_a()\n", "        test_a()\n        test_a()\n"),
    "another slug": ("onNode('test')", "onNode('text')"),
    "two programs": ("stage('b') {", "stage('b') {\n        sh '''#!/bin/sh\n            x\n        '''"),
    "a call of something else": ("        test_b()\n", "        test_z()\n"),
    "an unclosed bracket": ("def test_a() {", "def test_a() {{"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_changed_output_is_not_read_as_the_plan(old: str, new: str) -> None:
    made = plan(pipeline("test", stage("a", "echo one"), stage("b"), edges=(("a", "b"),), events=AFTER))
    (file,) = emit(made)
    assert old in file.body
    with pytest.raises((Mistranslation, Unreadable, KeyError, StopIteration)):
        validate(JENKINS, made, (replace(file, body=file.body.replace(old, new, 1)),), frozenset())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("test", "test"),
        ("front-end", "front_end"),
        ("3d", "_3d"),
        ("run", "run_"),
        ("build", "build_"),
        ("default", "default_"),
        ("main", "main_"),
        ("report", "report_"),
    ],
)
def test_a_method_is_called_after_its_pipeline_and_never_what_groovy_or_jenkins_has(name: str, wanted: str) -> None:
    assert Names().method(name) == wanted


def test_no_two_methods_have_one_name() -> None:
    names = Names()
    asked = (("a", "b-c"), ("a", "b.c"), ("a-b", "c"), ("a_b_c",), ("a", "b_c", "2"))
    given = [names.method(*words) for words in asked]
    assert len({name.lower() for name in given}) == len(given)


WHOLE = text(everything(), **DOCS)


@pytest.mark.parametrize(
    "trace",
    [
        "runGraph",
        "inLanes",
        "mailOnFailure",
        "valueOf",
        "asIs",
        "report",
        "withCredentials",
        "archiveArtifacts",
        "setup_",
        "registry",
        "parallel",
        "params",
        "def source",
        "Closure message",
    ],
)
def test_what_is_not_used_leaves_no_trace(trace: str) -> None:
    assert trace in WHOLE
    assert trace not in text(plan(pipeline("test", stage("a", "echo"), events=ALL)))


def test_every_method_is_called() -> None:
    for body in (WHOLE, text(everything(), **DOCS, **SITES["Zuul v2"])):
        for method in re.findall(r"^def (\w+)\(", body, re.MULTILINE):
            assert len(re.findall(rf"\b{method}\b", body)) > 1, method


def test_nothing_ends_in_spaces_and_the_file_ends_in_one_newline() -> None:
    for body in (WHOLE, text(plan(pipeline("test", stage("a"), events=ALL))), text(plan())):
        assert body.endswith("\n")
        assert not body.endswith("\n\n")
        assert not re.search(r"[ \t]$", body, re.MULTILINE)
        assert "\n\n\n\n" not in body


def test_each_pipeline_can_have_a_file_of_its_own() -> None:
    made = plan(pipeline("test", stage("a")), pipeline("publish", stage("b"), events=ALL))
    files = emit(made, jenkins={"layout": "file-per-pipeline"}, targets={"jenkins": "ci/Jenkinsfile"})
    assert [file.path for file in files] == ["ci/Jenkinsfile.test", "ci/Jenkinsfile.publish"]
    assert "publish" not in files[0].body
    assert [file.intro for file in files] == [
        ("test   a   on change and merge",),
        ("publish   b   on change, merge, tag and schedule",),
    ]


@pytest.mark.parametrize(
    ("fetch", "clone", "submodules"),
    [
        (Fetch(), "shallow: true, depth: 20, noTags: true", True),
        (Fetch(depth=3, submodules=False), "shallow: true, depth: 3, noTags: true", False),
        (Fetch(shallow=False, tags=True), "shallow: false, noTags: false", True),
    ],
    ids=["as usual", "three commits and no submodules", "everything"],
)
def test_the_checkout_asks_for_what_fetch_says(fetch: Fetch, clone: str, submodules: bool) -> None:
    body = text(plan(replace(pipeline("test", stage("a")), fetch=fetch)))
    assert f"[$class: 'CloneOption', {clone}]" in body
    assert ("SubmoduleOption" in body) == submodules
    assert ("+refs/tags/*" in body) == fetch.tags


def test_a_node_has_the_labels_that_its_steps_need_each_once() -> None:
    labels = {"run": "b", "build": "b", "publish": "a"}
    made = plan(
        pipeline("x", stage("a", kinds=("build", "run")), stage("c", kinds=("publish",))), pipeline("y", stage("b"))
    )
    body = text(made, jenkins={"label": "a", "labels": labels})
    assert re.findall(r"onNode\('\w', '(.*?)'", body) == ["a && b", "a && b"] or "node('a && b')" in body


def test_a_file_that_ant_passes_over_by_default_is_archived_all_the_same() -> None:
    archives = (Archive("a/.gitignore", directory=False), Archive("b.txt", directory=False))
    body = text(plan(pipeline("test", stage("a", archives=archives))))
    assert "artifacts: 'a/.gitignore', defaultExcludes: false\n" in body
    assert "artifacts: 'b.txt'\n" in body


def test_a_lost_trigger_is_left_out_and_the_header_says_so() -> None:
    made = plan(pipeline("test", stage("a", trigger=TriggerCall("docs", (), True, False))))
    use = Use(Feature.TRIGGER, "test", "a", "docs")
    site = {"triggers": {"docs": {"gitlab": "x"}}}
    assert JENKINS.support(use, made, decode(site)).level is Level.UNSUPPORTED
    (file,) = emit(replace(made, uses=(use,)), frozenset({use}), **site)
    assert "build job" not in file.body
    assert file.intro[-1] == "without trigger docs of test/a: The profile names no Jenkins job for the trigger docs."


def test_pipelines_in_jobs_of_their_own_cannot_be_bounded() -> None:
    made = plan(pipeline("a", stage("x")), pipeline("b", stage("y")), concurrency=1)
    use = Use(Feature.CONCURRENCY)
    assert JENKINS.support(use, made, decode({})).level is Level.EMULATED
    for apart in ({"jobs": "job-per-pipeline"}, {"layout": "file-per-pipeline"}):
        assert JENKINS.support(use, made, decode({"jenkins": apart})).level is Level.UNSUPPORTED


def test_every_feature_has_a_cell_of_one_sentence() -> None:
    assert set(JENKINS.supports) == set(Feature)
    for cell in JENKINS.supports.values():
        assert re.fullmatch(r"[A-Z`].*[a-z)`]\.", cell.why)
        assert ". " not in cell.why
