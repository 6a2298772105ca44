"""Profiles that a company shares: where a profile that `extends` names comes from, and the copy of it in a repository.

The copy is the only thing that `generate`, hooks and CI read, so they need no network. It is a file beside the profile
that holds one or more files of git repositories, each below comments with its origin and a digest. This module knows
nothing of git or the network.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from transpiler.fast_path.digests import COPY_TITLE, digest, normal
from transpiler.nodes import Mapping as MappingNode
from transpiler.nodes import Scalar
from transpiler.records import dataclass, replace

_FIELDS = ("git", "commit", "path", "lines", "digest")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a git repository at a commit."""

    git: str
    commit: str
    path: str

    @property
    def name(self) -> str:
        """The file for people, with a short name of the commit."""
        return f"{self.path} of {self.git} at {self.commit[:12]}"

    def beside(self, name: str) -> Source:
        """The file of the same commit that `extends: NAME` in this one names."""
        return replace(self, path=posixpath.normpath(posixpath.join(posixpath.dirname(self.path), name)))


@dataclass(frozen=True, slots=True)
class Section:
    """One file in a copy; `line` is the number of lines above its text."""

    source: Source
    text: str
    line: int = 0

    @property
    def padded(self) -> bytes:
        """The text, on the lines that it has in the copy."""
        return ("\n" * self.line + self.text).encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy holds. `edited` is the line at which it is not what transpipe wrote; 0 if it is."""

    sections: Mapping[Source, Section]
    edited: int = 0


def named(extends: MappingNode) -> Source:
    """What `extends` names, right or wrong; "" for what is missing."""
    git, commit, path = (_text(extends, key) for key in ("git", "commit", "path"))
    return Source(git, commit, posixpath.normpath(path) if path else "")


def _text(node: MappingNode, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) else ""


def compose(sections: Iterable[Section]) -> str:
    """The text of a copy."""
    found: list[str] = []
    for section in sections:
        text = _whole(section.text)
        count = text.count("\n")
        values = (section.source.git, section.source.commit, section.source.path, str(count))
        found += [COPY_TITLE, "#", *_lines((*values, _digest(values, text))), *text.split("\n")[:-1]]
    return "\n".join(found) + "\n"


def _whole(text: str) -> str:
    return normal(text if text.endswith("\n") else f"{text}\n")


def _digest(values: Iterable[str], text: str) -> str:
    return digest("\n".join((*values, text)))


def _lines(values: Iterable[str]) -> list[str]:
    return [f"# {name:<6}  {value}" for name, value in zip(_FIELDS, values, strict=True)]


def parse(content: bytes) -> Copy:
    """Reads a copy."""
    lines = normal(content.decode("utf-8", "surrogateescape")).split("\n")
    found: dict[Source, Section] = {}
    at = 0
    while at < len(lines) - 1:
        head = lines[at : at + len(_FIELDS) + 2]
        values = [line.partition("  ")[2].strip() for line in head[2:]]
        if len(values) < len(_FIELDS) or head[:2] != [COPY_TITLE, "#"] or not _is_count(values[3]):
            return Copy(found, at + 1)
        start, count = at + len(head), int(values[3])
        text = "\n".join((*lines[start : start + count], ""))
        if head[2:] != _lines(values) or values[4] != _digest(values[:4], text):
            return Copy(found, at + 1)
        source = Source(*values[:3])
        found[source] = Section(source, text, start)
        at = start + count
    return Copy(found, 0 if found and lines[-1] == "" else len(lines))


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 8
