"""Plans the changes after which a server has the jobs that repositories define, by comparing values.

It sends no requests; `inspect.py` reads single jobs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from transpiler.jenkins_sync import ownership
from transpiler.jenkins_sync.jobs import marker, naming
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.ownership import Scope
from transpiler.jenkins_sync.server.listing import Item, Server
from transpiler.records import dataclass, replace


class State(StrEnum):
    """What is to be done with a job, or what is wrong with it."""

    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    UNCHANGED = "unchanged"
    DRIFTED = "drifted"
    CONFLICT = "conflict"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Entry:
    """One job. `wanted` is None for an orphan; `item` is the job on the server, None if there is none, and the one with
    the old name for a rename. `why` is a sentence for people; `diff` are the lines of a patch, if the job was
    inspected. `kept`: an orphan that `--prune` does not delete, because it may belong to another repository."""

    state: State
    path: str
    wanted: Wanted | None
    item: Item | None = None
    why: str = ""
    diff: tuple[str, ...] = ()
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The entries, sorted by name. `folders` must be made, outer ones first. `emptied` are folders that transpipe made
    and that have only orphans, inner ones first."""

    entries: tuple[Entry, ...]
    folders: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()


def make(wanted: Sequence[Wanted], server: Server, scope: Scope) -> Plan:
    """Makes the plan from the jobs' descriptions, without reading their config.xml."""
    by_name: dict[str, list[Wanted]] = defaultdict(list)
    for job in wanted:
        by_name[naming.fold(job.path)].append(job)
    inside = {naming.fold(f) for job in wanted for f in naming.ancestors(naming.split(job.path)[0])}
    entries = [
        Entry(State.CONFLICT, jobs[0].path, jobs[0], None, ownership.rivals(jobs))
        if len(jobs) > 1
        else _compared(jobs[0], server, is_folder=key in inside, adopt=scope.adopt)
        for key, jobs in by_name.items()
    ]
    entries = sorted(
        _with_renames(entries, list(_orphans(server, scope, by_name))),
        key=lambda entry: (naming.fold(entry.path), entry.why),
    )
    return Plan(tuple(entries), _missing(entries, server), tuple(_emptied(entries, server)))


def _orphans(server: Server, scope: Scope, by_name: Container[str]) -> Iterator[Entry]:
    """The jobs that no config defines. Those that may belong to another repository are `kept`."""
    marked = [(item, item.mark) for item in server.items() if item.mark and item.mark.owner != marker.FOLDER]
    origins = ownership.origins(mark for _, mark in marked)
    for item, mark in marked:
        if scope.covers(mark) and naming.fold(item.path) not in by_name:
            kept = scope.kept(mark, origins)
            why = f"{kept}: --prune deletes it only with --adopt" if kept else "no config asks for it any longer"
            yield Entry(State.ORPHAN, item.path, None, item, why, kept=bool(kept))


def _compared(job: Wanted, server: Server, *, is_folder: bool, adopt: bool) -> Entry:
    item = server.item(job.path)
    spelt = f"on the server its name is {item.path}" if item and item.path != job.path else ""
    if why := "other jobs need a folder of this name" if is_folder else _obstacle(job, item, server, adopt=adopt):
        return Entry(State.CONFLICT, job.path, job, item, _listed(why, spelt))
    if item is None or item.mark is None:
        return Entry(State.CREATE, job.path, job)
    if item.mark.digest != job.digest:
        why = "it was written, but not yet read back" if item.mark.digest == marker.UNCHECKED else ""
        return Entry(State.UPDATE, job.path, job, item, _listed(why, ownership.taken(job, item.mark), spelt))
    if why := ownership.taken(job, item.mark):
        return Entry(State.UPDATE, job.path, job, item, _listed(why, spelt))
    if item.mark.source != job.source:
        return Entry(State.UPDATE, job.path, job, item, _listed(f"its source was {item.mark.source}", spelt))
    if marker.normal(item.description) != marker.normal(job.description):
        # The digest agrees, so this is not an older form of the description.
        return Entry(State.DRIFTED, job.path, job, item, _listed("its description was edited by hand", spelt))
    return Entry(State.UNCHANGED, job.path, job, item, spelt)


def _listed(*sentences: str) -> str:
    return "; ".join(sentence for sentence in sentences if sentence)


def _obstacle(job: Wanted, item: Item | None, server: Server, *, adopt: bool) -> str:
    """Why the job cannot be created or changed, "" if it can."""
    for folder in naming.ancestors(naming.split(job.path)[0]):
        listing, there = server.folders.get(naming.fold(folder)), server.item(folder)
        if (listing and not listing.takes_jobs) or (there and not there.is_folder):
            return f"{folder} on the server is not a folder"
    if item is None:
        return ""
    if item.mark is None:
        return "a job of this name exists that transpipe did not create"
    if why := ownership.obstacle(job, item.mark, adopt=adopt):
        return why
    if item.java_class != job.java_class:
        kind = item.java_class.rpartition(".")[2]
        return f"on the server it is a {kind}, and Jenkins cannot change a job's kind: rename or delete it by hand"
    return ""


def _with_renames(entries: list[Entry], orphans: list[Entry]) -> Iterator[Entry]:
    """The entries, with renames, and the orphans that are left. If an orphan and a new job are perhaps the same, a note
    is added to both.

    A job is renamed if the orphan is for the same pipeline of the same config. Jenkins can rename only within a folder.
    """
    sources = {(e.item.mark.owner, e.item.mark.source, e.kept): e for e in orphans if e.item and e.item.mark}
    renamed: set[str] = set()
    for entry in entries:
        job = entry.wanted
        new = job is not None and entry.state is State.CREATE
        old = sources.get((job.owner, job.source, False)) if job and new else None
        if old is None or old.item is None or job is None or old.path in renamed:
            kept = sources.get((job.owner, job.source, True)) if job and new else None
            yield replace(entry, why=f"with --adopt {kept.path} is renamed instead") if kept else entry
            continue
        renamed.add(old.path)
        same_folder = naming.fold(naming.split(old.path)[0]) == naming.fold(naming.split(job.path)[0])
        if same_folder and old.item.java_class == job.java_class:
            yield Entry(State.RENAME, job.path, job, old.item, f"it was {old.path}")
        else:
            yield replace(entry, why=f"it was {old.path}, where its builds remain")
            yield replace(old, why=f"it is {job.path} now")
    yield from (orphan for orphan in orphans if orphan.kept)
    rest = [orphan for orphan in orphans if orphan.path not in renamed and not orphan.kept]
    yield from _guesses(entries, rest)


def _guesses(entries: list[Entry], orphans: list[Entry]) -> Iterator[Entry]:
    """The orphans. If an owner has exactly one orphan and one new job, a note says that they may be the same."""
    new: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.wanted and entry.state is State.CREATE:
            new[entry.wanted.owner].append(entry.path)
    owners = [orphan.item.mark.owner for orphan in orphans if orphan.item and orphan.item.mark]
    for orphan, owner in zip(orphans, owners, strict=True):
        if owners.count(owner) == 1 and len(new[owner]) == 1:
            why = f"it may be {new[owner][0]} now: to keep its builds, rename it on the server before `apply`"
            yield replace(orphan, why=why)
        else:
            yield orphan


def _missing(entries: Iterable[Entry], server: Server) -> tuple[str, ...]:
    """The folders that must be made, outer ones first."""
    needed = dict.fromkeys(
        folder
        for entry in entries
        if entry.state is State.CREATE
        for folder in naming.ancestors(naming.split(entry.path)[0])
    )
    known: Mapping[str, object] = server.folders
    missing = {naming.fold(f): f for f in needed if known.get(naming.fold(f), True) is None}
    return tuple(sorted(missing.values(), key=lambda folder: (folder.count("/"), folder)))


def _emptied(entries: Iterable[Entry], server: Server) -> Iterator[str]:
    """The folders that transpipe made and that would be empty without the orphans, inner ones first."""
    going = {naming.fold(entry.path) for entry in entries if entry.state is State.ORPHAN and not entry.kept}
    wanted = {naming.fold(f) for e in entries if e.wanted for f in naming.ancestors(naming.split(e.path)[0])}
    folders = [item for item in server.items() if item.is_folder and item.mark and item.mark.owner == marker.FOLDER]
    for item in sorted(folders, key=lambda item: -item.path.count("/")):
        key = naming.fold(item.path)
        listing = server.folders.get(key)
        if listing and key not in wanted and going.issuperset(listing.items):
            going.add(key)
            yield item.path
