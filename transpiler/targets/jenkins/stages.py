"""The values with which the templates write a stage: Jenkins' steps around its shell program.

Knows nothing of pipelines, nor of what the program does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from transpiler.ir import CredentialKind, ReportKind
from transpiler.profile import Profile
from transpiler.program import Archive, CredentialUse, MailProgram, StageProgram, TriggerCall
from transpiler.records import dataclass
from transpiler.targets.jenkins import settings
from transpiler.targets.jenkins.names import Names
from transpiler.targets.jenkins.pieces import PIECE, cut

# Files of editors and version control, which Ant, and so `archiveArtifacts`, excludes by default.
_DEFAULT_EXCLUDES = re.compile(
    r"(.*~|#.*#|\.#.*|%.*%|\._.*|CVS|\.cvsignore|SCCS|vssver\.scc|\.svn|\.git(attributes|ignore|modules)?"
    r"|\.hg(ignore|sub|substate|tags)?|\.bzr(ignore)?|\.DS_Store)"
)


ParameterView: TypeAlias = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """A credential binding around a program: its name, and its arguments in order."""

    step: str
    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """An Ant pattern, and whether Ant would exclude the file by default."""

    pattern: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class TriggerView:
    """Another job to trigger: its name on Jenkins, and its parameters as (name, text or None, file in `$values`)."""

    job: str
    parameters: tuple[ParameterView, ...]
    wait: bool
    propagate: bool


@dataclass(frozen=True, slots=True)
class MailView:
    """The mail for a failed stage: its three texts, or the method and lines that write these texts to files."""

    literal: tuple[str, str, str] | None
    method: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Additional methods of a stage that is too large for one, each with its items. `archives` are called one after
    another; the others return parts of a list."""

    bindings: tuple[tuple[str, tuple[Binding, ...]], ...]
    archives: tuple[tuple[str, tuple[ArchiveView, ...]], ...]
    parameters: tuple[tuple[str, tuple[ParameterView, ...]], ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A step that shows reports: its first words, and the Ant pattern of the files."""

    step: str
    pattern: str
    end: str
    what: str


_REPORTS = {
    # Whether tests that failed fail the stage, its program decides, as on every engine.
    ReportKind.JUNIT: (
        "junit testResults: ",
        ", allowEmptyResults: true, skipMarkingBuildUnstable: true",
        "The test results were not read",
    ),
    ReportKind.COBERTURA: (
        "recordCoverage tools: [[parser: 'COBERTURA', pattern: ",
        "]], ignoreParsingErrors: true",
        "The coverage was not read",
    ),
}
PLUGINS = {ReportKind.JUNIT: "junit", ReportKind.COBERTURA: "coverage"}
"""The plugin that shows each kind of report."""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage's method. `late` are archived even if the program has failed, and then the `reports` are shown. If it
    has a `crowd`, its credentials, archives and parameters are in other methods. `deployed` is what the build's
    description says when it has succeeded, if anything."""

    method: str
    name: str
    slug: str
    label: str
    lines: tuple[str, ...]
    bindings: tuple[Binding, ...]
    archives: tuple[ArchiveView, ...]
    late: tuple[ArchiveView, ...]
    reports: tuple[ReportView, ...]
    may_fail: str
    trigger: TriggerView | None
    mail: MailView | None
    crowd: Crowd | None
    deployed: str


def stage_view(
    stage: StageProgram, method: str, names: Names, profile: Profile, trigger: TriggerCall | None
) -> StageView:
    """Returns the view of one stage. Raises TargetTooLarge."""
    bindings = tuple(binding(use, profile) for use in stage.credentials)
    archives = tuple(_archive(archive) for archive in stage.archives if not archive.late)
    called = _trigger(trigger, profile) if trigger else None
    return StageView(
        method=method,
        name=stage.name,
        slug=stage.slug,
        label=stage.label,
        lines=stage.lines,
        bindings=bindings,
        archives=archives,
        late=_together([_archive(archive) for archive in stage.archives if archive.late]),
        reports=tuple(_reports(stage)),
        may_fail=stage.may_fail,
        trigger=called,
        mail=_mail(stage.mail, method, names) if stage.mail else None,
        crowd=_crowd(stage.name, method, names, bindings, archives, called.parameters if called else ()),
        deployed=stage.deployment.shown if stage.deployment and not stage.may_fail else "",
    )


def _crowd(
    stage: str,
    method: str,
    names: Names,
    bindings: tuple[Binding, ...],
    archives: tuple[ArchiveView, ...],
    parameters: tuple[ParameterView, ...],
) -> Crowd | None:
    if len(bindings) + len(archives) + len(parameters) <= PIECE:
        return None
    has, split = f"stage {stage} has", "split the stage in two"
    return Crowd(
        cut(bindings, lambda: names.method(method, "credentials"), has, "credentials", split),
        cut(archives, lambda: names.method(method, "archives"), has, "archived copies", split),
        cut(
            parameters,
            lambda: names.method(method, "parameters"),
            has,
            "trigger parameters",
            "pass several values in one parameter",
        ),
    )


def _mail(mail: MailProgram, method: str, names: Names) -> MailView:
    if mail.literal:
        return MailView(mail.literal, "", ())
    return MailView(None, names.method(method, "mail"), (*mail.compose, *mail.files))


def binding(use: CredentialUse, profile: Profile) -> Binding:
    id_ = ("credentialsId", "".join(profile.names(use.id, settings.NAME)) or use.id)
    match use.kind:
        case CredentialKind.SECRET_TEXT:
            return Binding("string", (id_, ("variable", use.variables[0])))
        case CredentialKind.FILE:
            return Binding("file", (id_, ("variable", use.variables[0])))
        case CredentialKind.SSH_KEY:
            return Binding("sshUserPrivateKey", (id_, ("keyFileVariable", use.variables[0])))
        case CredentialKind.USERNAME_PASSWORD:
            user, password = use.variables
            return Binding("usernamePassword", (id_, ("usernameVariable", user), ("passwordVariable", password)))


def _archive(archive: Archive) -> ArchiveView:
    packed = f"{archive.path}.tar.gz"
    pattern = {True: packed, False: archive.path, None: f"{archive.path},{packed}"}[archive.directory]
    return ArchiveView(pattern, any(_DEFAULT_EXCLUDES.fullmatch(name) for name in archive.path.split("/")))


def _together(archives: list[ArchiveView]) -> tuple[ArchiveView, ...]:
    """The archives in one step, or in two: none of them must be there."""
    found = (
        ArchiveView(",".join(a.pattern for a in archives if a.excluded is excluded), excluded)
        for excluded in (False, True)
    )
    return tuple(archive for archive in found if archive.pattern)


def _reports(stage: StageProgram) -> Iterator[ReportView]:
    for kind in ReportKind:
        if patterns := [pattern for r in stage.reports if r.kind is kind for pattern in r.patterns]:
            begin, end, what = _REPORTS[kind]
            yield ReportView(begin, ",".join(dict.fromkeys(patterns)), end, what)


def _trigger(call: TriggerCall, profile: Profile) -> TriggerView:
    return TriggerView(
        profile.job(call.name, settings.NAME),
        tuple((parameter.name, parameter.text, parameter.file) for parameter in call.parameters),
        call.wait,
        call.propagate,
    )


def reads_values(stage: StageView) -> bool:
    composed = stage.mail is not None and stage.mail.literal is None
    return composed or (stage.trigger is not None and any(text is None for _, text, _ in stage.trigger.parameters))
