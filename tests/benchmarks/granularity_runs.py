"""Runs a pipeline once on gitlab-ci-local or act, each of its jobs with a docker daemon of its own, and measures it.

The daemons are started before and emptied after a run, as by a runner that has machines in waiting.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from conformance import github, gitlab, gitlab_jobs
from conformance.case import PROJECT, Case, Compiled, Expected, compiled, git, load, merged
from conformance.site import GITHUB_TOKENS, REGISTRY_LOGIN, Site
from conformance.world import World, world
from doubles.github_api import api as github_api
from doubles.gitlab_api import api as gitlab_api
from engines import judges
from engines.docker_engine import BASE_IMAGE, Docker, another, docker_engine
from engines.github_act import Given, Machine, run_act
from engines.github_refusals import load as load_workflow
from engines.gitlab_local import file_name, run_gitlab_ci_local

from benchmarks.measure import written
from transpiler.ir import Event

PIPELINES = Path(__file__).parent / "pipelines"
EXPERT = "expert"
AT_ONCE = 8
_PATIENCE = 300
_JOB_TOKEN = "j0b-t0ken"
_MOST_JOBS = 14
# A job's daemon is told by its name, on GitHub with the workflow's; what is no job's has the first.
_DOCKER = """#!/bin/sh
number=$(cat {numbers}/"${{CI_JOB_NAME-$GITHUB_WORKFLOW $GITHUB_JOB}}" 2> /dev/null) || number=0
DOCKER_HOST=unix://$(sed -n "$((number + 1))p" {hosts})
export DOCKER_HOST
if [ "$1" = build ]; then shift; exec {client} build --network host "$@"; fi
exec {client} "$@"
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """`moved` are the bytes that went into and out of the registry, and into and out of artifacts; `wall` seconds."""

    jobs: int
    moved: int
    wall: float


@dataclasses.dataclass(frozen=True)
class Place:
    """The world that all runs share, and the daemons of jobs."""

    world: World
    daemons: Sequence[Docker]


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Everything that runs need, for a while."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-granularity-")))
        docker = stack.enter_context(docker_engine())
        daemons = [docker, *(stack.enter_context(another(docker)) for _ in range(_MOST_JOBS - 1))]
        yield Place(stack.enter_context(world(docker, directory)), daemons)


def case(name: str) -> Case:
    """One of the pipelines here, or the suite's case of that name."""
    config = PIPELINES / name / "config.yaml"
    if not config.exists():
        return load(name)
    return Case(name, config.read_bytes(), {}, PIPELINES / "app", Event.MERGE, "", Expected())


def run(at: Place, name: str, engine: str, how: str) -> Cost:
    """`how`: a granularity, or what the expert wrote. Raises RuntimeError if the pipeline fails."""
    with at.world.site() as site:
        one = case(name)
        wanted = how if how != EXPERT else "pipeline"
        one = dataclasses.replace(one, profile=merged(one.profile, {engine: {"granularity": wanted}}))
        made = compiled(one, site.directory / "origin", site.profile, engine)
        if how == EXPERT:
            (path,) = PIPELINES.glob(f"{name}/{'gitlab-ci' if engine == 'gitlab' else 'workflow'}.yml")
            made = dataclasses.replace(made, files={path.name: path.read_text(encoding="utf-8")})
        try:
            return {"gitlab": _on_gitlab, "github": _on_github}[engine](at, made, site)
        finally:
            _empty(at.daemons)


def _on_gitlab(at: Place, made: Compiled, site: Site) -> Cost:
    (text,) = made.files.values()
    jobs = gitlab_jobs.read(text)
    _choose(at.daemons, jobs, site)
    local, root = made.root / ".gitlab-ci-local", made.root
    state, artifacts = site.directory / "gitlab", local / "artifacts"
    played = gitlab_jobs.with_endings(text, state, lambda job: artifacts / file_name(job), isolated=False)
    for path in made.files:
        (root / path).unlink(missing_ok=True)
    (root / ".gitlab-ci.yml").write_text(json.dumps(played))
    git(root, "remote", "add", "origin", f"git@ci.example.org:{PROJECT}.git")
    with gitlab_api(site.registry, site.repository, REGISTRY_LOGIN, _JOB_TOKEN) as server:
        variables = gitlab.variables_of(made.case, site, server) | _places(site)
        env = {**site.env, **gitlab.secrets_of(made, site)}
        before, begin = written(site.registry), time.perf_counter()
        done = run_gitlab_ci_local(
            judges.ENGINES,
            root,
            env,
            variables=variables,
            patience=_PATIENCE,
            arguments=(f"--concurrency={AT_ONCE}",),
        )
        wall = time.perf_counter() - begin
    if done.status:
        raise RuntimeError("\n".join((done.output, *done.logs.values())))
    sizes = {job: _size(artifacts / file_name(job)) for job in jobs}
    taken = (sizes[need["job"]] for keys in jobs.values() for need in _needs(keys) if need.get("artifacts", True))
    moved = written(site.registry) - before + sum(sizes.values()) + sum(taken)
    return Cost(len(jobs), moved, wall)


def _needs(keys: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (need if isinstance(need, dict) else {"job": need} for need in keys.get("needs", ()))


def _on_github(at: Place, made: Compiled, site: Site) -> Cost:
    """The workflows of the event run side by side, as there."""
    workflows = [yaml.safe_load(text) for text in made.files.values()]
    _choose(at.daemons, [f"{found['name']} {job}" for found in workflows for job in found["jobs"]], site)
    given = Given(
        github.secrets_of(made) | _logins(made, site), _places(site), {"GITHUB_RUN_ID": str(9042 + site.number)}
    )
    with github_api({PROJECT: GITHUB_TOKENS["GITHUB_TOKEN"]}) as server, ThreadPoolExecutor() as pool:
        given = dataclasses.replace(given, variables={**given.variables, "GITHUB_API_URL": server.url})
        before, begin = written(site.registry), time.perf_counter()
        costs = list(pool.map(lambda item: _workflow(made, site, given, *item), made.files.items()))
        wall = time.perf_counter() - begin
    moved = written(site.registry) - before + sum(moved for _, moved in costs)
    return Cost(sum(jobs for jobs, _ in costs), moved, wall)


def _workflow(made: Compiled, site: Site, given: Given, path: str, text: str) -> tuple[int, int]:
    """How many jobs there were, and the bytes into and out of artifacts."""
    home = site.directory / "github" / Path(path).stem
    machine = Machine(judges.ENGINES, made.root, home, site.env)
    home.mkdir(parents=True)
    (home / "workflow.yml").write_text(text, encoding="utf-8")
    event = github.happened(made.case, made.commit, load_workflow(text))
    done = run_act(machine, home / "workflow.yml", event, given, at_once=AT_ONCE, patience=_PATIENCE)
    if done.status:
        raise RuntimeError(done.output)
    sizes = {found.name: _size(found) for found in machine.artifacts.glob("*")}
    jobs = yaml.safe_load(text)["jobs"]
    taken = [
        sizes.get(step["with"]["name"], 0)
        for keys in jobs.values()
        for step in keys["steps"]
        if "download-artifact" in step.get("uses", "")
    ]
    return len(jobs), sum(sizes.values()) + sum(taken)


def _choose(daemons: Sequence[Docker], jobs: Sequence[str] | Mapping[str, Any], site: Site) -> None:
    """Makes `docker` of a job the client of its own daemon."""
    numbers, hosts = site.directory / "numbers", site.directory / "hosts"
    numbers.mkdir()
    if len(jobs) > len(daemons):
        raise RuntimeError(f"{len(jobs)} jobs, and {len(daemons)} daemons")
    for number, job in enumerate(jobs):
        (numbers / job).write_text(str(number))
    hosts.write_text("".join(f"{daemon.directory}/d.sock\n" for daemon in daemons))
    client = str((daemons[0].directory / "bin" / "docker").resolve())
    words = {"numbers": numbers, "hosts": hosts, "client": client}
    (site.programs / "docker").write_text(_DOCKER.format(**{k: shlex.quote(str(v)) for k, v in words.items()}))


def _places(site: Site) -> dict[str, str]:
    return {"REGISTRY": f"{site.registry}/{site.repository}", "REGISTRY_HOST": site.registry}


def _logins(made: Compiled, site: Site) -> dict[str, str]:
    """The secrets as the expert names them, which are those of the project on GitLab."""
    found = gitlab.secrets_of(made, site)
    return {name: found[name] for name in ("SITE_REGISTRY_USER", "SITE_REGISTRY_PASSWORD")}


def _empty(daemons: Sequence[Docker]) -> None:
    """Removes all but the image that each daemon began with."""

    def clear(docker: Docker) -> None:
        if containers := docker("ps", "--all", "--quiet").split():
            docker("rm", "--force", "--volumes", *containers)
        images = docker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
        others = [line.split()[1] for line in images if line.split(":")[0] not in (BASE_IMAGE, "recorder")]
        if others:
            docker("rmi", "--force", *dict.fromkeys(others), check=False)
        docker("image", "prune", "--force")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clear, daemons))


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
