"""What `changes` means: which of the files that differ between two commits count for a pipeline.

One law for all engines and for `transpipe run`. `lowering/changes.py` writes it as a shell program; `Matcher` here is
the same law for this machine, and the tests compare the two.

A file is known by its path from the top of the repository, as bytes. A submodule whose commit moved is known by its
path and a final `/`: it stands for the files in it, whose names nobody knows, so it counts for every pattern that can
match one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from transpiler.records import dataclass

CHARACTER = "\0"
"""Stands in a regular expression for one character, for which each reader has an expression of its own."""
ANY = ".*"
"""The regular expression of any characters."""

_TOKEN = re.compile(r"\*+|\?|[^*?]+")
_IN_BRACKETS = frozenset(".+*?()|{}$")
_ESCAPED = frozenset("^[\\")
_CHARACTER = b"[^/\x80-\xbf][\x80-\xbf]*"  # of UTF-8, the first byte and those that continue it


@dataclass(frozen=True, slots=True)
class Changes:
    """The patterns of a pipeline's `changes`, and the `folder` of the git repository from which they count ("": its
    top). `include` empty: every file there. `always` are regular expressions of the files that count whatever the
    patterns say."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    always: tuple[str, ...]
    folder: str = ""

    @property
    def included(self) -> tuple[str, ...]:
        """Regular expressions of the files that count, and of the folders in which such files can be."""
        patterns = map(self._from_the_top, self.include or ("**",))
        return tuple(dict.fromkeys(text for pattern in patterns for text in _with_folders(pattern)))

    @property
    def excluded(self) -> tuple[str, ...]:
        """Regular expressions of the files that do not count though they are included."""
        return tuple(dict.fromkeys(regex(self._from_the_top(pattern)) for pattern in self.exclude))

    def _from_the_top(self, pattern: str) -> str:
        return f"{self.folder}/{pattern}" if self.folder else pattern


def regex(pattern: str) -> str:
    """The pattern as an extended regular expression of whole paths, with CHARACTER for each `?`. It means the same to
    POSIX, to awk and to Python, and holds a `/` only where the path does."""
    return "".join(_pieces(_names(pattern)))


def literal(text: str) -> str:
    """The regular expression of this text."""
    return "".join(f"[{c}]" if c in _IN_BRACKETS else f"\\{c}" if c in _ESCAPED else c for c in text)


def _names(pattern: str) -> list[str]:
    """The names that a pattern is made of. A final `/` is all below it."""
    names = pattern.split("/")
    return names if names[-1] else [*names[:-1], "**"]


def _pieces(names: list[str]) -> Iterator[str]:
    """The expression of a path of these names. `**/` may stand for no folder at all."""
    last = len(names) - 1
    for number, name in enumerate(names):
        if name != "**":
            yield _name(name) + ("/" if number < last else "")
        elif number == last:
            yield ANY
        elif number == 0 or names[number - 1] != "**":
            yield f"({ANY}/)?"


def _name(name: str) -> str:
    """The expression of one name, which is never empty."""
    if not name.strip("*"):
        return "[^/]+"
    tokens: Iterable[str] = _TOKEN.findall(name)
    return "".join("[^/]*" if t[0] == "*" else CHARACTER if t == "?" else literal(t) for t in tokens)


def _with_folders(pattern: str) -> Iterator[str]:
    """The pattern's expression, and those of the folders in which a file that it matches can be, with a final `/`: only
    a submodule has such a name."""
    names = _names(pattern)
    yield regex(pattern)
    most = len(names) - (names[-1] == "**")  # all below a folder is an expression of the folder, too
    for length in range(1, most):
        yield "".join(_pieces(names[:length])) + "/"
        if names[length - 1] == "**":  # any folder from here on
            return


class Matcher:
    """Says which files count."""

    def __init__(self, changes: Changes) -> None:
        self._include, self._exclude, self._always = (
            _whole(texts) for texts in (changes.included, changes.excluded, changes.always)
        )

    def counts(self, name: bytes) -> bool:
        """Whether the file counts; a submodule's name ends in `/`."""
        if self._always.fullmatch(name):
            return True
        return bool(self._include.fullmatch(name)) and not self._exclude.fullmatch(name)


def _whole(texts: tuple[str, ...]) -> re.Pattern[bytes]:
    """What matches a name that one of the expressions matches; nothing if there are none. Only a submodule's name has a
    final `/`, which every expression may leave out."""
    choices = b"|".join(text.encode().replace(CHARACTER.encode(), _CHARACTER) for text in texts)
    return re.compile(b"(?:" + choices + b")/?" if texts else b"//", re.DOTALL)
