"""The Zuul site that the judge uses, and the jobs that a workflow should have there: written without the emitter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.profiles.load import load
from transpiler.ir import Deploy, Event, Pipeline, Promote, Publish, Run, Workflow
from transpiler.profile import Profile
from transpiler.targets.zuul import settings

SITES = ("wikimedia", "default")
Jobs = set[tuple[str, frozenset[str]]]


def site(name: str, root: Path | None = None) -> Profile:
    """A profile, which must be without mistakes."""
    diagnostics = Diagnostics()
    profile = load(name, root, diagnostics)
    assert profile is not None, list(diagnostics)
    return profile


def repository_for(profile: Profile, project: str, files: Mapping[str, str]) -> dict[str, Any]:
    """The judge's request for one repository's Zuul files at a site."""
    zuul = settings.of(profile)
    pipelines = [p for names in zuul.pipelines.values() for p in names]
    mine = {path: text for path, text in files.items() if path.endswith(".yaml")}
    called = [jobs["zuul"] for jobs in profile.triggers.values() if jobs["zuul"]]
    triggered = [f"- job: {{name: {job}, run: stand-in.yaml}}\n" for job in called]
    if triggered:  # the jobs that configs may start are the site's
        mine |= {".zuul.d/zz.yaml": "".join(triggered), "stand-in.yaml": "- hosts: all\n  tasks: []\n"}
    return {
        "project": project,
        "files": mine,
        "pipelines": list(dict.fromkeys(pipelines)),
        "post_review": sorted(zuul.post_review),
        "secrets": [name for c in profile.credentials.values() for name in c.names["zuul"]],
        "base_jobs": [zuul.parent] if zuul.parent != "base" else [],
    }


def expected_jobs(workflow: Workflow, profile: Profile, project: str) -> dict[str, Jobs]:
    """By Zuul pipeline the jobs that the config means, each with the jobs that it depends on."""
    found: dict[str, Jobs] = {}
    zuul = settings.of(profile)
    for pipeline in workflow.pipelines:
        for event in pipeline.events:
            for zuul_pipeline in zuul.pipelines[event]:
                if event is Event.CHANGE and zuul_pipeline not in zuul.post_review and holds_secrets(pipeline):
                    continue
                found.setdefault(zuul_pipeline, set()).update(_jobs(pipeline, profile, project.replace("/", "-")))
    for gate in zuul.pipelines[Event.CHANGE]:
        found.setdefault(gate, {("noop", frozenset())})
    return found


def holds_secrets(pipeline: Pipeline) -> bool:
    """Whether a pipeline cannot run before review on Zuul."""
    steps = [step for stage in pipeline.stages for step in stage.steps]
    return any(isinstance(s, Publish | Promote | Deploy) or (isinstance(s, Run) and s.credentials) for s in steps)


def _jobs(pipeline: Pipeline, profile: Profile, prefix: str) -> Jobs:
    name = f"{prefix}-{pipeline.name.lower()}"
    if settings.of(profile).granularity == "pipeline":
        return {(name, frozenset())}
    return {
        (f"{name}-{stage.name.lower()}", frozenset(f"{name}-{b.lower()}" for b in pipeline.graph.before(stage.name)))
        for stage in pipeline.stages
    }
