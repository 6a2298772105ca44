"""How a program learns the event of its run: from what the engine says, and a change where that is not sure."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jinja2
import pytest
from engines.github_expressions import expanded
from support.ir_by_hand import profile

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import EVENT
from transpiler.targets.github import sources as github
from transpiler.targets.gitlab import sources as gitlab
from transpiler.targets.zuul import settings as zuul_settings
from transpiler.targets.zuul import sources as zuul

PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_DEFAULT_BRANCH": "main"}
BY_NAME = replace(profile(), branches=("stable", "main"), branches_said=True)


@pytest.mark.parametrize(
    ("said", "where", "event"),
    [
        ({**PUSH, "CI_COMMIT_BRANCH": "main"}, profile(), "merge"),
        ({**PUSH, "CI_COMMIT_BRANCH": "main2"}, profile(), "change"),
        ({**PUSH, "CI_COMMIT_BRANCH": "stable"}, profile(), "change"),
        ({**PUSH, "CI_COMMIT_BRANCH": "stable"}, BY_NAME, "merge"),
        ({**PUSH, "CI_COMMIT_BRANCH": "tag:main"}, profile(), "change"),
        ({**PUSH, "CI_COMMIT_TAG": "v1"}, profile(), "tag"),
        ({**PUSH, "CI_COMMIT_TAG": "main"}, profile(), "tag"),
        ({**PUSH, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, profile(), "schedule"),
        ({**PUSH, "CI_PIPELINE_SOURCE": "merge_request_event"}, profile(), "change"),
        ({**PUSH, "CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}, profile(), "change"),
        ({**PUSH, "CI_PIPELINE_SOURCE": "trigger", "CI_COMMIT_TAG": "v1"}, profile(), "change"),
        ({**PUSH, "CI_DEFAULT_BRANCH": "*", "CI_COMMIT_BRANCH": "feature"}, profile(), "change"),
    ],
)
def test_gitlab(said: Mapping[str, str], where: Profile, event: str) -> None:
    lines = (*gitlab.setup_lines([EVENT], where), 'printf %s "$setup_event"')
    env = {"PATH": "/usr/bin:/bin", "setup_event": "merge", **said}
    done = subprocess.run(["dash", "-euc", "\n".join(lines)], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == event


@pytest.mark.parametrize(
    ("said", "event"),
    [
        ({"event_name": "push", "ref_type": "branch"}, "merge"),
        ({"event_name": "push", "ref_type": "tag"}, "tag"),
        ({"event_name": "schedule", "ref_type": "branch"}, "schedule"),
        ({"event_name": "pull_request", "ref_type": "branch"}, "change"),
        ({"event_name": "merge_group", "ref_type": "branch"}, "change"),
        ({"event_name": "workflow_dispatch", "ref_type": "tag"}, "change"),
    ],
)
def test_github(said: Mapping[str, str], event: str) -> None:
    ((_, text),) = github.setup_variables([EVENT])
    assert expanded(text, {"github": dict(said)}) == event


@pytest.mark.parametrize(
    ("pipelines", "said", "event"),
    [
        ({}, {"pipeline": "check"}, "change"),
        ({}, {"pipeline": "gate"}, "change"),
        ({}, {"pipeline": "post"}, "merge"),
        ({}, {"pipeline": "tag", "tag": "v1"}, "tag"),
        ({}, {"pipeline": "periodic"}, "schedule"),
        ({}, {"pipeline": "experimental"}, "change"),
        ({Event.MERGE: ("post", "check")}, {"pipeline": "check"}, "change"),
        ({Event.TAG: ("post",)}, {"pipeline": "post"}, "merge"),
        ({Event.TAG: ("post",)}, {"pipeline": "post", "tag": "v1"}, "tag"),
        ({Event.SCHEDULE: ("post",)}, {"pipeline": "post"}, "change"),
        ({Event.MERGE: ("it's \\ {{ x }}",)}, {"pipeline": "it's \\ {{ x }}"}, "merge"),
    ],
)
def test_zuul(pipelines: Mapping[Event, tuple[str, ...]], said: Mapping[str, Any], event: str) -> None:
    where = profile()
    own = zuul_settings.of(where)
    own = replace(own, pipelines={**own.pipelines, **pipelines})
    where = replace(where, settings={**where.settings, "zuul": own})
    assert jinja2.Environment().from_string(zuul.event(where)).render(zuul=said) == event
