"""No text ends the comment that it stands in: neither for Groovy, which decodes escapes in comments, nor for YAML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import yaml
from engines.fixtures import JenkinsJudge
from support import plans
from support.drawing import NASTY, NO_GROOVY, drawn, texts

from transpiler.frontend.profiles import load
from transpiler.program import Plan
from transpiler.quoting import comment
from transpiler.targets import TARGETS

GITLAB = TARGETS["gitlab"]
JENKINS = TARGETS["jenkins"]

Told = Callable[[str, object], None]
INJECTED = [
    "p\nsh 'evil'\n//",
    "p\\u000ash 'evil'",
    "p\\uuu000dsh 'evil'",
    "p\nevil:\n  script: [id]\n#",
    "p\u2028evil: 1",
]


@pytest.mark.engine
def test_no_text_ends_a_comment_of_groovy(jenkins_judge: JenkinsJudge, record_property: Told) -> None:
    cases = [*INJECTED, *(text for text in drawn(texts, record_property) if NO_GROOVY not in text)]
    answers = jenkins_judge.decode([f"'a' // {comment(text)}" for text in cases])
    assert [(text, a) for text, a in zip(cases, answers, strict=True) if a != {"value": "a"}] == []


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["the Python reader", "libyaml"])
def test_no_text_ends_a_comment_of_yaml(loader: type[yaml.SafeLoader], count: int, record_property: Told) -> None:
    cases = [*INJECTED, *drawn(texts, record_property, count)]
    document = "".join(f"- {i} # {comment(text)}\n" for i, text in enumerate(cases))
    assert yaml.load(document, loader) == list(range(len(cases)))


def named(name: str) -> Plan:
    """A plan whose pipeline and stage are called like this, wherever a target tells people their names."""
    stages = (replace(plans.stage("a"), name=name), plans.stage("b"))
    pipeline = plans.pipeline("p", *stages, edges=((name, "b"),))
    return plans.plan(replace(pipeline, name=name))


NAMES = [*INJECTED, *(text for text in NASTY if text)]


@pytest.mark.engine
def test_hostile_names_add_nothing_to_a_jenkinsfile(jenkins_judge: JenkinsJudge) -> None:
    """The same methods, the same number of nodes in each, as for a harmless name."""

    def emitted(name: str) -> str:
        (file,) = JENKINS.emit(named(name), load.decode({}), frozenset())
        return file.body

    answers = jenkins_judge({str(i): emitted(name) for i, name in enumerate(["harmless", *NAMES])})
    wanted = answers["0"]
    for i, name in enumerate(NAMES, 1):
        assert (answers[str(i)]["errors"], answers[str(i)]["methods"]) == ([], wanted["methods"]), name


def test_hostile_names_add_nothing_to_what_gitlab_reads() -> None:
    (harmless,) = GITLAB.emit(named("harmless"), load.decode({}), frozenset())
    for name in NAMES:
        (file,) = GITLAB.emit(named(name), load.decode({}), frozenset())
        assert yaml.safe_load(file.body) == yaml.safe_load(harmless.body), name
