"""The values for the template of a playbook that runs a whole pipeline.

Stages that run one after another are plain tasks, whose output Zuul shows while they run. If the graph forks, the
stages up to the point where it joins again are all started in the background, and each waits for its predecessors, so
that there is no order in addition to the graph's. Knows nothing of jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from transpiler.ir import CredentialKind
from transpiler.profile import Profile
from transpiler.program import Archive, CredentialUse, PipelineProgram, StageProgram
from transpiler.records import dataclass
from transpiler.targets import job_limits
from transpiler.targets.grouping import rows
from transpiler.targets.zuul import settings, sources

# The program is one argument of the shell, and Linux limits an argument to 128 KiB.
_ARGUMENT = 100_000
_KEYS = {
    CredentialKind.SECRET_TEXT: ("token",),
    CredentialKind.USERNAME_PASSWORD: ("username", "password"),
    CredentialKind.FILE: ("file",),
    CredentialKind.SSH_KEY: ("file",),
}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of a job: `alias` is its variable in playbooks, `name` its name in Zuul, `keys` its keys."""

    alias: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An archived file: `path` is in the checkout, `url` is relative to the build's logs, `directory` as in `Archive`.
    `condition` is an Ansible expression that is true if the `stage` has succeeded, "" if it always has, or if the file
    is `late`: then it is kept if it is there. `report` is the kind of a report, else ""."""

    path: str
    url: str
    directory: bool | None
    condition: str
    stage: str
    late: bool = False
    report: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A line of the build's report about what a `stage` has deployed; `condition` as in `Kept`."""

    line: str
    condition: str
    stage: str


@dataclass(frozen=True, slots=True)
class StageTask:
    """A stage's task. `title` is the task's name; `secrets` are (variable, Ansible expression); `head` are shell lines
    before the program; `after` are the slugs of stages that it waits for in the background; `file`: the program is
    written to a file first, because it is too long for an argument; `marked`: a failure is recorded for the mail;
    `logs_in`: the program writes the registry's password to a file; `triggers`: it triggers another job; `late`: files
    are kept even if it fails; `may_fail` is the file that says that it has, which is allowed, "" if it may not."""

    title: str
    slug: str
    lines: tuple[str, ...]
    head: tuple[str, ...]
    secrets: tuple[tuple[str, str], ...]
    after: tuple[str, ...]
    file: bool
    marked: bool
    logs_in: bool
    triggers: bool
    kept: tuple[Kept, ...]
    deployed: Deployed | None
    late: bool = False
    may_fail: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One stage in the foreground, or several in parallel in the background."""

    stages: tuple[StageTask, ...]
    background: bool

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of the stages."""
        return tuple(stage.slug for stage in self.stages)

    @property
    def waits(self) -> bool:
        """Whether a stage waits for another stage of the part."""
        return any(stage.after for stage in self.stages)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The files that the stages archive."""
        return tuple(kept for stage in self.stages for kept in stage.kept)

    @property
    def deployed(self) -> tuple[Deployed, ...]:
        """What the report says about deployments of the stages."""
        return tuple(stage.deployed for stage in self.stages if stage.deployed)


@dataclass(frozen=True, slots=True)
class Play:
    """A pipeline's playbook. `folders` are directories in `$values`; `published` are files there that list pushed
    images; `deciding` is the program that decides whether it runs, if it does not always; `triggers`: other jobs start
    after it; `on_exit` are shell lines that run at the end of a stage."""

    title: str
    environment: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]
    submodules: str
    head: bool
    started: bool
    cacheable: bool
    on_exit: tuple[str, ...]
    waits: bool
    seconds: int
    parts: tuple[Part, ...]
    published: tuple[str, ...]
    deciding: tuple[str, ...] = ()
    triggers: bool = False


def play(pipeline: PipelineProgram, profile: Profile, aliases: Mapping[str, str]) -> Play:
    """Returns the playbook of a pipeline; `aliases` are the variables of its secrets, by their names in Zuul."""
    stages = pipeline.stages
    mails = tuple(s.mail for s in stages if s.mail and s.mail.send)
    parts = tuple(_part(pipeline, names, profile, aliases, background=len(names) > 1) for names in rows(pipeline.graph))
    variables = sources.environment(stages, (), profile)
    mailed = sources.environment((), mails, profile)
    tasks = tuple(stage for part in parts for stage in part.stages)
    background = any(part.background for part in parts)
    return Play(
        title=pipeline.name,
        environment=variables,
        folders=_folders(tasks, background=background),
        submodules=_submodules(pipeline),
        head=sources.reads((*variables, *mailed), sources.HEAD),
        started=sources.reads((*variables, *mailed), sources.STARTED),
        cacheable=bool(mailed),
        on_exit=_on_exit(tasks, profile, background=background),
        waits=any(part.waits for part in parts),
        seconds=job_limits.raised(settings.of(profile).timeout, stages),
        parts=parts,
        published=tuple(s.publishes for s in stages if s.publishes),
        deciding=pipeline.deciding.lines if pipeline.deciding else (),
        triggers=any(task.triggers for task in tasks),
    )


def secret_keys(use: CredentialUse) -> tuple[str, ...]:
    """The keys that a secret for this credential must have, in the order of the credential's variables."""
    return _KEYS[use.kind]


def title(name: str, slug: str) -> str:
    """The name of a task: the stage's name, followed by its slug if that differs, so that `read` can find it."""
    return name if name == slug else f"{name} ({slug})"


def _part(
    pipeline: PipelineProgram, names: tuple[str, ...], profile: Profile, aliases: Mapping[str, str], *, background: bool
) -> Part:
    by_name = {stage.name: stage for stage in pipeline.stages}
    before: dict[str, list[str]] = {name: [] for name in names}
    for a, b in pipeline.graph.edges:
        if a in before and b in before:
            before[b].append(by_name[a].slug)
    tasks = tuple(
        stage_task(
            by_name[name],
            profile,
            aliases,
            after=tuple(before[name]),
            condition=f"transpipe_ended.results[{i}].rc == 0" if background else "",
        )
        for i, name in enumerate(names)
    )
    return Part(tasks, background)


def stage_task(
    stage: StageProgram, profile: Profile, aliases: Mapping[str, str], *, after: tuple[str, ...], condition: str
) -> StageTask:
    """The task of one stage. If the stage runs in the background, `condition` is an Ansible expression that is true if
    it has succeeded."""
    secrets = tuple(
        (variable, f"{aliases[settings.secret_name(use.id, profile)]}.{key}", use.kind.is_file)
        for use in stage.credentials
        for variable, key in zip(use.variables, _KEYS[use.kind], strict=True)
    )
    marked, archives = bool(stage.mail and stage.mail.send), stage.archives
    late = any(archive.late for archive in archives)
    succeeded = condition or ("transpipe_end.rc == 0" if late else "")
    logs_in = bool(stage.logins) or any(use.id == profile.registry.credential for use in stage.credentials)
    shown = stage.deployment.shown if stage.deployment and not stage.may_fail else ""
    read_once = " ".join(_place(stage.slug, variable) for variable, _, file in secrets if not file)
    return StageTask(
        title=title(stage.name, stage.slug),
        slug=stage.slug,
        lines=stage.lines,
        head=(
            *(('trap "$on_exit" EXIT',) if condition or marked or secrets or logs_in else ()),
            *(_bind(stage.slug, variable, file=file) for variable, _, file in secrets),
            *((f"rm {read_once}",) if read_once else ()),
            *(('eval "$turn"',) if after else ()),
            *(('touch "$values/failed/$stage" # until it has succeeded',) if marked else ()),
        ),
        secrets=tuple((variable, expression) for variable, expression, _ in secrets),
        after=after,
        file=too_long(stage.lines),
        marked=marked,
        logs_in=logs_in,
        triggers=stage.trigger is not None,
        kept=tuple(_kept(archive, stage, succeeded) for archive in archives),
        late=late,
        may_fail=stage.may_fail,
        deployed=Deployed(f"deployed to {shown}", succeeded, stage.slug) if shown else None,
    )


def too_long(lines: tuple[str, ...]) -> bool:
    """Whether a program is too long to be an argument of the shell."""
    return len("\n".join(lines).encode("utf-8", "surrogatepass")) > _ARGUMENT


def _bind(slug: str, variable: str, *, file: bool) -> str:
    place = _place(slug, variable)
    return f"export {variable}={place}" if file else f'export {variable}="$(cat {place})"'


def _place(slug: str, variable: str) -> str:
    return f'"$values/secret/{slug}/{variable}"'


def _on_exit(tasks: tuple[StageTask, ...], profile: Profile, *, background: bool) -> tuple[str, ...]:
    """The lines that run at the end of a stage, after `rc=$?`. They remove files with secrets, among other things."""
    login = '"$values/$stage.auth.json"' if profile.container == "podman" else '"$values/$stage.docker"'
    private = (
        *(('"$values/secret/$stage"',) if any(task.secrets for task in tasks) else ()),
        *((login,) if any(task.logs_in for task in tasks) else ()),
    )
    return (
        *((f"rm -rf {' '.join(private)}",) if private else ()),
        *(('[ $rc != 0 ] || rm -f "$values/failed/$stage"',) if any(task.marked for task in tasks) else ()),
        *(('echo $rc > "$values/ended/$stage"',) if background else ()),
    )


def _kept(archive: Archive, stage: StageProgram, condition: str) -> Kept:
    path = f"{archive.path}.tar.gz" if archive.directory else archive.path
    report = next((report.kind.value for report in stage.reports if report.path == archive.path), "")
    url, condition = f"artifacts/{quote(path)}", "" if archive.late else condition
    return Kept(path, url, archive.directory, condition, stage.slug, archive.late, report)


def _submodules(pipeline: PipelineProgram) -> str:
    if not pipeline.fetch.submodules:
        return ""
    depth = f" --depth {pipeline.fetch.depth}" if pipeline.fetch.shallow else ""
    # Zuul sets the remote to a URL that does not exist, so relative URLs of submodules need another base.
    init = 'git -c "remote.origin.url=$remote" submodule --quiet init'
    return f"[ ! -e .gitmodules ] || {{ {init} && git submodule update --init --recursive{depth}; }}"


def _folders(tasks: tuple[StageTask, ...], *, background: bool) -> tuple[str, ...]:
    return tuple(
        folder
        for folder, wanted in (
            ("log", background),
            ("ended", background),
            ("failed", any(task.marked for task in tasks)),
            ("program", any(task.file for task in tasks)),
        )
        if wanted
    )
