"""The lines of a build that reads and writes layers: for which events, under which name, and what a failure costs."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest
from support.ir_by_hand import Machine, build_step, pipeline, profile, stage

from transpiler import ir
from transpiler.ir import Event
from transpiler.lowering import lower
from transpiler.profile import Cache, Profile, Pull
from transpiler.program import EVENT, Feature, StageProgram

BOTH = (Event.CHANGE, Event.MERGE, Event.TAG)


def site(engine: str = "docker", **changes: Any) -> Profile:
    """A site with a cache, whose registry needs a login."""
    registry = replace(profile().registry, public="r.example", repository="ns", credential="push")
    cache = Cache("inline", "cache", (Event.MERGE, Event.TAG))
    return profile(**{"registry": registry, "container": engine, "cache": cache, **changes})


def program(
    where: Profile, events: tuple[Event, ...] = BOTH, project: str | None = "group/app", **more: Any
) -> StageProgram:
    """The program of a stage that builds."""
    made = pipeline(stage("web", build_step()), events=events, name=more.pop("name", "test"))
    workflow = ir.Workflow(".pipeline/config.yaml", project, (made,), **more)
    return lower(workflow, where).pipelines[0].stages[0]


def name(found: StageProgram) -> str:
    return next(line for line in found.lines if line.startswith("cache="))


@pytest.mark.parametrize("event", ["change", "merge", "tag", "merge to x", ""])
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_every_run_reads_and_only_the_events_of_the_profile_write(machine: Machine, engine: str, event: str) -> None:
    done = machine.run(program(site(engine)), setup_event=event, writes="yes", cached="")
    assert done.status == 0, done.err
    cache = "r.example/ns/" + name(program(site(engine))).removeprefix("cache=$registry/")
    builds = [call for call in done.calls if call[:2] == [engine, "build"]]
    assert builds[0][builds[0].index("--cache-from") + 1] == cache
    writing = event in ("merge", "tag")
    pushed = [call for call in done.calls if call[:2] == [engine, "push"]] if engine == "docker" else builds[1:]
    assert [cache in call for call in pushed] == [True] * writing
    assert ("BUILDKIT_INLINE_CACHE=1" in builds[0]) == (writing and engine == "docker")
    assert not any("--cache-to" in call for call in builds[:1])


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_what_cannot_be_read_or_written_is_a_line_each(machine: Machine, engine: str) -> None:
    machine.put("fake/fail", "")
    machine.put("fake/fail-push", "")
    done = machine.run(program(site(engine)), setup_event="merge")
    lines = [line for line in done.err.splitlines() if line.startswith("cache: ")]
    assert (done.status, len(lines)) == (0, 2 if engine == "docker" else 1), done.err
    assert not any("--cache-from" in call for call in done.calls)


@pytest.mark.parametrize("engine", ["docker", "podman"])
@pytest.mark.parametrize("credential", ["push", ""], ids=["with a login", "without a login"])
def test_a_failed_build_fails_with_its_status_and_writes_nothing(
    machine: Machine, engine: str, credential: str
) -> None:
    where = site(engine)
    where = replace(where, registry=replace(where.registry, credential=credential))
    machine.put("fake/fail-build", "")
    done = machine.run(program(where), setup_event="merge")
    assert done.status == 4
    assert not any(call[1] in ("push", "tag") or "--cache-to" in call for call in done.calls)
    assert engine == "podman" or ["docker", "rmi"] in [call[:2] for call in done.calls]


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(site(cache=Cache("none", "cache", (Event.MERGE,))), id="none"),
        pytest.param(site(pull=Pull.NEVER), id="a local run that pulls nothing"),
    ],
)
def test_without_a_cache_the_program_is_the_usual_one(where: Profile) -> None:
    found = program(where)
    assert found == replace(program(replace(where, cache=Cache("none", "", ()))), span=found.span)
    assert (found.layers, found.leaves_layers, EVENT in found.setup) == (False, False, False)


@pytest.mark.parametrize(
    ("where", "events"),
    [
        pytest.param(site(), (Event.CHANGE,), id="a pipeline for changes alone"),
        pytest.param(site(cache=Cache("inline", "cache", ())), BOTH, id="a cache that is written elsewhere"),
        pytest.param(
            site("podman", registry=replace(site().registry, method="command", command=("push",))),
            BOTH,
            id="podman cannot push by a command of the site",
        ),
    ],
)
def test_a_build_that_never_writes_has_no_lines_for_it(where: Profile, events: tuple[Event, ...]) -> None:
    found = program(where, events)
    assert (found.layers, found.leaves_layers) == (True, False)
    assert not any("writes" in line or "REGISTRY_USER}" in line for line in found.lines)


def test_a_command_of_the_site_pushes_to_the_registry_that_is_pushed_to(machine: Machine) -> None:
    registry = replace(site().registry, push="push.example", method="command", command=("sudo", "pusher"))
    machine.command("sudo")
    done = machine.run(program(site(registry=registry)), setup_event="tag")
    end = name(program(site())).removeprefix("cache=$registry/")
    assert done.words("sudo", "pusher") == [f"push.example/ns/{end}"]


def test_a_command_of_the_site_may_be_called_like_a_function_of_ours(machine: Machine) -> None:
    registry = replace(site().registry, method="command", command=("promote",))
    machine.command("promote")
    done = machine.run(program(site(registry=registry)), setup_event="merge")
    assert len(done.words("promote")) == 1
    assert done.err == ""


def test_a_build_with_a_cache_is_said_with_its_place() -> None:
    made = pipeline(stage("web", build_step()), stage("last"))
    workflow = ir.Workflow(".pipeline/config.yaml", "group/app", (made,))
    assert [use.stage for use in lower(workflow, site()).uses if use.feature is Feature.CACHE] == ["web"]
    assert not [use for use in lower(workflow, profile()).uses if use.feature is Feature.CACHE]


def test_each_build_has_a_repository_of_its_own() -> None:
    given: list[dict[str, Any]] = [
        {"project": "group/app"},
        {"project": "group-app"},
        {"project": "Group/app"},
        {"folder": "services/a"},
        {"folder": "services/b"},
        {"name": "other"},
    ]
    names = [name(program(site(), **more)) for more in given]
    assert len(set(names)) == len(names)


def test_a_name_is_the_same_whether_the_project_is_known_before_or_in_the_run(machine: Machine) -> None:
    known, lines = name(program(site())), program(site(), project=None).lines
    start = next(i for i, line in enumerate(lines) if line.startswith("project="))
    script = "\n".join((*lines[start : start + 2], 'echo "$cache"'))
    env = {"registry": "r", "setup_project": "group/app", "PATH": "/usr/bin:/bin"}
    told = subprocess.run(["dash", "-c", script], env=env, capture_output=True, text=True, check=True).stdout.strip()
    assert told.rpartition("-")[2] == known.rpartition("-")[2]
