"""Laws of the older dialects: whatever a document holds there is an answer, and every good one builds."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.compiling import compile_text

from transpiler.diagnostics import Diagnostics
from transpiler.frontend import dialects
from transpiler.frontend.dialects import Dialect
from transpiler.frontend.shape import schema
from transpiler.frontend.yaml.reader import read

SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = st.sampled_from(
    ["test", "production", "candidate", "rehearsal", "unit", "a-b", "no", "1.10", "x", "test-production"]
)
KEYS = st.sampled_from(
    """name stage variant blubberfile directory stages execution variants helmConfig test production publish type files
    paths image tags testDeploy chart deploy version pipelines build run concurrency project""".split()  # noqa: SIM905
)
WORDS = NAMES | st.sampled_from(
    ["proposal-b", "proposal-c", "0", "files", "image", "foo/*", "*", "true", "", "../x", "${x", "setup", "é"]
)


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


def item(name: str) -> st.SearchStrategy[dict[str, Any]]:
    stages = st.sampled_from(["test", "production", "later"])
    optional = {"variant": NAMES, "blubberfile": st.just("b.yaml"), "directory": st.just("src")}
    return st.fixed_dictionaries({"name": st.just(name), "stage": stages}, optional=optional)


LISTS = st.lists(NAMES, min_size=1, max_size=6, unique=True).flatmap(
    lambda names: st.tuples(*(item(name) for name in names)).map(list)
)
VARIANTS = some(
    test=NAMES | st.lists(NAMES, max_size=4, unique=True), production=NAMES.filter("no".__ne__) | st.just(False)
)
OWN = {"blubberfile": st.just("b.yaml"), "directory": st.just("src")}
PIPELINES_B = st.none() | some(variants=VARIANTS | st.none(), helmConfig=st.just("helm.yaml"), **OWN)
PATHS = st.lists(st.sampled_from(["log/*", "report.xml", "/srv/app/", "../x"]), min_size=1, max_size=3)
PUBLISHED = st.tuples(
    st.lists(st.fixed_dictionaries({"type": st.just("files"), "paths": PATHS}), max_size=2),
    st.lists(some(tags=st.lists(NAMES, max_size=2)).map(lambda d: {"type": "image", **d}), max_size=1),
).map(lambda both: [*both[0], *both[1]])


@st.composite
def stage(draw: st.DrawFn, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, **draw(some(variant=NAMES, publish=PUBLISHED))}
    if any(found["type"] == "image" for found in made.get("publish", ())) and name != "1.10":
        charts = st.lists(st.just({"chart": "https://x.org/c.tgz"}), max_size=3)
        made |= draw(some(deploy=st.booleans(), testDeploy=charts))
    return made


@st.composite
def plan(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    made: dict[str, Any] = draw(some(**OWN))
    if draw(st.booleans()):
        made["stages"] = [draw(stage(name)) for name in names]
    if draw(st.booleans()):
        rest, execution = draw(st.permutations(names)), []
        while rest:
            width = draw(st.integers(1, 3))
            execution.append(rest[:width] if width > 1 else rest[0])
            rest = rest[width:]
        made["execution"] = execution
    return made


def pipelines(one: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["web", "worker", "x.y"]), one, min_size=1, max_size=3)


GOOD = {
    Dialect.A: LISTS,
    Dialect.B: pipelines(PIPELINES_B).map(lambda found: {"version": "proposal-b", "pipelines": found}),
    Dialect.C: pipelines(plan()).map(lambda found: {"version": "proposal-c", "pipelines": found}),
}


@pytest.mark.parametrize("dialect", list(GOOD))
@SOME
@given(data=st.data())
def test_a_good_document_builds_and_is_good_version_0(dialect: Dialect, data: st.DataObject) -> None:
    text = yaml.safe_dump(data.draw(GOOD[dialect]), sort_keys=False)
    document, found = read(text.encode(), "config.yaml", Diagnostics()), Diagnostics()
    assert document
    assert dialects.recognise(document, found) is dialect
    assert schema.check(document, dialects.SCHEMAS[dialect], found), (text, list(found))
    newer = dialects.version_0(document, dialect, None, found)
    assert newer, (text, list(found))
    assert schema.check(newer, "config", found), (text, list(found))
    assert dialects.recognise(newer, found) is Dialect.V0
    assert "execution-reading" not in {d.code for d in found}, text
    compiled = compile_text(text)
    assert not [d for d in compiled.diagnostics if d.severity == "error"], text
    assert compiled.workflow.pipelines


NODES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.integers(-1, 3) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=4),
    max_leaves=20,
)
SHAPED = (
    st.lists(some(name=NODES, stage=NODES, variant=NODES), max_size=4)
    | some(version=WORDS, pipelines=st.dictionaries(NAMES, some(variants=NODES, helmConfig=NODES), max_size=3))
    | some(
        version=WORDS,
        pipelines=st.dictionaries(
            NAMES,
            some(
                execution=NODES,
                stages=st.lists(st.dictionaries(KEYS, NODES, max_size=4).map(lambda d: {"name": "x", **d}), max_size=3),
            ),
            max_size=2,
        ),
    )
)


@SOME
@given(NODES | SHAPED)
def test_any_document_has_an_answer(document: object) -> None:
    compiled = compile_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    assert compiled.workflow.pipelines or compiled.diagnostics
