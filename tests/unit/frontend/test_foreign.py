"""Files of other programs under the name of our config, and files of ours that look strange."""

from __future__ import annotations

import pytest

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.shape.foreign import refused
from transpiler.frontend.yaml.reader import read


def told(text: str) -> list[str]:
    found = Diagnostics()
    document = read(text.encode(), "config.yaml", found)
    assert document
    assert refused(document.root, found) == bool(len(found))
    return [f"{d.code}: {d.message}" for d in found]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("general: {}\nsteps: {}", "Project Piper"),
        ("general:\nsteps:", "Project Piper"),
        ("stages: {Build: {}}", "Project Piper"),
        ("version: 1\njobs: {a: {}}", "with `jobs`"),
        ("version: 2.1\njobs: {a: {}}", "CircleCI"),
        ("name: x\non: push\njobs: {}", "GitHub"),
        ("services: {db: {image: x}}", "compose"),
        ("apiVersion: v1\nkind: Pod", "Kubernetes"),
        ("version: v4\nvariants: {test: {}}", "blubberfile"),
        ("a: {script: [x]}\nb: {script: [x]}", "GitLab"),
        ("pipelines: {default: [{step: {script: [x]}}]}", "Bitbucket"),
        ("version: '2.0'\nserver: {}", "no `pipelines`"),
        ("- job: {name: x}", "Zuul"),
        ("- hosts: all\n  tasks: []", "Ansible"),
        ("- {a: 1}\n- {b: 1}", "`a`, `b`"),
    ],
)
def test_a_file_of_another_program_is_told_once_with_what_it_looks_like(text: str, called: str) -> None:
    (message,) = told(text)
    assert message.startswith("foreign-config: ")
    assert called in message


@pytest.mark.parametrize(
    "text",
    [
        "pipelines: {test: {stages: [{name: a}]}}",
        "pipeline: {test: {stages: [{name: a}]}}",
        "piplines: {test: {stages: [{name: a}]}}",
        "test: {stages: [{name: a}]}",
        "test: {variants: [a]}",
        "stages: [{name: a}]",
        "project: a",
        "version: 0",
        "x-anchors: {}",
        "execution: [a]\njobs: {}",
        "blubberfile: a",
        "- {name: a, stage: test}",
        "- {nmae: a, satge: test}",
        "- {name: a}",
        "- a",
        "a",
        "[]",
        "{}",
    ],
)
def test_a_file_that_may_be_ours_with_mistakes_is_left_to_the_other_checks(text: str) -> None:
    assert told(text) == []
