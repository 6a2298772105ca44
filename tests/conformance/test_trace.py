"""The judge of all engines: a trace that differs in anything is told from one that is as expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from transpiler.graph import Graph
from transpiler.ir import Event, Fetch
from transpiler.program import PipelineProgram, Plan

from . import trace
from .case import Case, Mail, expected
from .trace import RAN, SKIPPED, SUCCESS, Trace

PLAN = Plan(
    ".pipeline/config.yaml",
    "team/app",
    (PipelineProgram("main", "main", (Event.MERGE,), Fetch(), Graph(("a", "b"), (("a", "b"),)), (), ()),),
    None,
    (),
)
SAID: Mapping[str, Any] = {
    "arguments": {"main/a": ["x", ""]},
    "environment": {"main/a": {"A": "1", "FILE": "<path>"}},
    "archived": {"r.xml": "<r/>", "d.tar.gz": "<any>"},
    "tags": {"app": ["two", "one"]},
    "absent": [],
    "mails": [{"to": "me@example.org", "subject": "failed", "body": "<any>"}],
    "triggers": [{"name": "docs", "parameters": {}}],
    "values": {"main/a.v": ["x", "y"]},
    "reports": ["app:one"],
    "trees": {"main/b": {"r.xml": "<r/>"}},
    "promoted": {"promote-app-1": {"message": "m"}},
}
GOOD = Trace(
    SUCCESS,
    {"main/a": RAN, "main/b": RAN},
    arguments={"main/a": ("x", ""), "main/b": ()},
    environment={"main/a": {"A": "1", "FILE": "/tmp/f"}},
    order=frozenset({("main/a", "main/b")}),
    archived={"r.xml": "<r/>", "d.tar.gz": "\x1f"},
    tags={"app": ("one", "two")},
    mails=(Mail("me@example.org", "failed", "it did"),),
    triggers=({"name": "docs", "parameters": {}},),
    values={"main/a.v": "y"},
    reports=("team/app:one is there",),
    trees={"main/b": {"r.xml": "<r/>"}},
    promoted={"promote-app-1": {"message": "m"}},
)


def compared(done: Trace, event: Event = Event.MERGE, **more: Any) -> tuple[str, ...]:
    return trace.compare(Case("it", b"", {}, Path(), event, "", expected({**SAID, **more})), PLAN, done)


def test_a_trace_that_is_as_expected_has_no_differences() -> None:
    assert compared(GOOD) == ()


def test_a_pipeline_of_another_event_must_not_run() -> None:
    assert compared(GOOD, Event.TAG)
    assert compared(replace(GOOD, stages={"main/a": SKIPPED, "main/b": SKIPPED}), Event.TAG) == ()


def test_where_an_engine_has_no_values_and_tells_nobody_they_are_not_missed() -> None:
    assert compared(replace(GOOD, values=None, reports=None)) == ()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"status": "failure"}, id="the run failed"),
        pytest.param({"stages": {"main/a": RAN, "main/b": SKIPPED}}, id="a stage did not run"),
        pytest.param({"stages": {"main/a": RAN}}, id="a stage is not heard of"),
        pytest.param({"arguments": {"main/a": ("x",), "main/b": ()}}, id="an empty argument is lost"),
        pytest.param({"environment": {"main/a": {"A": "1", "B": "", "FILE": "/f"}}}, id="a variable too many"),
        pytest.param({"environment": {"main/a": {"A": "1", "FILE": "f"}}}, id="a file's path is none"),
        pytest.param({"order": frozenset()}, id="an edge of the graph was not waited for"),
        pytest.param({"archived": {"r.xml": "<r/>"}}, id="an artifact is missing"),
        pytest.param({"archived": {**GOOD.archived, "r.xml": "<s/>"}}, id="an artifact is another"),
        pytest.param({"tags": {"app": ("one",)}}, id="a tag is missing"),
        pytest.param({"tags": {**GOOD.tags, "between-jobs": ("x",)}}, id="a temporary tag stays"),
        pytest.param({"mails": ()}, id="nobody was mailed"),
        pytest.param({"mails": (Mail("you@example.org", "failed", ""),)}, id="somebody else was mailed"),
        pytest.param({"triggers": ()}, id="no job was started"),
        pytest.param({"values": {"main/a.v": "z"}}, id="a value is none of its alternatives"),
        pytest.param({"values": {}}, id="a value is not bound"),
        pytest.param({"reports": ("nothing",)}, id="a review was not told"),
        pytest.param({"trees": {"main/b": {"r.xml": "<r/>", "more": ""}}}, id="a file too many in a build's context"),
        pytest.param({"promoted": {}}, id="nothing was promoted"),
        pytest.param({"releases": ({"chart": "app"},)}, id="a release that nobody asked for"),
        pytest.param({"labels": {"main/a": "other"}}, id="an image is labelled as another pipeline's"),
        pytest.param({"left": ("container x",)}, id="a container is left"),
    ],
)
def test_every_difference_is_told(changed: dict[str, Any]) -> None:
    assert compared(replace(GOOD, **changed))


def test_a_container_where_none_should_be_is_told() -> None:
    assert compared(GOOD, absent=["main/b"])


def test_a_runs_own_words_are_replaced_the_longest_first() -> None:
    text = "127.0.0.1:5/run1/app:2026-01-02-030405-x by ci-0123456789 of 127.0.0.1:5"
    words = {"127.0.0.1:5": "<host>", "127.0.0.1:5/run1": "<registry>"}
    assert trace.normalised(text, words) == "<registry>/app:<timestamp>-x by <release> of <host>"
