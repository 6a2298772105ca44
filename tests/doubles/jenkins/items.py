"""The items of a double, in memory and on disk: what survives when the server dies, and what tests read.

On disk as Jenkins has them (`jobs/a/jobs/b/config.xml`), each change by rename; `events.jsonl` has a line for every
change. Knows nothing of HTTP and permissions.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from doubles.jenkins import classes, names, xmltext, xstream

# On cores before this one the posted text is what is read back until the item is saved for the first time.
_REWRITES_AT_ONCE = (2, 568)

Path_ = tuple[str, ...]


class Refused(ValueError):
    """Jenkins answers 400 with this in `X-Error`."""


@dataclasses.dataclass(frozen=True)
class Item:
    """`path` holds the names from the outermost folder on, as they were written when they were made."""

    path: Path_
    xml: str
    facts: xstream.Facts

    @property
    def is_folder(self) -> bool:
        return self.facts.java_class == classes.FOLDER


class Items:
    """All items of one state directory. Thread-safe: `lock` is held during each change and by who must see none."""

    def __init__(self, state: Path) -> None:
        self.lock = threading.RLock()
        self._state = state
        self._items: dict[Path_, Item] = {}
        self._inside: dict[Path_, set[Path_]] = defaultdict(set)
        self._trash = itertools.count()
        shutil.rmtree(state / "trash", ignore_errors=True)
        (state / "trash").mkdir()
        (state / "jobs").mkdir(exist_ok=True)
        self._events = (state / "events.jsonl").open("a", encoding="utf-8")
        self._load(state, ())

    def _load(self, place: Path, path: Path_) -> None:
        for directory in (place / "jobs").glob("*"):
            name = unquote(directory.name)
            text = (directory / "config.xml").read_bytes().decode()
            self._remember(Item((*path, name), text, xstream.facts(xmltext.parse(text))))
            self._load(directory, (*path, name))

    def get(self, path: Path_) -> Item | None:
        return self._items.get(_key(path))

    def children(self, path: Path_) -> Iterator[Item]:
        """What is in the folder, in Jenkins' order: by name, whatever the case."""
        with self.lock:
            inside = [self._items[key] for key in sorted(self._inside[_key(path)])]
        yield from inside

    def create(self, folder: Path_, name: str, body: bytes, plugins: Mapping[str, str], version: str) -> None:
        """Raises Refused for a name, xmltext.Malformed and xstream.UnknownClass for a body."""
        complaint = names.complaint(name)
        if complaint:
            raise Refused(complaint)
        name = name.strip()
        with self.lock:
            if self.get((*folder, name)):
                raise Refused(f"A job already exists with the name ‘{name}’")
            posted = xmltext.parse(xmltext.decode(body))
            made = xstream.rewrite(posted, plugins)
            core = tuple(int(part) for part in version.split(".")[:2])
            text = xmltext.write(made) if core >= _REWRITES_AT_ONCE else xmltext.identity(posted)
            self._keep("create", Item((*folder, name), text, xstream.facts(made)))

    def update(self, item: Item, text: str, plugins: Mapping[str, str]) -> None:
        """Raises xmltext.Malformed, and xstream.UnknownClass also for another root class than the item has."""
        made = xstream.rewrite(xmltext.parse(text), plugins)
        if classes.ROOTS[made.tag] != item.facts.java_class:
            raise xstream.UnknownClass(made.tag)
        with self.lock:
            if self.get(item.path):
                self._keep("update", Item(item.path, xmltext.write(made), xstream.facts(made)))

    def set_disabled(self, item: Item, plugins: Mapping[str, str], *, disabled: bool) -> None:
        root = xmltext.parse(item.xml)
        for old in root.findall("disabled"):
            root.remove(old)
        made = xstream.rewrite(root, plugins)
        made.find("disabled").text = str(disabled).lower()  # type: ignore[union-attr]
        with self.lock:
            self._keep("disable" if disabled else "enable", Item(item.path, xmltext.write(made), xstream.facts(made)))

    def delete(self, item: Item) -> None:
        with self.lock:
            key = _key(item.path)
            if key not in self._items:
                return
            self._tell("delete", item.path)
            self._directory(item.path).rename(self._state / "trash" / str(next(self._trash)))
            self._forget(key)

    def rename(self, item: Item, name: str) -> Item:
        """The item under its new name in the same folder, with all that is in it. Raises Refused."""
        complaint = names.complaint(name)
        if complaint or name == item.path[-1]:
            raise Refused(complaint or "The new name is the same as the current name.")
        old, new = item.path, (*item.path[:-1], name.strip())
        with self.lock:
            if _key(old) != _key(new) and self.get(new):
                raise Refused(f"The name “{name}” is already in use.")
            moved = [i for key, i in self._items.items() if key[: len(old)] == _key(old)]
            self._tell("rename", new)
            self._directory(old).rename(self._directory(new))
            self._forget(_key(old))
            for each in moved:
                self._remember(dataclasses.replace(each, path=(*new, *each.path[len(old) :])))
        return dataclasses.replace(item, path=new)

    def put(self, path: Path_, text: str) -> None:
        """Keeps an item exactly so, as somebody's hand would have left it; folders on the way must be there."""
        self._keep("put", Item(path, text, xstream.facts(xmltext.parse(text))))

    def _keep(self, what: str, item: Item) -> None:
        with self.lock:
            there = self.get(item.path)
            item = dataclasses.replace(item, path=there.path) if there else item
            directory = self._directory(item.path)
            if there:
                place = directory / "config.xml.new"
                place.write_bytes(item.xml.encode("utf-8", "surrogatepass"))
                place.rename(directory / "config.xml")
            else:
                new = self._state / "trash" / str(next(self._trash))
                new.mkdir()
                (new / "config.xml").write_bytes(item.xml.encode("utf-8", "surrogatepass"))
                directory.parent.mkdir(exist_ok=True)
                new.rename(directory)
            self._tell(what, item.path)
            self._remember(item)

    def _remember(self, item: Item) -> None:
        key = _key(item.path)
        self._items[key] = item
        self._inside[key[:-1]].add(key)

    def _forget(self, key: Path_) -> None:
        self._inside[key[:-1]].remove(key)
        for inside in [k for k in self._items if k[: len(key)] == key]:
            del self._items[inside]
            self._inside.pop(inside, None)

    def _directory(self, path: Path_) -> Path:
        return self._state.joinpath(*(part for name in path for part in ("jobs", quote(name, safe=" "))))

    def _tell(self, what: str, path: Path_) -> None:
        self._events.write(json.dumps({"what": what, "path": "/".join(path)}) + "\n")
        self._events.flush()


def _key(path: Path_) -> Path_:
    return tuple(names.key(name) for name in path)
