"""When a workflow runs: `on`, its patterns, `concurrency` and expressions, as GitHub's documentation has them."""

import pytest

from . import github_events as events
from .github_events import Event
from .github_expressions import BadExpression, condition, expanded, parse, text, value
from .github_refusals import load
from .github_rules import BadPattern, Concurrency, concurrency, matches, regex, runs, together

PUSH_MAIN, PUSH_OTHER, TAG = events.push(), events.push("feature/x"), events.tag("v1.0")
CHANGE, OTHER_BASE, OPENED = events.change(), events.change(base="rel"), events.change(action="opened")
LABELLED, QUEUED, NIGHTLY = events.change(action="labeled"), events.queued(), events.scheduled("3 4 * * *")
ALL = (PUSH_MAIN, PUSH_OTHER, TAG, CHANGE, OTHER_BASE, OPENED, LABELLED, QUEUED, NIGHTLY)
REQUESTS = (CHANGE, OTHER_BASE, OPENED)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("push", (PUSH_MAIN, PUSH_OTHER, TAG)),
        ("[push, merge_group]", (PUSH_MAIN, PUSH_OTHER, TAG, QUEUED)),
        ("{push: }", (PUSH_MAIN, PUSH_OTHER, TAG)),
        ("{push: {branches: [main]}}", (PUSH_MAIN,)),
        ("{push: {branches: main}}", (PUSH_MAIN,)),
        ("{push: {branches-ignore: [main]}}", (PUSH_OTHER,)),
        ("{push: {branches: ['*']}}", (PUSH_MAIN,)),
        ("{push: {branches: ['**']}}", (PUSH_MAIN, PUSH_OTHER)),
        ("{push: {tags: ['**']}}", (TAG,)),
        ("{push: {tags-ignore: ['v*']}}", ()),
        ("{push: {branches: [main], tags: ['v*']}}", (PUSH_MAIN, TAG)),
        ("pull_request", REQUESTS),
        ("{pull_request: {branches: [main]}}", (CHANGE, OPENED)),
        ("{pull_request: {types: [labeled]}}", (LABELLED,)),
        ("{pull_request: {types: opened}}", (OPENED,)),
        ("merge_group", (QUEUED,)),
        ("{merge_group: {branches: [rel]}}", ()),
        ("{schedule: [{cron: '3 4 * * *'}]}", (NIGHTLY,)),
        ("{schedule: [{cron: '4 4 * * *'}]}", ()),
        ("workflow_dispatch", ()),
    ],
)
def test_a_workflow_runs_for_these_events(said: str, wanted: tuple[Event, ...]) -> None:
    workflow = load(f"on: {said}")
    assert [event for event in ALL if runs(workflow, event)] == [event for event in ALL if event in wanted]


@pytest.mark.parametrize(
    ("patterns", "yes", "no"),
    [
        (["feature/*"], ["feature/x", "feature/"], ["feature/x/y", "feature"]),
        (["feature/**"], ["feature/x", "feature/x/y"], ["feature"]),
        (["releases/mona-the-octocat"], ["releases/mona-the-octocat"], ["releases/mona"]),
        (["*feature"], ["my-feature", "feature"], ["my/feature"]),
        (["v2*"], ["v2", "v2.0", "v2.9"], ["v1", "xv2"]),
        (["v[12].[0-9]+.[0-9]+"], ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.1"]),
        (["**"], ["a", "a/b"], []),
        (["*.x?"], ["a.x", "a."], ["a.xx"]),
        (["releases/**", "!releases/**-alpha"], ["releases/10"], ["releases/10-alpha", "releases/b/3-alpha"]),
        (["releases/**", "!releases/**-alpha", "releases/1-alpha"], ["releases/1-alpha"], ["releases/2-alpha"]),
        (["a.b", "c\\*"], ["a.b", "c*"], ["axb", "cx"]),
        (["$(id)'\""], ["$(id)'\""], []),
    ],
)
def test_patterns_match_as_github_says(patterns: list[str], yes: list[str], no: list[str]) -> None:
    assert [name for name in (*yes, *no) if matches(patterns, name)] == yes


@pytest.mark.parametrize("pattern", ["", "+", "a**+", "?a", "v[0-9", "a]", "[a-Z]", "[a-]", "a\\"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        regex(pattern)


def test_a_new_run_of_a_change_replaces_the_one_before_it_and_no_other() -> None:
    workflow = load(
        "name: test\non: push\nconcurrency: {group: '${{ github.workflow }}-${{ github.ref }}', "
        "cancel-in-progress: \"${{ github.event_name == 'pull_request' }}\"}"
    )
    first, merged, other = (
        concurrency(workflow["concurrency"], event, workflow) for event in (CHANGE, PUSH_MAIN, events.change(number=8))
    )
    assert first == Concurrency("test-refs/pull/7/merge", cancel=True)
    assert merged == Concurrency("test-refs/heads/main", cancel=False)
    assert together(first, first) == "the first is cancelled"
    assert together(merged, merged) == "the second waits"
    assert together(first, other) == together(first, merged) == together(None, None) == "both run"
    assert concurrency("x", CHANGE, workflow) == Concurrency("x", cancel=False)


CONTEXTS = {
    "github": {"ref": "refs/heads/Main", "n": 3.0, "event": {"x-y": None, "list": [{"a": 1.0}, {"a": "b"}]}},
    "needs": {"one": {"result": "success"}, "two": {"result": "failure"}},
}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("github.REF", "refs/heads/Main"),
        ("github['ref'] == 'REFS/heads/main'", "true"),
        ("github.event.x-y.z", ""),
        ("github.event.list.*.a", "Array"),
        ("join(github.event.list.*.a, '-')", "1-b"),
        ("github.event.list[1].a", "b"),
        ("contains(needs.*.result, 'failure')", "true"),
        ("contains(github.ref, 'HEADS')", "true"),
        ("startsWith(github.ref, 'refs/tags/') && 'tag' || 'branch'", "branch"),
        ("'it''s'", "it's"),
        ("'' == 0", "true"),
        ("null == 0", "true"),
        ("'1' == 1", "true"),
        ("'x' == 1", "false"),
        ("!(1 < 2) || github.n >= 0x2", "true"),
        ("format('{0}-{{x}}-{1}', github.n, true)", "3-{x}-true"),
        ("toJSON(needs.one)", '{\n  "result": "success"\n}'),
        ("fromJSON('[1.5]')[0]", "1.5"),
        ("1 == 1 && 2", "2"),
    ],
)
def test_expressions_have_their_values(source: str, wanted: str) -> None:
    assert text(value(parse(source), CONTEXTS)) == wanted


@pytest.mark.parametrize(
    "source", ["", "a b", "'a", '"a"', "a.", "a[", "f(", "x()", "a ==", "&& a", "a = b", "(a", "success(1)", "a.*.["]
)
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        parse(source)


def test_texts_and_conditions_with_expressions() -> None:
    assert expanded("a ${{ github.ref }} ${{ '}}${{' }} b", CONTEXTS) == "a refs/heads/Main }}${{ b"
    assert condition("github.n == 3", CONTEXTS)
    assert not condition("${{ github.n == 4 }}", CONTEXTS)
    assert condition("${{ github.n == 4 }} ", CONTEXTS) is False
    # A text around it makes it one that is not empty.
    assert condition("! ${{ github.n == 3 }}", CONTEXTS)
