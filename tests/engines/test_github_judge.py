"""A good workflow passes GitHub's judges, and each mistake that they are there for is caught."""

import re
from pathlib import Path

import pytest

from .fixtures import without
from .github_judge import judge
from .github_refusals import refusals
from .missing import EngineMissing

pytestmark = pytest.mark.engine

HANDOVER = (Path(__file__).parents[1] / "data" / "github" / "handover.yml").read_text()


def step(keys: str) -> str:
    """A workflow with this step."""
    return f"on: push\njobs: {{a: {{runs-on: x, steps: [{keys}]}}}}"


def job(keys: str) -> str:
    """A workflow whose job has these keys too."""
    return f"on: push\njobs: {{a: {{runs-on: x, steps: [{{run: x}}], {keys}}}}}"


def on(said: str) -> str:
    """A workflow for these events."""
    return f"on: {said}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}"


CYCLE = "a: {runs-on: x, needs: b, steps: [{run: x}]}, b: {runs-on: x, needs: [a], steps: [{run: x}]}"
MANY = ", ".join(f"a{number}: {{}}" for number in range(26))
REFUSED = {
    "broken YAML": ("a: [", "YAML"),
    "a key given twice": ("on: push\non: push\njobs: {a: {}}", "the key on is given twice"),
    "an anchor": (job("env: &a {b: c}"), "anchor"),
    "no jobs": ("on: push\njobs: {}", "no jobs"),
    "a need that is not there": (job("needs: b"), "needs b, which is not there"),
    "a cycle": (f"on: push\njobs: {{{CYCLE}}}", "a cycle of needs among: a, b"),
    "a need of itself": (job("needs: [a]"), "cycle"),
    "an expression in on": (on("{push: {branches: ['${{ github.event.repository.default_branch }}']}}"), "in `on`"),
    "a big file": ("#" * (512 * 1024 + 1), "bytes"),
    "a big matrix": (job(f"strategy: {{matrix: {{b: [{','.join('x' * 129)}], c: [1, 2]}}}}"), "256 combinations"),
    "many inputs": (on(f"{{workflow_dispatch: {{inputs: {{{MANY}}}}}}}"), "more than 25 inputs"),
    "a step twice": (step("{run: x, id: b}, {run: x, id: B}"), "the step b twice"),
    "a step's id": (step("{run: x, id: a.b}"), "not the id of a step"),
    "a job's id": ("on: push\njobs: {a.b: {runs-on: x, steps: [{run: x}]}}", "not the id of a job"),
    "run and uses": (step("{run: x, uses: a/b@c}"), "not one of run and uses"),
    "uses with a shell": (step("{uses: a/b@c, shell: sh}"), "uses and shell"),
    "an unknown input": (step("{uses: actions/checkout@abc, with: {depth: 1}}"), "known to have the input depth"),
    "no runner": ("on: push\njobs: {a: {steps: [{run: x}]}}", "runs-on and steps"),
    "secrets in a job's if": (job("if: secrets.X != ''"), "has no context secrets"),
    "secrets in a step's if": (step("{run: x, if: \"secrets.X != ''\"}"), "has no context secrets"),
    "a step's context in a job's": (job("timeout-minutes: '${{ env.X }}'"), "has no context env"),
    "a runner in a job's env": (job("env: {X: '${{ runner.temp }}'}"), "has no context runner"),
    "needs at the top": ("env: {X: '${{ needs.a.result }}'}\n" + job("name: b"), "has no context needs"),
    "a status function in run": (step("{run: '${{ always() }}'}"), "has no function always"),
    "an expression in permissions": (job("permissions: {contents: '${{ github.ref }}'}"), "takes no expressions"),
    "an expression in shell": (step("{run: x, shell: '${{ github.ref }}'}"), "takes no expressions"),
    "an expression in a key": (job("permissions: {'${{ github.ref }}': x}"), "takes no expressions"),
    "an open expression": (step("{run: 'echo ${{ x'}"), "not closed"),
    "a double quote": (step("{run: 'echo ${{ \"x\" }}'}"), "not part of an expression"),
    "an unknown function": (step("{run: '${{ env(1) }}'}"), "no function env"),
    "a wrong count": (step("{run: '${{ contains(1) }}'}"), "does not take 1 arguments"),
    "a long text with an expression": (step("{run: '${{ github.sha }}" + "x" * 21000 + "'}"), "at most 21000"),
    "a variable of GitHub's": (step("{run: x, env: {GITHUB_REF: x}}"), "cannot set the variable 'GITHUB_REF'"),
    "a secret of GitHub's": (step("{run: x, env: {X: '${{ secrets.GITHUB_X }}'}}"), "cannot be called GITHUB_X"),
    "two filters": (on("{push: {branches: [a], branches-ignore: [b]}}"), "branches and branches-ignore"),
    "no positive pattern": (on("{push: {branches: ['!a']}}"), "only patterns that leave out"),
    "a pattern without a beginning": (on("{push: {branches: ['+a']}}"), "no character before it"),
    "an open set": (on("{push: {tags: ['v[0-9']}}"), "stands alone"),
    "a filter that the event has not": (on("{pull_request: {tags: [a]}}"), "has no tags"),
    "an unknown event": (on("pushes"), "the event pushes is not known"),
    "a short schedule": (on("{schedule: [{cron: '* * * *'}]}"), "five fields"),
    "an odd schedule": (on("{schedule: [{cron: '60 * * * *'}]}"), "means nothing: 60"),
}


@pytest.fixture(scope="module")
def handover() -> list[str]:
    try:
        return list(map(str, judge({"handover.yml": HANDOVER})["handover.yml"]))
    except EngineMissing as missing:
        without(missing)


def test_a_good_workflow_is_good_for_all(handover: list[str]) -> None:
    assert not handover


@pytest.mark.parametrize("name", REFUSED)
def test_what_github_refuses_is_refused(name: str) -> None:
    text, words = REFUSED[name]
    said = refusals(text)
    assert any(re.search(words, one) for one in said), said


def test_the_rest_of_a_refused_workflow_is_right() -> None:
    """Or the wrong thing is refused."""
    run = "echo ${{ '${{' }} ${{ format('{0}}}', github.ref) }} ${{ needs.a-b.outputs['x'] || steps.*.outcome }}"
    good = (
        job("name: b"),
        job("if: always() && github.ref == 'x'"),
        step("{run: x}"),
        step(f'{{run: "{run}", env: {{X: "${{{{ secrets.GITHUB_TOKEN }}}}"}}}}'),
        on("{push: {tags: ['**', '!v[0-9]?']}}"),
        on("[push, pull_request]"),
        on("{schedule: [{cron: '0 3-5/2 * jan,12 mon-fri'}], pull_request: {branches: main}}"),
        HANDOVER,
    )
    assert [refusals(text) for text in good] == [[]] * len(good)


BAD = {
    "an injection": ("echo\n", "echo ${{ github.event.pull_request.title }}\n", "zizmor"),
    "no permissions": ("permissions: {}\nconcurrency", "concurrency", "zizmor"),
    "an action without its commit": ("@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2", "@v4", "zizmor"),
    "a context that is not there": ("${{ runner.temp }}/give", "${{ runner.tmp }}/give", "actionlint"),
    "an unknown key": ("timeout-minutes: 10\n    permissions:\n", "timeout: 10\n    permissions:\n", "schema"),
    "a workflow that no tool reads": ("jobs:\n  make:", "jobs:\n  make: x\n  other:", "zizmor"),
}


def test_what_linters_find_is_told(handover: list[str]) -> None:
    assert all(before in HANDOVER for before, _, _ in BAD.values())
    found = judge({"good": HANDOVER, **{name: HANDOVER.replace(a, b, 1) for name, (a, b, _) in BAD.items()}})
    assert not found["good"]
    assert [name for name, (_, _, tool) in BAD.items() if tool not in {f.tool for f in found[name]}] == []


def test_what_a_linter_cannot_know_is_no_finding(handover: list[str]) -> None:
    text = HANDOVER.replace("ubuntu-latest", "[self-hosted, ours]").replace(
        "uses: actions", "uses: https://x.org/actions"
    )
    text = text.replace("title: ${{ github.event.pull_request.title }}", "title: ${{ vars.TITLE }}")
    assert [str(finding) for finding in judge({"x": text})["x"]] == []
