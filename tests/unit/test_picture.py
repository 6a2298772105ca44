"""Pictures of the stage graph, whatever the stages are called."""

from __future__ import annotations

import subprocess
from shutil import which

import pytest
from support.ir_by_hand import stage

from transpiler.drawing.svg import svg
from transpiler.expressions import Map, literal
from transpiler.graph import Graph, from_arcs
from transpiler.ir import Approval, Deploy, Event, Fetch, Pipeline, Release, Workflow
from transpiler.picture import FORMS, picture

NASTY = ('a"]; b', "x\\N", "end", "--> y", "<b>&amp;", "日本", "two\nlines", "#35;")


def workflow(*graphs: tuple[str, Graph]) -> Workflow:
    pipelines = (Pipeline(name, (Event.CHANGE, Event.MERGE), Fetch(), (), graph) for name, graph in graphs)
    return Workflow("c.yaml", None, tuple(pipelines))


FORK = from_arcs(("build", "unit", "lint"), [("build", "unit"), ("build", "lint")])


def test_text_is_one_aligned_line_for_each_pipeline() -> None:
    assert picture(workflow(("test", FORK), ("publish", from_arcs(("a",), [("a",)]))), "text") == (
        "test      build -> (unit | lint)   change, merge\npublish   a                        change, merge\n"
    )


def test_mermaid() -> None:
    assert picture(workflow(("test", FORK)), "mermaid") == (
        "flowchart LR\n"
        '  subgraph p0["test"]\n'
        '    p0s0["build"]\n'
        '    p0s1["unit"]\n'
        '    p0s2["lint"]\n'
        "    p0s0 --> p0s1\n"
        "    p0s0 --> p0s2\n"
        "  end\n"
    )


def test_dot() -> None:
    assert picture(workflow(("test", FORK)), "dot").split("\n")[3:8] == [
        "  subgraph cluster_0 {",
        '    label="test"',
        '    p0s0 [label="build"]',
        '    p0s1 [label="unit"]',
        '    p0s2 [label="lint"]',
    ]


def test_who_approves_and_where_it_deploys_is_shown_in_every_form() -> None:
    release = Release('w"b', "production", "live", (), "https://w.example/?a=<b>")
    name = literal("x")
    step = Deploy(name, name, "ci", name, None, test=True, timeout=1, overrides=Map(()), release=release)
    stages = (stage("ask", approval=Approval("", ("anna", "o]ps"), None)), stage("go", step))
    made = Pipeline("p", (Event.MERGE,), Fetch(), stages, from_arcs(("ask", "go"), [("ask", "go")]))
    drawn = {form: picture(Workflow("c.yaml", None, (made,)), form) for form in FORMS}
    assert drawn["text"].splitlines() == [
        "p   ask -> go   merge",
        "      ask: approved by anna, o]ps",
        '      go: deploys w"b to production (https://w.example/?a=<b>)',
    ]
    assert '["ask<br/>approved by anna#44; o#93;ps"]' in drawn["mermaid"]
    assert '["go<br/>deploys w#34;b to production #40;https#58;//w.example/#63;a#61;#60;b#62;#41;"]' in drawn["mermaid"]
    assert r'[label="ask\napproved by anna, o]ps"]' in drawn["dot"]
    assert r'[label="go\ndeploys w\"b to production (https://w.example/?a=<b>)"]' in drawn["dot"]
    assert "approved by anna, o]ps" in svg([made])


@pytest.mark.parametrize("form", FORMS)
def test_a_workflow_without_pipelines_has_a_picture(form: str) -> None:
    assert isinstance(picture(workflow(), form), str)


def test_no_name_ends_a_mermaid_label() -> None:
    for line in picture(workflow((NASTY[0], from_arcs(NASTY, [NASTY]))), "mermaid").split("\n"):
        assert line.count('"') in (0, 2)
        assert line.count("]") == line.count("[") <= 1


def test_no_name_ends_a_dot_label() -> None:
    drawn = picture(workflow(("p", from_arcs(NASTY, [NASTY]))), "dot")
    assert '[label="a\\"]; b"]' in drawn
    assert '[label="x\\\\N"]' in drawn
    assert '[label="two\\\\u000alines"]' in drawn


@pytest.mark.skipif(not which("dot"), reason="Graphviz is not here")
def test_graphviz_reads_it() -> None:
    drawn = picture(workflow(("p", from_arcs(NASTY, [NASTY]))), "dot")
    subprocess.run(["dot", "-Tplain"], input=drawn, text=True, check=True, capture_output=True)
