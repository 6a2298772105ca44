"""Creates, changes, renames or deletes one job, so that at any time it is either the old one or the new one.

If an answer was lost, it checks whether the request had its effect. It does not decide about the order of jobs.
"""

from __future__ import annotations

from enum import StrEnum

from transpiler.jenkins_sync.inspect import Found, found
from transpiler.jenkins_sync.jobs import canonical, marker, naming, plugins, xml
from transpiler.jenkins_sync.jobs.marker import UNCHECKED, Mark
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.plan import Entry, State
from transpiler.jenkins_sync.server.client import Client
from transpiler.jenkins_sync.server.failures import Broken, JenkinsFailure, NotThere, Refused
from transpiler.jenkins_sync.server.listing import read_folder, read_item
from transpiler.records import dataclass

_XML = "application/xml"
# For this request, Jenkins decodes the body by the charset in the header.
_XML_TEXT = "text/xml; charset=utf-8"


class Done(StrEnum):
    """What was done with a job."""

    CREATED = "created"
    UPDATED = "updated"
    RENAMED = "renamed"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    LEFT = "left"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one job or folder. `state` is its state in the plan; `why` is a sentence for people, or ""."""

    path: str
    done: Done
    state: State | None = None
    why: str = ""


class NotKept(JenkinsFailure):
    """Jenkins accepted a job but silently dropped parts of it; `classes` are those that it does not know."""

    def __init__(self, message: str, classes: frozenset[str]) -> None:
        super().__init__(message)
        self.classes = classes


class Drifted(Exception):
    """The job was changed after the plan was made; the message says how."""


def write(entry: Entry, client: Client, *, force: bool, check: bool) -> Result:
    """Creates or changes the job of an entry. With `check`, it is read back, and gets its final digest only then.

    Raises NotKept, Drifted and JenkinsFailure.
    """
    job = entry.wanted
    assert job
    first = UNCHECKED if check else job.digest
    disabled = False
    if entry.item is None:
        _create(job, client, first)
        done = Result(job.path, Done.CREATED, entry.state)
    else:
        there = found(client, entry.item.path, job)
        disabled = there.disabled
        done = _change(entry, job, client, first, there, force=force)
    if check:
        # By its name on the server, which may differ in case.
        _confirm(job, client)
        _post(job, client, job.path, job.digest, disabled=disabled)
    return done


def _create(job: Wanted, client: Client, digest: str, *, disabled: bool = False) -> None:
    folder, name = naming.split(job.path)
    what, body = f"creating {job.path}", job.xml(digest, disabled=disabled)
    try:
        client.post(folder, "createItem", what, query={"name": name}, body=body, content_type=_XML)
    except (Refused, Broken):
        item = read_item(client, job.path)
        if item is None:
            raise
        if item.mark is None or item.mark != job.mark._replace(digest=digest):
            raise Drifted("somebody else created a job of this name in the meantime") from None


def _change(entry: Entry, job: Wanted, client: Client, digest: str, there: Found, *, force: bool) -> Result:
    assert entry.item
    place = entry.item.path
    was = entry.item.mark
    if there.mark is None or there.mark.owner != job.owner:
        raise Drifted("it no longer belongs to transpipe")
    if there.mark.origin not in (job.origin.name, was.origin if was else ""):
        raise Drifted(f"in the meantime {there.mark.origin} wrote it, and this is {job.origin}")
    if there.drifted and not force:
        raise Drifted("its configuration was edited by hand: --force overwrites it")
    if naming.fold(place) == naming.fold(job.path):
        _post(job, client, place, digest, disabled=there.disabled)
        return Result(job.path, Done.UPDATED, entry.state, entry.why)
    if _rename(place, job, there.mark, client):
        _post(job, client, job.path, digest, disabled=there.disabled)
        return Result(job.path, Done.RENAMED, entry.state, f"it was {place}")
    _create(job, client, digest, disabled=there.disabled)
    return Result(job.path, Done.CREATED, entry.state, f"it was {place}, which this server cannot rename")


def _rename(place: str, job: Wanted, mark: Mark, client: Client) -> bool:
    """Renames the job, which keeps its builds. Returns False if the server cannot rename."""
    try:
        name = naming.split(job.path)[1]
        client.post(place, "confirmRename", f"renaming {place} to {job.path}", query={"newName": name})
    except (NotThere, Refused, Broken):
        new = read_item(client, job.path)
        if new is None and read_item(client, place):
            return False
        if new is None or new.mark != mark:
            raise
    return True


def _post(job: Wanted, client: Client, place: str, digest: str, *, disabled: bool) -> None:
    body = job.xml(digest, disabled=disabled)
    client.post(place, "config.xml", f"changing {place}", body=body, content_type=_XML_TEXT)


def _confirm(job: Wanted, client: Client) -> None:
    there, wanted = found(client, job.path, job), job.node()
    lost = canonical.lost(wanted, there.node)
    if not lost:
        return
    classes = job.needs - canonical.classes(there.node)
    names = sorted({name for java_class in classes if (name := plugins.plugin(java_class))})
    why = f"the plugin {' or '.join(names)} is missing or too old" if names else "a plugin is missing or too old"
    raise NotKept(f"Jenkins did not keep {lost[0]}: {why}", classes)


def make_folder(path: str, client: Client) -> Result:
    """Makes a folder, if it does not exist. Raises JenkinsFailure."""
    folder, name = naming.split(path)
    root = xml.folder()
    described = root.find("description")
    assert described is not None
    described.text = marker.describe("", Mark(marker.FOLDER, name, ""))
    try:
        client.post(
            folder,
            "createItem",
            f"creating the folder {path}",
            query={"name": name},
            body=xml.text(root),
            content_type=_XML,
        )
    except (Refused, Broken):
        listing = read_folder(client, path)
        if listing is None or not listing.takes_jobs:
            raise
    return Result(path, Done.CREATED, None, "a folder")


def delete(entry: Entry, client: Client) -> Result:
    """Deletes an orphan, if it is still the same. Raises Drifted and JenkinsFailure."""
    assert entry.item
    item = read_item(client, entry.item.path)
    if item:
        if item.mark != entry.item.mark or item.java_class != entry.item.java_class:
            raise Drifted("it is no longer the same job")
        _delete(item.path, client)
    return Result(entry.path, Done.DELETED, entry.state)


def delete_folder(path: str, client: Client) -> Result | None:
    """Deletes a folder if it is empty. Raises JenkinsFailure."""
    listing = read_folder(client, path)
    if listing is None or listing.items or listing.java_class != xml.FOLDER:
        return None
    _delete(path, client)
    return Result(path, Done.DELETED, None, "an empty folder")


def _delete(path: str, client: Client) -> None:
    try:
        client.post(path, "doDelete", f"deleting {path}")
    except NotThere as gone:
        if not gone.repeated:
            raise
