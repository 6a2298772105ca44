"""What a stage does, before and after: first what it may reach and what it leaves behind, then its program."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler import ir
from transpiler.difference import written
from transpiler.difference.model import Change, How, Meaning, Topic
from transpiler.difference.things import changed, compared_fields, in_parts, members, patch, place
from transpiler.program import StageProgram
from transpiler.records import dataclass, replace

ENGINE = "the engine's own registry"
"""What a credential without an id is for."""

_LEFT = (
    (Topic.PUBLISHED, written.published),
    (Topic.PROMOTED, written.promoted),
    (Topic.TRIGGERED, written.triggered),
)
_HANDED = {
    "slug": "its name in files and jobs",
    "kinds": "the steps that it takes",
    "reads": "the values that it reads",
    "binds": "the values that it hands on",
    "images": "the images that it takes from other stages",
    "gives_image": "whether it hands on its image",
    "containers": "the containers that it takes from other stages",
    "copies": "the files that it hands on",
    "setup": "the facts of the run that it reads",
    "environment": "the variables of the job that it reads",
    "registry": "whether it needs the registry's name",
    "push_registry": "whether it pushes to another registry",
    "artifacts": "whether it needs the address of artifacts",
    "publishes": "the file that lists what it publishes",
    "releases": "the file that names its release",
    "uninstall": "how its release is removed",
    "takes": "whether it runs what another stage has published",
    "logins": "the registries that it logs in to",
    "services": "the services beside its container",
}
"""What a target does around a program, by the fields of a stage's program. A field without a title has its name."""

_TOLD = frozenset(
    {
        "name",
        "label",
        "lines",
        "archives",
        "reports",
        "credentials",
        "trigger",
        "mail",
        "timeout",
        "may_fail",
        "deployment",
        "approval",
    }
)
"""The fields that are compared in another way."""

_SEEN = frozenset({"kinds", "reads", "binds", "setup", "environment", "registry", "push_registry", "artifacts"})
"""Those that a program shows: where it has changed, they are not told once more."""


@dataclass(frozen=True, slots=True)
class StageSide:
    """One version of a stage: what it means, its program, and the stages that it waits for."""

    meant: ir.Stage
    program: StageProgram
    after: tuple[str, ...]


def compare_stage(pipeline: str, name: str, old: StageSide | None, new: StageSide | None) -> tuple[Change, ...]:
    """What changed in a stage that is there on one side at least."""
    return tuple(_changes(place(pipeline, name), old, new))


def alike(old: StageSide, new: StageSide) -> bool:
    """Whether two stages of different names do the same."""
    ours, theirs = old.program, new.program
    either = f"(?:{re.escape(ours.slug)}|{re.escape(theirs.slug)})"
    wanted = either.join(map(re.escape, "\n".join(theirs.lines).split(theirs.slug)))
    same = [bool(re.fullmatch(wanted, "\n".join(ours.lines))), ours.kinds == theirs.kinds]
    same += [_credentials(old) == _credentials(new)]
    same += [[*left(old.meant)] == [*left(new.meant)] for _, left in _LEFT]
    same += [
        old.meant.approval == new.meant.approval,
        written.deployed(old.meant) == written.deployed(new.meant),
        _limits(old) == _limits(new),
        _artifacts(old) == _artifacts(new),
        old.meant.mail == new.meant.mail,
    ]
    return all(same)


def meaning(changes: tuple[Change, ...], old: StageSide, new: StageSide) -> Meaning:
    """The verdict on a stage that is there on both sides."""
    if changes:
        return Meaning.DIFFERENT
    return Meaning.IDENTICAL if (old.program, old.meant) == (new.program, new.meant) else Meaning.SAME


def _changes(at: Change, old: StageSide | None, new: StageSide | None) -> Iterator[Change]:
    yield from _in_parts(at, old.meant if old else None, new.meant if new else None)
    yield from changed(Topic.CREDENTIAL, _credentials(old), _credentials(new), at)
    for topic, left in _LEFT:
        yield from members(topic, left(old.meant) if old else (), left(new.meant) if new else (), at)
    if not old or not new:
        side = new or old
        assert side
        how = How.ADDED if new else How.REMOVED
        waits = ", ".join(side.after)
        given = {"after": waits} if new else {"before": waits}
        lines = patch(old.program.lines if old else (), new.program.lines if new else ())
        yield replace(at, topic=Topic.STAGE, how=how, name=at.stage, patch=lines, **given)
        return
    lines = patch(old.program.lines, new.program.lines)
    if lines:
        yield replace(at, topic=Topic.PROGRAM, name=at.stage, patch=lines)
    yield from changed(Topic.LIMIT, _limits(old), _limits(new), at)
    yield from changed(Topic.ARTIFACT, _artifacts(old), _artifacts(new), at)
    yield from _mail(at, old, new)
    theirs = compared_fields(new.program)
    for field, before in compared_fields(old.program).items():
        after = theirs[field]
        if field in _TOLD or _unordered(before) == _unordered(after) or (lines and field in _SEEN):
            continue
        title = _HANDED.get(field, field.replace("_", " "))
        yield replace(at, topic=Topic.HANDOVER, name=title, before=_shown(before), after=_shown(after))


def _in_parts(at: Change, old: ir.Stage | None, new: ir.Stage | None) -> Iterator[Change]:
    asked = [written.approval(stage.approval) if stage else {} for stage in (old, new)]
    yield from in_parts(Topic.APPROVAL, asked[0], asked[1], written.NOT_ASKED, at)
    deployed = [written.deployed(stage) if stage else {} for stage in (old, new)]
    yield from in_parts(Topic.DEPLOYED, deployed[0], deployed[1], written.NOT_DEPLOYED, at)


def _credentials(side: StageSide | None) -> dict[str, str]:
    """By its id. A stage may have a credential twice, under different variables."""
    found: dict[str, list[str]] = {}
    for use in side.program.credentials if side else ():
        found.setdefault(use.id or ENGINE, []).append(written.credential(use))
    return {name: "; ".join(sorted(uses)) for name, uses in found.items()}


def _limits(side: StageSide) -> dict[str, str]:
    seconds, attempts = side.meant.timeout, side.meant.attempts
    found = {"timeout": f"{seconds} s" if seconds else "", "attempts": str(attempts or "")}
    return {name: limit for name, limit in found.items() if limit} | (
        {"allowFailure": "true"} if side.meant.may_fail else {}
    )


def _artifacts(side: StageSide) -> dict[str, str]:
    kinds = {True: "a folder", False: "a file", None: "a file or a folder"}
    late = {True: ", also after a failure", False: ""}
    found = {archive.path: kinds[archive.directory] + late[archive.late] for archive in side.program.archives}
    return found | {f"{report.path} ({report.kind})": kinds[report.directory] for report in side.program.reports}


def _mail(at: Change, old: StageSide, new: StageSide) -> Iterator[Change]:
    before, after = written.mail(old.meant.mail), written.mail(new.meant.mail)
    made = [(*mail.compose, *mail.send) if (mail := side.program.mail) else () for side in (old, new)]
    if before == after and made[0] == made[1]:
        return
    how = How.CHANGED if before and after else How.ADDED if after else How.REMOVED
    yield replace(at, topic=Topic.MAIL, how=how, name="when it fails", before=before, after=after, patch=patch(*made))


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    stage, key = getattr(value, "stage", None), getattr(value, "key", None)
    return f"{stage}.{key}" if stage is not None else str(value)
