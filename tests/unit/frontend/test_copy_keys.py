"""`when` and `report` of an item to copy: the forms that they can have, and every mistake in one."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text

from transpiler.ir import Copy, CopyItem, ReportKind, When


def compiled(item: str, run: str = "run: true, ") -> Compiled:
    """A pipeline with one stage that copies this."""
    keys = f"build: x, {run}copy: [{item}]"
    return compile_text(f"pipelines: {{test: {{dockerfile: D, stages: [{{name: unit, {keys}}}]}}}}")


def item_of(made: Compiled) -> CopyItem:
    assert not made.codes, made.diagnostics
    (copy,) = (step for step in made.stage("unit").steps if isinstance(step, Copy))
    (item,) = copy.items.items
    assert isinstance(item, CopyItem)
    return item


@pytest.mark.parametrize("word", ["success", "failure", "always"])
def test_when(word: str) -> None:
    item = item_of(compiled(f"{{source: /a, when: {word}}}"))
    assert (item.when, item.archived, item.report) == (When(word), None, None)


@pytest.mark.parametrize("kind", ["junit", "cobertura"])
def test_a_report_is_archived_whatever_the_end_of_the_run(kind: str) -> None:
    item = item_of(compiled(f"{{source: /a.xml, report: {kind}}}"))
    assert (item.when, item.archived, item.report) == (When.ALWAYS, "/a.xml", ReportKind(kind))


def test_the_end_of_the_run_may_be_said_of_a_report() -> None:
    item = item_of(compiled("{source: /a, destination: b, report: junit, when: failure}"))
    assert (item.when, item.archived) == (When.FAILURE, "b")


def test_a_report_of_another_stages_container_needs_no_run() -> None:
    stages = (
        "[{name: a, build: x, run: true}, {name: unit, copy: [{from: '${a.container}', source: /r, report: junit}]}]"
    )
    item = item_of(compile_text(f"pipelines: {{test: {{dockerfile: D, stages: {stages}}}}}"))
    assert (item.when, item.archived) == (When.SUCCESS, "/r")


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("{source: /a, when: sometimes}", "bad-value"),
        ("{source: /a, report: tap}", "bad-value"),
        ("{source: /a, report: junit, archive: false}", "conflicting-keys"),
        ("{source: /a/, destination: ., report: junit}", "bad-value"),
        ("{source: /, report: junit}", "bad-value"),
        ("{source: /a, destination: '${setup.tag}', report: junit}", "archive-not-known"),
        ("{source: /a, when: '${setup.tag}'}", "bad-value"),
    ],
)
def test_a_mistake_is_told_once(item: str, code: str) -> None:
    assert compiled(item).codes == [code]


@pytest.mark.parametrize("word", ["failure", "always"])
def test_without_a_run_there_is_no_failure_to_copy_after(word: str) -> None:
    copy = f"[{{from: '${{a.container}}', source: /r, when: {word}}}]"
    stages = f"[{{name: a, build: x, run: true}}, {{name: b, copy: {copy}}}]"
    made = compile_text(f"pipelines: {{test: {{dockerfile: D, stages: {stages}}}}}")
    assert made.codes == ["when-without-run"]
    assert f"`when: {word}`" in made.diagnostics[0].message
