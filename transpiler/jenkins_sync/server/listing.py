"""Lists the items on the server with their kinds and descriptions, with one request for each folder.

Like Jenkins, it ignores case in names. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import Any

from transpiler.jenkins_sync.jobs import marker, naming, xml
from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.server.client import Client
from transpiler.jenkins_sync.server.failures import NotThere
from transpiler.records import dataclass

_TREE = "description,jobs[name,description]"


@dataclass(frozen=True, slots=True)
class Item:
    """A job or folder, with its name as on the server. `mark` is None if its description has no marker."""

    path: str
    java_class: str
    description: str
    mark: Mark | None

    @property
    def is_folder(self) -> bool:
        """Whether jobs can be made in it."""
        return self.java_class == xml.FOLDER


@dataclass(frozen=True, slots=True)
class Listing:
    """The items of a folder, by their full names as `naming.fold` returns them."""

    java_class: str
    items: Mapping[str, Item]

    @property
    def takes_jobs(self) -> bool:
        """Whether it is a folder or the server itself, and not a job with that name."""
        return self.java_class == xml.FOLDER or self.java_class.startswith("hudson.model.Hudson")


@dataclass(frozen=True, slots=True)
class Server:
    """All folders that were read, by their full names as `naming.fold` returns them ("" is the top); None for a folder
    that does not exist."""

    folders: Mapping[str, Listing | None] = field(default_factory=dict)

    def item(self, path: str) -> Item | None:
        """The job or folder with that name, if its folder was read and has it."""
        folder = self.folders.get(naming.fold(naming.split(path)[0]))
        return folder.items.get(naming.fold(path)) if folder else None

    def items(self) -> Iterable[Item]:
        """Everything that was found, folder by folder."""
        return (item for listing in self.folders.values() if listing for item in listing.items.values())


def read_server(client: Client, folders: Iterable[str], workers: int = 1) -> Server:
    """Reads the top, these folders, and every folder that transpipe made, which may have orphans.

    If one of the folders does not exist, it also reads the folders around it. Raises JenkinsFailure.
    """
    found: dict[str, Listing | None] = {}
    spelt = {naming.fold(path): path for path in folders} | {"": ""}
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        while waiting := {key: path for key, path in spelt.items() if key not in found}:
            read: Callable[[str], Listing | None] = lambda path: read_folder(client, path)  # noqa: E731
            found.update(zip(waiting, pool.map(read, waiting.values()), strict=True))
            for key, path in waiting.items():
                listing = found[key]
                parent = naming.split(path)[0]
                if listing is None:
                    spelt.setdefault(naming.fold(parent), parent)
                for item in listing.items.values() if listing else ():
                    if item.is_folder and item.mark and item.mark.owner == marker.FOLDER:
                        spelt.setdefault(naming.fold(item.path), item.path)
    return Server(found)


def read_folder(client: Client, path: str) -> Listing | None:
    """The items in a folder, None if it does not exist. Raises JenkinsFailure."""
    try:
        data = client.json(path, _TREE, f"looking into {path or 'the server'}")
    except NotThere:
        if not path:
            raise
        return None
    java_class = str(data.get("_class", ""))
    items = (_item(path, job) for job in data.get("jobs", ()))
    return Listing(java_class, {naming.fold(item.path): item for item in items})


def read_item(client: Client, path: str) -> Item | None:
    """Reads one item, None if it does not exist. Raises JenkinsFailure."""
    try:
        data = client.json(path, "name,description", f"looking at {path}")
    except NotThere:
        return None
    return _item(naming.split(path)[0], data)


def _item(folder: str, data: Mapping[str, Any]) -> Item:
    description = data.get("description") or ""
    path = naming.joined(folder, str(data["name"]))
    return Item(path, str(data.get("_class", "")), description, marker.read(description))
