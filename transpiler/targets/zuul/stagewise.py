"""A pipeline as one job for each stage: what each job receives from the jobs before it and passes on.

Values are passed by `zuul_return`, as base64 because Zuul would expand templates in them; images by the registry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpiler import registry_login, taken_images
from transpiler.ir import CredentialKind
from transpiler.profile import Profile
from transpiler.program import CredentialUse, PipelineProgram, Plan, StageProgram
from transpiler.quoting import sh
from transpiler.records import dataclass, replace
from transpiler.targets.zuul import settings, sources, view
from transpiler.targets.zuul.names import Names
from transpiler.targets.zuul.playbook import Part, Play, Secret, play, stage_task

_TIME = "setup.timestamp"
_REPOSITORY = "between-jobs"
_LOGIN = '"$values/login"'


@dataclass(frozen=True, slots=True)
class StagePlay:
    """One stage's playbook. `variable` is the variable with the values that earlier jobs returned: a map from file
    names in `$values` to base64.

    `images` is the name of passed images without their end: `image` of this stage ("" if it passes none on), `pulls` of
    earlier ones. `login` is the alias of the registry's secret, "" if no image is passed; `logging_in` are the shell
    lines that log in with it, and `logged_in` is the start of each command that needs the login; `taking` are the lines
    that take an image. `clock` is "own" if this job sets the run's timestamp, "given" if it receives it from an earlier
    job, and "" if it does not need it.
    """

    play: Play
    variable: str
    takes: tuple[str, ...]
    pulls: tuple[str, ...]
    gives: tuple[str, ...]
    image: str
    images: str
    login: str
    logging_in: tuple[str, ...]
    logged_in: str
    taking: tuple[str, ...]
    clock: str
    docker: str


def whole(pipeline: PipelineProgram, plan: Plan, profile: Profile) -> str:
    """Why a pipeline must be one job although the profile sets one for each stage; "" if it need not be."""
    post_review = settings.of(profile).post_review
    secret = settings.secret_name(profile.registry.credential, profile)
    checks = (
        (len(pipeline.stages) < 2, "it has one stage"),
        (
            any(name not in post_review for name in view.queues_of(pipeline, profile)),
            "before review it may not hold the registry's secret",
        ),
        (not view.queues_of(pipeline, profile), "it runs nowhere"),
        (
            profile.registry.method != "docker-push" or not secret,
            "images cannot travel without a secret for the registry",
        ),
        (pipeline.deciding is not None, "what was changed decides once for all its stages"),
        (any(s.copies for s in pipeline.stages), "its stages share files"),
        (any(s.containers for s in pipeline.stages), "its stages share containers"),
        (any(s.mail for s in pipeline.stages), "its mails read the values of the whole pipeline"),
        (plan.lanes is not None, "a semaphore would count its stages"),
        (_needs_time(pipeline) and len(_roots(pipeline)) > 1, "no one job is first and tells the others the time"),
    )
    return next((why for found, why in checks if found), "")


def stage_play(
    pipeline: PipelineProgram, stage: StageProgram, names: Names, profile: Profile, aliases: Mapping[str, str]
) -> StagePlay:
    """Returns the playbook of one stage's job."""
    alone = replace(pipeline, stages=(stage,), graph=replace(pipeline.graph, nodes=(stage.name,), edges=()))
    base = play(alone, profile, aliases)
    task = stage_task(stage, profile, aliases, after=(), condition="")
    read = {value.file for other in pipeline.stages if other is not stage for value in other.reads}
    root = stage.name in _roots(pipeline)
    clock = "own" if root and _needs_time(pipeline) else "given" if "timestamp" in stage.setup else ""
    logged_in = f"{registry_login.using(profile.container, _LOGIN)} {profile.container}"
    return StagePlay(
        play=replace(base, parts=(Part((task,), background=False),), started=False),
        variable=re.sub("[^A-Za-z0-9]", "_", f"transpipe_{names.prefix}_{pipeline.slug}"),
        takes=tuple(value.file for value in stage.reads),
        pulls=tuple(names.stages[pipeline.slug, name] for name in stage.images),
        gives=(
            *((_TIME,) if clock == "own" else ()),
            *(value.file for value in stage.binds if value.file in read),
        ),
        image=names.stages[pipeline.slug, stage.name] if stage.gives_image else "",
        images=f"{sources.harmless(profile.registry.push_name)}/{_REPOSITORY}:{{{{ zuul.buildset }}}}",
        login=aliases[settings.secret_name(profile.registry.credential, profile)] if travels(stage) else "",
        logging_in=_logging_in(profile),
        logged_in=logged_in,
        taking=_taking(logged_in, profile),
        clock=clock,
        docker=profile.container,
    )


def _logging_in(profile: Profile) -> tuple[str, ...]:
    name, lines = registry_login.function(profile.container)
    host = profile.registry.push_name.partition("/")[0]
    return (
        "set -eu",
        *lines,
        "read -r user # then the password",
        f'{name} {_LOGIN} {sh(registry_login.key(host))} "$user" "$(cat)"',
    )


def _taking(logged_in: str, profile: Profile) -> tuple[str, ...]:
    name, lines = taken_images.function(profile.container)
    return ("set -eu", f'pull_image() {{ {logged_in} pull --quiet "$1"; }}', *lines, f'{name} pull_image "$image"')


def secrets(stage: StageProgram, profile: Profile, aliases: dict[str, str]) -> tuple[Secret, ...]:
    """The secrets of a stage's job: those of its program, and the registry's if the job passes or receives an image."""
    registry = CredentialUse(profile.registry.credential, CredentialKind.USERNAME_PASSWORD, ())
    return view.secrets((*stage.credentials, *((registry,) if travels(stage) else ())), profile, aliases)


def note(pipeline: PipelineProgram, profile: Profile) -> tuple[str, ...]:
    """Comment lines about images in the registry, if the pipeline's jobs pass any."""
    if not any(travels(stage) for stage in pipeline.stages):
        return ()
    return (
        f"Images travel from job to job as {profile.registry.push_name}/{_REPOSITORY}:<buildset>-<pipeline>-<stage>.",
        "Nothing deletes them there: let the registry do it after some days.",
    )


def travels(stage: StageProgram) -> bool:
    """Whether the stage's job receives or passes on an image, and so needs the registry's secret."""
    return bool(stage.images or stage.gives_image)


def _needs_time(pipeline: PipelineProgram) -> bool:
    return any("timestamp" in stage.setup for stage in pipeline.stages)


def _roots(pipeline: PipelineProgram) -> tuple[str, ...]:
    followed = {b for _, b in pipeline.graph.edges}
    return tuple(name for name in pipeline.graph.nodes if name not in followed)
