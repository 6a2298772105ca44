"""What counts of a config.xml and what does not."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import Field, fields, replace
from xml.etree.ElementTree import Element

import pytest
from doubles.jenkins import classes, xstream
from hypothesis import given
from hypothesis import strategies as st

from transpiler.jenkins_sync.jobs import canonical
from transpiler.jenkins_sync.jobs import xml as jobxml
from transpiler.jenkins_sync.jobs.definition import (
    Body,
    FromSource,
    Inline,
    JobDefinition,
    Multibranch,
    Parameter,
    Starter,
)

PLUGINS = dict.fromkeys(filter(None, map(classes.owner, classes.FIELDS)), "1.2")
PROPERTIES = "org.jenkinsci.plugins.workflow.job.properties."
TRIGGERS = f"{PROPERTIES}PipelineTriggersJobProperty"

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl"]), max_size=20)
seconds = st.none() | st.integers(0, 100)
counts = st.none() | st.integers(1, 100)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Inline, texts.map(lambda t: f"node {{\n\t{t}\n}}\n"), st.booleans()),
    st.builds(FromSource, texts, texts, texts, texts, st.booleans()),
    st.builds(
        Multibranch, st.just("id"), texts, texts, texts, st.booleans(), st.sampled_from(["", "1h"]), counts, counts
    ),
    st.builds(Starter, texts),
)
jobs = st.builds(
    JobDefinition,
    path=st.just("job"),
    owner=st.just("team/web"),
    source=st.just("config"),
    body=bodies,
    parameters=st.lists(st.builds(Parameter, texts, texts, texts), max_size=3).map(tuple),
    cron=texts,
    poll=texts,
    upstream=st.lists(texts.filter(bool), max_size=2).map(tuple),
    keep_days=counts,
    keep_builds=counts,
    concurrent=st.booleans(),
    disabled=st.booleans(),
    quiet_period=seconds,
)


def meaning(xml: str | Element) -> canonical.Node:
    return canonical.canonical(canonical.parsed(xml) if isinstance(xml, str) else xml)


def pipeline(inner: str) -> str:
    return f"<flow-definition>{inner}</flow-definition>"


@given(jobs)
def test_a_job_that_jenkins_has_rewritten_means_the_same(job: JobDefinition) -> None:
    posted = jobxml.element(job)
    kept = xstream.rewrite(canonical.parsed(jobxml.text(posted).decode()), PLUGINS)
    assert meaning(kept) == meaning(posted)


@given(jobs)
def test_so_does_one_whose_elements_come_in_another_order(job: JobDefinition) -> None:
    posted = jobxml.element(job)
    before = meaning(posted)
    for element in posted.iter():
        if element.tag != "parameterDefinitions":
            element[:] = reversed(list(element))
    assert meaning(posted) == before


@given(jobs, jobs, st.sampled_from(fields(JobDefinition)))
def test_a_setting_that_jenkins_keeps_is_part_of_the_meaning(
    job: JobDefinition, other: JobDefinition, field: Field[object]
) -> None:
    changed = replace(job, **{field.name: getattr(other, field.name)})
    kept = [xstream.rewrite(jobxml.element(each), PLUGINS) for each in (job, changed)]
    if ElementTree.tostring(kept[0]) == ElementTree.tostring(kept[1]):
        assert meaning(jobxml.element(job)) == meaning(jobxml.element(changed))
    else:
        assert meaning(jobxml.element(job)) != meaning(jobxml.element(changed))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("", "<actions><x.Y/></actions><keepDependencies>false</keepDependencies>", id="what Jenkins adds"),
        pytest.param("<disabled>false</disabled>", "", id="false is none"),
        pytest.param("<properties/>", "<properties>\n  </properties>", id="space in an empty element"),
        pytest.param("<description>a</description>", "<description>b</description>", id="the description"),
        pytest.param(
            "<concurrentBuild>false</concurrentBuild>",
            f"<properties><{PROPERTIES}DisableConcurrentBuildsJobProperty/></properties>",
            id="concurrency has moved",
        ),
        pytest.param(
            "<triggers><hudson.triggers.TimerTrigger><spec>H 1 * * *</spec></hudson.triggers.TimerTrigger></triggers>",
            f"<properties><{TRIGGERS}><triggers><hudson.triggers.TimerTrigger><spec>H 1 * * *</spec>"
            f"</hudson.triggers.TimerTrigger></triggers></{TRIGGERS}></properties>",
            id="triggers have moved",
        ),
        pytest.param(
            "<logRotator><daysToKeep>3</daysToKeep><numToKeep>-1</numToKeep></logRotator>",
            '<properties><jenkins.model.BuildDiscarderProperty><strategy class="hudson.tasks.LogRotator">'
            "<daysToKeep>3</daysToKeep></strategy></jenkins.model.BuildDiscarderProperty></properties>",
            id="retention has moved",
        ),
        pytest.param("<a plugin='x@1'>1</a>", "<a plugin='x@2'>1</a>", id="versions of plugins"),
        pytest.param("<a>&#x22;&apos;&gt;</a>", "<a>\"'></a>", id="entities"),
        pytest.param("<a>x\r\ny</a>", "<a>x\ny</a>", id="kinds of line ends"),
        pytest.param(
            "<properties><com.sonyericsson.rebuild.RebuildSettings><autoRebuild>false</autoRebuild>"
            "</com.sonyericsson.rebuild.RebuildSettings></properties>",
            "",
            id="a property that a plugin adds with nothing set",
        ),
    ],
)
def test_no_difference(one: str, other: str) -> None:
    assert meaning(pipeline(one)) == meaning(pipeline(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("<disabled>true</disabled>", "", id="disabled"),
        pytest.param("<quietPeriod>0</quietPeriod>", "", id="no quiet period is not the server's"),
        pytest.param("<quietPeriod>0</quietPeriod>", "<quietPeriod>5</quietPeriod>", id="a number"),
        pytest.param("<authToken>x</authToken>", "", id="a field that we never write"),
        pytest.param("<defaultValue>false</defaultValue>", "<defaultValue/>", id="text that looks like no"),
        pytest.param("<properties><x.AProperty><max>2</max></x.AProperty></properties>", "", id="a property"),
        pytest.param(f"<properties><{PROPERTIES}DisableResumeJobProperty/></properties>", "", id="an empty one"),
        pytest.param("<defaultValue> </defaultValue>", "<defaultValue/>", id="a space that is a value"),
        pytest.param('<definition class="a.B"/>', '<definition class="a.C"/>', id="a class"),
        pytest.param("<script>a </script>", "<script>a</script>", id="a space in a script"),
    ],
)
def test_a_difference(one: str, other: str) -> None:
    assert meaning(pipeline(one)) != meaning(pipeline(other))


@pytest.mark.parametrize(
    "prolog",
    ["", "<?xml version='1.1' encoding='UTF-8'?>\n", '\n<?xml version="1.0"?>', "\ufeff<?xml version='1.1'?>"],
    ids=["none", "XML 1.1", "XML 1.0", "a byte order mark"],
)
def test_the_prolog_is_no_matter(prolog: str) -> None:
    assert canonical.parsed(f"{prolog}<a>é</a>").text == "é"


def test_the_order_of_parameters_is_what_people_see() -> None:
    def ordered(*names: str) -> canonical.Node:
        body = Inline("x", sandbox=True)
        parameters = tuple(Parameter(name, "", "") for name in names)
        return meaning(jobxml.element(JobDefinition("a", "b", "c", body, parameters=parameters)))

    assert ordered("A", "B") != ordered("B", "A")


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ("workflow-cps", "flow-definition/definition CpsScmFlowDefinition"),
        ("git", "flow-definition/definition CpsScmFlowDefinition/scm GitSCM"),
    ],
)
def test_what_a_missing_plugin_takes_away_is_named(missing: str, lost: str) -> None:
    job = JobDefinition("a", "b", "c", FromSource("url", "*/main", "", "Jenkinsfile", True))
    posted = jobxml.element(job)
    kept = xstream.rewrite(posted, {name: v for name, v in PLUGINS.items() if name != missing})
    assert canonical.lost(meaning(posted), meaning(kept))[0] == lost
    assert canonical.lost(meaning(posted), meaning(posted)) == ()


def test_a_digest_moves_with_the_meaning_and_the_text_alone() -> None:
    node: Callable[[str], canonical.Node] = lambda text: meaning(pipeline(f"<script>{text}</script>"))  # noqa: E731
    digests = {canonical.digest(node("a"), ""), canonical.digest(node("b"), ""), canonical.digest(node("a"), "text")}
    assert len(digests) == 3
    assert canonical.digest(node("a"), "") in digests
    # What stands in the descriptions of jobs on servers: when it moves, `marker.FORM` must.
    assert canonical.digest(node("a"), "") == "1:77c330c4e5945ced66d9a6e80db88fbe"
