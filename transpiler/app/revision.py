"""The files of a git commit, where the compiler finds them like files on the disk.

So it reads an old config like any other, with the profile and the build files of that time. Only what it asks for is
read, and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from transpiler import files
from transpiler.app import place as places
from transpiler.app.place import Place, WrongUsage
from transpiler.fast_path.places import OWN_PROFILE, usual_places
from transpiler.freshness.header import parse
from transpiler.frontend.profiles.load import built_in
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.git import Git, LeadsOut, Objects
from transpiler.records import dataclass

_SHORT = 10
_REMOTE, _LOCAL = "refs/remotes/origin", "refs/heads"


@dataclass(frozen=True, slots=True)
class Named:
    """A commit, "" before the first one, and what people call it."""

    commit: str
    title: str


def named(objects: Objects, folder: Path, name: str | None, branches: Sequence[str]) -> Named:
    """The commit of this name. Without a name it is the commit at which HEAD left the default branch; HEAD where that
    is HEAD itself, or no such branch is there. `branches` are names that it may have. Raises WrongUsage and GitError.
    """
    if name is not None:
        commit = objects.commit(name)
        if not commit:
            raise WrongUsage(f"there is no revision {name} in {folder}")
        return Named(commit, name if commit.startswith(name) else f"{name} ({commit[:_SHORT]})")
    head = objects.commit("HEAD")
    if not head:
        return Named("", "an empty repository")
    candidates = [f"{_REMOTE}/HEAD", *(f"{kind}/{branch}" for kind in (_REMOTE, _LOCAL) for branch in branches)]
    branch, tip = next(((c, found) for c in candidates if (found := objects.commit(c))), ("", head))
    base = head if tip == head else Git(folder).answer("merge-base", head, tip)
    if not base:
        raise WrongUsage(
            f"{folder}: where HEAD left {_short(branch)} is not known, perhaps because the clone is shallow: fetch "
            "more with `git fetch --unshallow`, or name the revision to compare with"
        )
    title = "HEAD" if base == head else f"where HEAD left {_short(branch)}"
    return Named(base, f"{title} ({base[:_SHORT]})")


def _short(branch: str) -> str:
    return branch.removeprefix("refs/remotes/").removeprefix("refs/heads/").removesuffix("/HEAD")


class Files(Mapping[str, bytes]):
    """The files of a commit, each read when it is asked for, by its path below `top`: a path at which nothing is on the
    disk. A link that leads out of the repository leads nowhere."""

    def __init__(self, objects: Objects, commit: str) -> None:
        self.top = f"/dev/null/{commit}"
        self._objects, self._commit = objects, commit
        self._known: dict[str, bytes | None] = {}

    def __getitem__(self, path: str) -> bytes:
        if path not in self._known:
            self._known[path] = self._read(path) if files.within(path, self.top) else None
        content = self._known[path]
        if content is None:
            raise KeyError(path)
        return content

    def __iter__(self) -> Iterator[str]:
        """Those that were asked for."""
        return (path for path, content in self._known.items() if content is not None)

    def __len__(self) -> int:
        return 1  # so that it does not count as empty before it is asked

    def put(self, path: str, content: bytes) -> None:
        """Lets a file be in the commit."""
        self._known[path] = content

    def _read(self, path: str) -> bytes | None:
        with suppress(LeadsOut):
            name = os.path.relpath(path, self.top).replace(os.sep, "/")
            return self._objects.file(self._commit, name, MAX_BYTES + 1)
        return None


@dataclass(frozen=True, slots=True)
class Revision:
    """A config in a commit: its files, its place there, and the top of the git repository in the working tree."""

    files: Files
    place: Place
    now: str

    def content(self, path: str) -> bytes | None:
        """At most MAX_BYTES + 1 bytes of a file below the config's root, None if there is none. Raises GitError."""
        return self.files.get(os.path.normpath(self.place.root / path))

    def profile(self, given: str | None) -> str:
        """The profile that the config had. One that the user names is read from the commit if it is a file of the
        repository; a file that the commit does not have is taken as it is now. Raises OSError."""
        given = given or os.environ.get("TRANSPIPE_PROFILE")
        if not given:
            own = self._own()
            return own or places.profile(self.place, None)
        found = os.path.realpath(given)
        if given in built_in() or not files.within(found, self.now):
            return given
        path = os.path.join(self.files.top, os.path.relpath(found, self.now))
        if path not in self.files and (content := files.read(Path(found), MAX_BYTES + 1)) is not None:
            self.files.put(path, content)
        return path

    def _own(self) -> str:
        """The repository's own profile, or else the one that the headers of its outputs name; "" if there is none."""
        if self.content(OWN_PROFILE) is not None:
            return str(self.place.root / OWN_PROFILE)
        for path in usual_places(str(self.place.root)):
            text = (self.content(path) or b"").decode("utf-8", "replace")
            header = parse(text)
            if header and header.source == self.place.config and header.profile:
                name = header.profile
                there = str(self.place.root / name)
                return name if name in built_in() else there if self.content(name) is not None else ""
        return ""

    def today(self, path: str) -> str:
        """The path in the working tree of a path in the commit; another path stays as it is."""
        top = self.files.top
        return os.path.join(self.now, os.path.relpath(path, top)) if files.within(path, top) else path


@contextmanager
def opened(objects: Objects, commit: str, place: Place) -> Iterator[Revision]:
    """A config at this place of the working tree as it was in a commit, whose files the compiler finds below the
    revision's place as long as the `with` block lasts."""
    root = os.path.realpath(place.root)
    now = root[: -len(place.folder)].rstrip(os.sep) if place.folder else root
    found = Files(objects, commit)
    with files.unsaved(found):
        yield Revision(found, Place(Path(found.top, place.folder), place.config, "", place.folder), now)
