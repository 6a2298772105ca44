"""The runner of GitHub workflows, tried with workflows as plain as can be: it sees what happened and what is wrong.

Each pipeline is one job, its stages one after the other; how the target itself divides them is none of this.
"""

from __future__ import annotations

import json
import shlex
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from doubles.github_api import Dispatch, api
from engines import github_events as events
from engines.github_refusals import refusals

from transpiler.graph import order
from transpiler.ir import Event
from transpiler.program import PipelineProgram, StageProgram

from . import github, github_steps, trace
from .case import DEFAULT_APP, Case, Compiled, Expected, compiled, load
from .site import GITHUB_TOKENS, SECRETS, Site
from .trace import FAILED, FAILURE, SKIPPED
from .world import World

CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02"
BEGIN = """\
echo "run=gh-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT-$GITHUB_JOB" >> "$GITHUB_ENV"
echo "values=$RUNNER_TEMP/values" >> "$GITHUB_ENV"
mkdir -m 700 "$RUNNER_TEMP/values"
"""
Steps = list[dict[str, Any]]


def workflow(pipeline: PipelineProgram, change: Callable[[Steps], Steps] = lambda steps: steps) -> str:
    """A workflow that runs on pushes to main."""
    submodules = "recursive" if pipeline.fetch.submodules else "false"
    steps: Steps = [{"uses": CHECKOUT, "with": {"persist-credentials": False, "submodules": submodules}}]
    steps.append({"shell": "sh", "run": BEGIN})
    for name in order(pipeline.graph):
        stage = pipeline.stage(name)
        steps.append({"name": name, "id": f"stage-{stage.slug}", "shell": "sh", "run": "\n".join(stage.lines) or ":"})
        steps += _archive(stage)
    teardown = {"name": "teardown", "if": "always()", "shell": "sh", "run": "\n".join(("set +e", *pipeline.teardown))}
    job = {"runs-on": "ubuntu-latest", "steps": change([*steps, teardown])}
    data = {"name": pipeline.name, "on": {"push": {"branches": ["main"]}}, "jobs": {"only": job}}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def _archive(stage: StageProgram) -> Steps:
    """What it archives, each file with its path."""
    if not stage.archives:
        return []
    place = f'"$RUNNER_TEMP/archive/{stage.slug}"'
    paths = (shlex.quote(f"{archive.path}.tar.gz" if archive.directory else archive.path) for archive in stage.archives)
    run = "\n".join(f"mkdir -p {place}/$(dirname {path}); cp {path} {place}/{path}" for path in paths)
    kept = {"name": stage.slug, "path": f"${{{{ runner.temp }}}}/archive/{stage.slug}"}
    return [{"shell": "sh", "run": run}, {"uses": UPLOAD, "with": kept}]


def made(case: Case, site: Site, change: Callable[[Steps], Steps] = lambda steps: steps) -> Compiled:
    found = compiled(case, site.directory / "origin", site.profile, "local")
    files = {f".github/workflows/pipeline-{p.slug}.yml": workflow(p, change) for p in found.plan.pipelines}
    assert not [why for text in files.values() for why in refusals(text)]
    return replace(found, files=files)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["tail", "values-output", "values-exports", "files-submodule"])
def test_a_case_runs_as_it_is_expected_to(name: str, world: World) -> None:
    case = load(name)
    with world.site() as site:
        found = made(case, site)
        done = github.run_compiled(found, site)
    assert trace.compare(case, found.plan, done) == (), done.log


CONFIG = b"""\
pipelines:
  first:
    dockerfile: Dockerfile
    events: [merge]
    stages:
      - {name: image, build: test}
      - {name: bad, run: {image: '${image.imageID}', arguments: ["@exit=3"]}}
      - {name: never, run: {image: '${image.imageID}'}}
  second:
    dockerfile: Dockerfile
    events: [merge]
    stages: [{name: image, build: test, run: {tail: 1, arguments: ["@print=said\\n"]}, exports: {x: '${.output}'}}]
"""
FAILING = Case(
    "failing",
    CONFIG,
    {},
    DEFAULT_APP,
    Event.MERGE,
    "",
    Expected(status=FAILURE, stages={"first/bad": FAILED, "first/never": SKIPPED}),
)


@pytest.mark.engine
def test_a_stage_that_fails_is_told_and_those_after_it_do_not_run(world: World) -> None:
    with world.site() as site:
        found = made(FAILING, site)
        done = github.run_compiled(found, site)
    assert trace.compare(FAILING, found.plan, done) == (), done.log
    # Two runs of GitHub's: the same job in both has containers of different names.
    assert sorted(done.arguments) == ["first/bad", "second/image"]


@pytest.mark.engine
def test_a_workflow_that_the_event_does_not_start_runs_no_stage(world: World) -> None:
    with world.site() as site:
        found = made(replace(FAILING, branch="feature"), site)
        done = github.run_compiled(found, site)
    assert (done.status, set(done.stages.values()), dict(done.arguments)) == ("success", {SKIPPED}, {})


def _leaving(steps: Steps) -> Steps:
    """A job that removes nothing, and shows a secret, also on the run's page and in an artifact."""
    show = 'echo "$T"; echo "$T" >> "$GITHUB_STEP_SUMMARY"; echo "$T" > told'
    told: Steps = [
        {"shell": "sh", "env": {"T": "${{ secrets.GITHUB_TOKEN }}"}, "run": show},
        {"uses": UPLOAD, "with": {"name": "told", "path": "told"}},
    ]
    return [*steps[:-1], *told, {"name": "teardown", "if": "always()", "shell": "sh", "run": "true"}]


@pytest.mark.engine
def test_what_is_left_and_what_is_told_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GITHUB_TOKENS, "GITHUB_TOKEN", SECRETS["token"][0])
    with world.site() as site:
        done = github.run_compiled(
            made(replace(FAILING, config=CONFIG.replace(b"@exit=3", b"x")), site, _leaving), site
        )
    assert {"the values of only", "in the log: token", "secret token in told/told"} <= {*done.left}
    assert any(SECRETS["token"][0] in report for report in done.reports or ())
    for kind in ("image <", "container gh-"):
        assert any(one.startswith(kind) and one.endswith(" of only") for one in done.left), done.left


def test_a_workflow_keeps_every_byte_but_two_steps() -> None:
    text = (
        "# first\njobs:\n  a: # x\n    steps:\n      - name: one\n        run: |\n          x\n\n"
        "      - uses: y # z\n        with: {a: 'b'}\n\n  # of b\n  b:\n    steps:\n      - run: last"
    )
    lines = github_steps.with_endings(f"{text}\n", Path("/nowhere"), isolated=True).splitlines()
    added = [line for line in lines if "harness:" in line]
    assert [line for line in lines if "harness:" not in line] == text.splitlines()
    jobs = yaml.safe_load("\n".join(lines))["jobs"]
    names = {job: [step.get("name", step.get("uses", step.get("run"))) for step in jobs[job]["steps"]] for job in jobs}
    assert names == {
        "a": ["one", "harness: keep", "y", "harness: end"],
        "b": ["harness: keep", "last", "harness: end"],
    }
    assert len(added) == 4


def test_the_case_happens_in_githubs_words() -> None:
    case = replace(FAILING, tag="v1.0")
    scheduled: Mapping[str, Any] = {"on": {"schedule": [{"cron": "1 2 * * *"}]}}
    said = [
        github.happened(replace(case, event=Event.CHANGE), "c", {}),
        github.happened(replace(case, event=Event.TAG), "c", {}),
        github.happened(replace(case, branch="stable"), "c", {}),
        github.happened(replace(case, scheduled=True), "c", scheduled),
    ]
    assert said == [events.change(commit="c"), events.tag("v1.0", "c"), events.push("stable", "c"), said[3]]
    assert (said[3].name, said[3].payload["schedule"]) == ("schedule", "1 2 * * *")


def test_the_api_starts_workflows_for_who_may() -> None:
    with api({"team/docs": "right"}, "failure") as server:

        def call(path: str, body: Any, token: str = "right") -> Any:
            request = urllib.request.Request(
                f"{server.url}/repos/team/{path}",
                json.dumps(body).encode() if body else None,
                {"Authorization": f"Bearer {token}"},
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                return error.code

        body = {"ref": "main", "inputs": {"a": "b\n"}}
        where = "docs/actions/workflows/x.yml/dispatches"
        refused = [
            call(where, body, "wrong"),
            call("other/actions/workflows/x.yml/dispatches", body),
            call(where, {"inputs": {}}),
            call(where, {"ref": "main", "inputs": {"a": 1}}),
            call("docs/actions/runs/1", None),
        ]
        assert refused == [404, 404, 422, 422, 404]
        assert [call(where, body), call(where, {**body, "return_run_details": True})] == [None, {"workflow_run_id": 2}]
        assert call("docs/actions/runs/2", None) == {"id": 2, "status": "completed", "conclusion": "failure"}
        assert server.started == [Dispatch("team/docs", "x.yml", "main", {"a": "b\n"})] * 2
