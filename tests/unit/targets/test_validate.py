"""Translation validation: every way in which an output can say something else is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.plans import pipeline, plan, stage

from transpiler.ir import Event
from transpiler.program import Feature, ReadPipeline, Use
from transpiler.targets import Target
from transpiler.targets.validate import Mistranslation, validate

PLAN = plan(
    pipeline("test", stage("a", "true"), stage("b", "echo b", "echo c"), stage("c"), edges=(("a", "b"), ("b", "c"))),
    pipeline("empty"),
)
RIGHT = ReadPipeline(
    "test",
    frozenset({Event.CHANGE, Event.MERGE}),
    ("a", "b", "c"),
    frozenset({("a", "b"), ("b", "c")}),
    (("a", "set -eu\ntrue"), ("b", "set -eu\necho b\necho c"), ("c", "set -eu")),
)


class Reading(Target):
    """A target whose files say whatever we want."""

    def __init__(self, *read: ReadPipeline) -> None:
        super().__init__("fake", "Fake", "a fake", "fake")
        self._read = read

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        return self._read


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(RIGHT, id="the same"),
        pytest.param(replace(RIGHT, events=None), id="conditions that are not its business"),
        pytest.param(replace(RIGHT, edges=RIGHT.edges | {("a", "c")}), id="an arc that the others imply"),
        pytest.param(replace(RIGHT, stages=("c", "a", "b")), id="another order of the same stages"),
    ],
)
def test_an_output_that_says_the_same_passes(read: ReadPipeline) -> None:
    validate(Reading(read), PLAN, (), frozenset())


@pytest.mark.parametrize(
    ("read", "difference"),
    [
        ((), "pipeline test: missing"),
        ((RIGHT, RIGHT), "a pipeline comes twice"),
        ((RIGHT, replace(RIGHT, slug="more")), "pipeline more: not in the config"),
        ((replace(RIGHT, stages=("a", "b")),), "stage c is missing"),
        ((replace(RIGHT, stages=("a", "b", "c", "d")),), "stage d is not in the config"),
        ((replace(RIGHT, stages=("a", "b", "c", "c")),), "a stage comes twice"),
        ((replace(RIGHT, edges=frozenset({("a", "b")})),), "order b -> c is missing"),
        ((replace(RIGHT, edges=frozenset({("a", "b"), ("b", "c"), ("c", "a")})),), "wait for each other"),
        ((replace(RIGHT, edges=RIGHT.edges | {("x", "c")}),), "names what is no stage: x"),
        ((replace(RIGHT, events=frozenset({Event.CHANGE})),), "event merge is missing"),
        ((replace(RIGHT, events=frozenset(Event)),), "event tag is not in the config"),
        ((replace(RIGHT, scripts=RIGHT.scripts[1:]),), "stage a: its script differs"),
        ((replace(RIGHT, scripts=(*RIGHT.scripts, ("z", "x"))),), "a script belongs to no stage: z"),
        ((replace(RIGHT, scripts=(("a", "set -eu\nfalse"), *RIGHT.scripts[1:])),), "-true\n+false"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_difference_is_found_and_named(read: tuple[ReadPipeline, ...], difference: str) -> None:
    with pytest.raises(Mistranslation, match="the fake output does not say what the config says") as found:
        validate(Reading(*read), PLAN, (), frozenset())
    assert difference in str(found.value)


def test_a_false_barrier_is_found() -> None:
    loose = plan(pipeline("test", stage("a"), stage("b")))
    read = ReadPipeline("test", None, ("a", "b"), frozenset({("a", "b")}), (("a", "set -eu"), ("b", "set -eu")))
    with pytest.raises(Mistranslation, match="order a -> b is not in the config"):
        validate(Reading(read), loose, (), frozenset())


def test_a_pipeline_that_may_not_run_for_changes_may_say_so() -> None:
    read = replace(RIGHT, events=frozenset({Event.MERGE}))
    use = Use(Feature.CREDENTIALS_FOR_CHANGE, "test")
    validate(Reading(read), PLAN, (), frozenset({use}))
    with pytest.raises(Mistranslation, match="event change is missing"):
        validate(Reading(read), PLAN, (), frozenset({replace(use, pipeline="other")}))
