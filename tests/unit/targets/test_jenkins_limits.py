"""What a Jenkinsfile of the largest size that is promised looks like to Jenkins, and what is refused as too large."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from engines.fixtures import JenkinsJudge
from support.plans import pipeline, plan, stage

from transpiler.frontend.profiles.load import decode
from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import (
    Archive,
    CredentialUse,
    MailProgram,
    Parameter,
    Plan,
    StageProgram,
    TargetTooLarge,
    TriggerCall,
)
from transpiler.targets import TARGETS
from transpiler.targets.jenkins.tokens import Sort, tokens
from transpiler.targets.validate import validate

JENKINS = TARGETS["jenkins"]

ALL = tuple(Event)


def text(made: Plan, profile: Profile | None = None) -> str:
    """The one Jenkinsfile, after it was read back."""
    files = JENKINS.emit(made, profile or decode({}), frozenset())
    validate(JENKINS, made, files, frozenset())
    return files[0].body


def chain(count: int, prefix: str = "s") -> tuple[tuple[StageProgram, ...], tuple[tuple[str, str], ...]]:
    """Stages one after another, with about fifteen lines each."""
    names = [f"{prefix}{i}" for i in range(count)]
    lines = [f"echo 'line {i}' \"$HOME\"" for i in range(15)]
    return tuple(stage(name, *lines) for name in names), tuple(pairwise(names))


def n_graph(count: int) -> Plan:
    """Many stages whose graph is not series-parallel."""
    names = [f"s{i}" for i in range(count)]
    edges = tuple((names[i], names[j]) for i in range(count) for j in (i + 3, i + 5) if j < count)
    return plan(pipeline("n", *(stage(name, "echo") for name in names), edges=edges))


def stages_with(each: int, count: int) -> Plan:
    """Stages that have so many credentials, archives and parameters of a trigger each."""
    return plan(
        pipeline(
            "p",
            *(
                stage(
                    f"s{i}",
                    "echo",
                    credentials=credentials(each),
                    archives=archives(each),
                    trigger=trigger(each, known=False),
                )
                for i in range(count)
            ),
        )
    )


def big() -> dict[str, Plan]:
    """Workflows at the sizes that the target promises to hold."""
    stages, edges = chain(300)
    events = (ALL, (Event.TAG,), (Event.CHANGE, Event.MERGE))
    many = [pipeline(f"p{i}", *chain(3)[0], edges=chain(3)[1], events=events[i % 3]) for i in range(40)]
    nested = [(f"s{i}", f"s{j}") for i in range(0, 280, 7) for j in range(i + 1, i + 7)]
    return {
        "a chain of 300 stages": plan(pipeline("long", *stages, edges=edges)),
        "300 stages side by side": plan(pipeline("wide", *stages)),
        "40 forks of seven stages": plan(pipeline("forks", *stages[:280], edges=tuple(nested))),
        "300 stages in a graph that is not series-parallel": n_graph(300),
        "a stage after 290 others, not series-parallel": plan(
            pipeline(
                "fan",
                *stages[:294],
                edges=(*((f"s{i}", "s290") for i in range(290)), ("s291", "s292"), ("s291", "s293"), ("s0", "s293")),
            )
        ),
        "40 pipelines of three stages": plan(*many),
        "100 pipelines, three at a time": plan(
            *(replace(many[i % 40], name=f"q{i}", slug=f"q{i}") for i in range(100)), concurrency=3
        ),
    }


@pytest.mark.engine
def test_jenkins_compiles_large_workflows(jenkins_judge: JenkinsJudge) -> None:
    files = {name: text(made) for name, made in big().items()}
    verdicts = jenkins_judge(files)
    assert {name: verdict["errors"] for name, verdict in verdicts.items() if verdict["errors"]} == {}


@pytest.mark.parametrize("name", big())
def test_large_workflows_are_read_back_as_they_were(name: str) -> None:
    text(big()[name])


@pytest.mark.parametrize(
    ("made", "limit"),
    [
        (plan(pipeline("p", *chain(700)[0])), "724 methods"),
        (plan(pipeline("p", stage("a", f"echo {'é' * 30_000}"))), "60,"),
        (plan(pipeline("p", stage("a\uffff"))), "U+FFFF"),
        (
            plan(
                pipeline(
                    "p",
                    *chain(610)[0],
                    stage("z"),
                    edges=(*((f"s{i}", "z") for i in range(605)), ("s606", "s607"), ("s606", "s608"), ("s0", "s608")),
                )
            ),
            "605 others",
        ),
    ],
    ids=["too many stages", "a long program", "a character that ends every script", "a stage after too many"],
)
def test_what_is_too_large_is_refused_with_the_limit(made: Plan, limit: str) -> None:
    with pytest.raises(TargetTooLarge) as refusal:
        JENKINS.emit(made, decode({}), frozenset())
    assert limit in refusal.value.limit
    assert refusal.value.hint


# ---- what grows with a config ----


def one(*lines: str, **changes: Any) -> Plan:
    """A plan of one stage."""
    return plan(pipeline("p", stage("a", *(lines or ("echo",)), **changes)))


def credentials(count: int, kind: CredentialKind = CredentialKind.USERNAME_PASSWORD) -> tuple[CredentialUse, ...]:
    names = ("USER", "PASSWORD") if kind is CredentialKind.USERNAME_PASSWORD else ("SECRET",)
    return tuple(CredentialUse(f"c{i}", kind, tuple(f"{name}{i}" for name in names)) for i in range(count))


def archives(count: int) -> tuple[Archive, ...]:
    return tuple(Archive(f"out/{i}/.svn", (True, False, None)[i % 3]) for i in range(count))


def trigger(count: int, *, known: bool) -> TriggerCall:
    parameters = [Parameter(f"P{i}", f"v{i}" if known else None, "" if known else f"a.p{i}") for i in range(count)]
    return TriggerCall("other", tuple(parameters), propagate=True, wait=True)


def mail(lines: tuple[str, ...]) -> MailProgram:
    return MailProgram(lines, ("printf %s x",), (), (), (), None)


def published(count: int) -> tuple[StageProgram, ...]:
    return tuple(stage(f"s{i}", "echo", publishes=f"{'x' * 120}{i}") for i in range(count))


def with_teardown(count: int) -> Plan:
    """Two pipelines, one of which has so many lines more to end with."""
    made = plan(pipeline("p", stage("a", "echo")), pipeline("q", stage("a", "echo")))
    longer = replace(
        made.pipelines[0], teardown=(*(f"helm uninstall r{i}" for i in range(count)), *made.pipelines[0].teardown)
    )
    return replace(made, pipelines=(longer, made.pipelines[1]))


ZUUL = {"checkout": "zuul"}
SITE = {
    "triggers": {"other": {"jenkins": "other"}},
    "report": {"gerrit": {"url": "https://gerrit.example.org", "credential": "bot"}},
}
GROWING: dict[str, Callable[[int], tuple[Plan, Profile]]] = {
    "credentials": lambda n: (one(credentials=credentials(n)), decode({})),
    "secrets": lambda n: (one(credentials=credentials(n, CredentialKind.SECRET_TEXT)), decode({})),
    "archived copies": lambda n: (one(archives=archives(n)), decode({})),
    "trigger parameters": lambda n: (one(trigger=trigger(n, known=True)), decode(SITE)),
    "trigger parameters that are values": lambda n: (one(trigger=trigger(n, known=False)), decode(SITE)),
    "all of these together": lambda n: (
        one(
            credentials=credentials(n // 3),
            archives=archives(n // 3),
            trigger=trigger(n // 3, known=False),
            mail=mail(("to=x subject=y body=z",)),
        ),
        decode(SITE),
    ),
    "stages with many of each": lambda n: (stages_with(50, n // 20), decode(SITE)),
    "stages with some of each": lambda n: (stages_with(20, n // 20), decode(SITE)),
    "parameters of the build": lambda n: (one(setup=tuple(f"params.P{i}" for i in range(n))), decode({})),
    "parameters of the build, by Zuul": lambda n: (
        one(setup=("project", "branch", "timestamp", *(f"params.P{i}" for i in range(n)))),
        decode({"jenkins": ZUUL}),
    ),
    "results of the checkout": lambda n: (one(setup=tuple(f"K{i}" for i in range(n))), decode({})),
    "Zuul's pipelines": lambda n: (
        one(),
        decode({"jenkins": {**ZUUL, "events": {"change": [f"z{i}" for i in range(n)], "tag": ["publish"]}}}),
    ),
    "lines of a teardown": lambda n: (with_teardown(n), decode({})),
    "lines of a mail": lambda n: (one(mail=mail(tuple(f"body=$body$values/{i}" for i in range(n)))), decode({})),
    "images that are reported": lambda n: (plan(pipeline("p", *published(n))), decode(SITE)),
    "characters of a label": lambda n: (one(), decode({"jenkins": {"label": "x" * 30 * n}})),
    "characters of a credential's id": lambda n: (
        one(credentials=(CredentialUse("c" * 30 * n, CredentialKind.FILE, ("F",)),)),
        decode({}),
    ),
    "characters outside the basic plane": lambda n: (one(f"echo {'😀' * 5 * n}"), decode({})),
}
SIZES = (49, 50, 51, 251, 260, 601, 2_001, 2_500)


def grown(what: str, size: int) -> str | None:
    """The Jenkinsfile, None where that is refused with what to do."""
    made, profile = GROWING[what](size)
    refusal: TargetTooLarge
    try:
        return text(made, profile)
    except TargetTooLarge as error:
        refusal = error
    assert any(c.isdigit() for c in refusal.limit)
    assert refusal.hint
    return None


def longest(body: str) -> tuple[int, int]:
    """The most elements of any list, map or call, and the most lines that stand side by side in braces."""
    elements, statements = [0], [0]
    open_: list[list[int]] = []
    for line in re.sub("'''.*?'''", "", body, flags=re.DOTALL).split("\n"):
        if line.endswith("{") or line.strip().startswith("}"):
            statements.append(0)
        elif line.strip() and not line.endswith(","):
            statements[-1] += 1
    for token in tokens(body):
        if token.sort is not Sort.SIGN:
            continue
        if token.text in "([{":
            open_.append([1])
        elif token.text in ")]}":
            elements.append(open_.pop()[0])
        elif token.text == "," and open_:
            open_[-1][0] += 1
    return max(elements), max(statements)


@pytest.mark.parametrize("what", GROWING)
def test_what_grows_is_cut_or_refused(what: str) -> None:
    """By what groovy-cps says of itself: 250 elements of a list, 255 arguments, 254 statements."""
    for size in SIZES:
        if body := grown(what, size):
            assert max(longest(body)) <= 250, size
    assert grown(what, 49) is not None


@pytest.mark.parametrize(
    "what", ["credentials", "archived copies", "trigger parameters", "parameters of the build", "Zuul's pipelines"]
)
def test_what_a_list_does_not_hold_is_cut(what: str) -> None:
    body = grown(what, 260)
    assert body is not None
    assert all(f"{i}'" in body or f"P{i}" in body or f"/{i}/" in body for i in range(260))


@pytest.mark.engine
def test_jenkins_compiles_what_grows(jenkins_judge: JenkinsJudge) -> None:
    files = {f"{size} {what}": body for what in GROWING for size in SIZES if (body := grown(what, size)) is not None}
    verdicts = jenkins_judge(files)
    assert {name: verdict["errors"] for name, verdict in verdicts.items() if verdict["errors"]} == {}
