"""The environment of stage programs on this machine: the values of `setup`, the variables of Zuul v2, credentials.

Credentials are read from the caller's environment, from the variables that `docs/running-locally.md` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from transpiler.files import is_file
from transpiler.ir import CredentialKind, Event
from transpiler.local.checkout import Source
from transpiler.profile import Profile
from transpiler.program import CredentialUse, PipelineProgram, Plan, StageProgram, setup_variable
from transpiler.records import dataclass
from transpiler.targets import TARGETS


@dataclass(frozen=True, slots=True)
class MissingCredential:
    """A credential that the caller's environment does not have. For each tuple in `wanted`, one of its variables must
    be set; `why` is what is wrong with them."""

    id: str
    stage: str
    wanted: tuple[tuple[str, ...], ...]
    why: str = "is not set"


@dataclass(frozen=True, slots=True)
class World:
    """The values that are the same for all stages of a run. `caller` is the environment of the command; `timestamp` is
    UTC, in the form of `${setup.timestamp}`; `parameters` are the parameters of the run; `event` is the one that
    `--event` names, None without the option."""

    source: Source
    profile: Profile
    caller: Mapping[str, str]
    timestamp: str
    parameters: Mapping[str, str]
    event: Event | None = None

    @property
    def tag(self) -> str:
        """The git tag at the commit, "" if there is none, or if `--event` says that this is a change or a merge."""
        return self.source.tag if self.event in (None, Event.TAG) else ""

    @property
    def branch(self) -> str:
        """The current branch, "" if `--event` says that this is a tag, because a tag belongs to no branch."""
        return "" if self.event is Event.TAG else self.source.branch

    @property
    def ref(self) -> str:
        """The full name of the branch or tag, "" if there is neither."""
        if self.branch:
            return f"refs/heads/{self.branch}"
        return f"refs/tags/{self.tag}" if self.tag else ""


def names(use: CredentialUse, profile: Profile) -> tuple[tuple[str, ...], ...]:
    """For each variable of a credential, the caller's variables from which it is read; the first that is set is
    used."""
    own = "TRANSPIPE_CREDENTIAL_" + re.sub(r"[^A-Z0-9]", "_", use.id.upper())
    named = [profile.names(use.id, target.name) for target in TARGETS.values() if target.needs.IN_VARIABLES]
    theirs = [variables for variables in named if len(variables) == len(use.variables)]
    ends = ("_USERNAME", "_PASSWORD") if use.kind is CredentialKind.USERNAME_PASSWORD else ("",)
    return tuple(tuple(filter(None, alike)) for alike in zip([own + end for end in ends], *theirs, strict=True))


def missing_credentials(plan: Plan, profile: Profile, caller: Mapping[str, str]) -> tuple[MissingCredential, ...]:
    """The credentials that the plan needs and the caller's environment does not have, each once. A login to pull is
    optional, because this machine may be logged in."""
    found: dict[str, MissingCredential] = {}
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for use in (use for use in stage.credentials if not use.optional):
                problem = _problem(use, f"{pipeline.name}/{stage.name}", profile, caller)
                if problem:
                    found.setdefault(use.id, problem)
    return tuple(found.values())


def _problem(use: CredentialUse, stage: str, profile: Profile, caller: Mapping[str, str]) -> MissingCredential | None:
    wanted = names(use, profile)
    missing = tuple(these for these in wanted if _first(these, caller) is None)
    if missing:
        return MissingCredential(use.id, stage, missing)
    if use.kind.is_file and not is_file(_first(wanted[0], caller) or ""):
        return MissingCredential(use.id, stage, wanted, "names no file")
    return None


def _first(wanted: Iterable[str], caller: Mapping[str, str]) -> str | None:
    return next((caller[name] for name in wanted if name in caller), None)


def base(world: World, plan: Plan) -> dict[str, str]:
    """The caller's environment without credentials. `of_stage` adds those that a stage's program needs."""
    secret = {
        name
        for pipeline in plan.pipelines
        for stage in pipeline.stages
        for use in stage.credentials
        for these in names(use, world.profile)
        for name in these
    }
    return {name: value for name, value in world.caller.items() if name not in secret}


def of_pipeline(world: World, run: str, values: Path, logs: Path, artifacts: Path) -> dict[str, str]:
    """The variables of every program of a pipeline, and of its teardown."""
    return {
        "run": run,
        "values": str(values),
        "registry": world.profile.registry.name,
        "push_registry": world.profile.registry.push_name,
        "artifacts": artifacts.as_uri(),
        "setup_logURL": logs.as_uri() + "/",
    }


def of_stage(world: World, plan: Plan, pipeline: PipelineProgram, stage: StageProgram) -> dict[str, str]:
    """The additional variables of one stage's program: the values and variables that it or its mail reads, and its
    credentials."""
    setup = {*stage.setup, *(stage.mail.setup if stage.mail else ())} - {"logURL"}
    values = _setup(world, plan, pipeline)
    found = {setup_variable(key): _value(key, values, world) for key in sorted(setup)}
    provided = _provided(world, plan)
    found |= {name: provided.get(name, world.caller.get(name, "")) for name in stage.environment}
    return found | dict(_credentials(stage, world))


def _setup(world: World, plan: Plan, pipeline: PipelineProgram) -> dict[str, str]:
    source = world.source
    project = plan.project or source.project
    return {
        "pipeline": pipeline.name,
        "project": project,
        "projectShortName": project.rpartition("/")[2],
        "commit": source.commit,
        "branch": world.branch,
        "remote": source.remote,
        "tag": world.tag,
        "timestamp": world.timestamp,
        # the values that Jenkins' checkout returns
        "GIT_COMMIT": source.commit,
        "GIT_BRANCH": world.branch,
        "GIT_LOCAL_BRANCH": world.branch,
        "GIT_URL": source.remote,
        **{f"params.{name}": value for name, value in _provided(world, plan).items()},
    }


def _value(key: str, values: Mapping[str, str], world: World) -> str:
    given = world.parameters.get(key.removeprefix("params.")) if key.startswith("params.") else None
    return given if given is not None else values.get(key, "")


def _provided(world: World, plan: Plan) -> dict[str, str]:
    """The variables that every engine sets; those that this machine cannot know are empty."""
    source = world.source
    empty = dict.fromkeys(("ZUUL_CHANGE", "ZUUL_PATCHSET", "ZUUL_PIPELINE", "ZUUL_UUID", "ZUUL_URL"), "")
    return empty | {
        "ZUUL_BRANCH": world.branch,
        "ZUUL_COMMIT": source.commit,
        "ZUUL_REF": world.ref,
        "ZUUL_PROJECT": plan.project or source.project,
    }


def _credentials(stage: StageProgram, world: World) -> Iterator[tuple[str, str]]:
    for use in stage.credentials:
        for variable, wanted in zip(use.variables, names(use, world.profile), strict=True):
            value = _first(wanted, world.caller) or ""
            yield variable, str(Path(value).absolute()) if use.kind.is_file else value
