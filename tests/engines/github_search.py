"""Which files `actions/upload-artifact` takes for its input `path`, and where in the artifact it puts them.

Written from the behaviour of the action and of its library, @actions/glob: a pattern for each line, `!` leaves out,
what lies below a match is taken too, links are followed, hidden files are left out unless they are asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SPECIAL = re.compile(r"[*?\[\\]")
_PART = re.compile(r"\\(.)|(\*)|(\?)|\[(.[^]]*)\]|(.)", re.DOTALL)


@dataclass(frozen=True)
class _Pattern:
    negative: bool
    searched: str
    """Its longest beginning without special characters: where the search begins."""
    regex: re.Pattern[str]


def found(inputs: str, directory: str, home: str, *, hidden: bool) -> Mapping[str, Path]:
    """Path in the artifact → file. Relative patterns are those of `directory`; `~` is `home`."""
    patterns = [_pattern(line.strip(), directory, home) for line in inputs.splitlines() if _is_pattern(line.strip())]
    starts = _starts([p.searched for p in patterns if not p.negative])
    files = {path: None for start in starts for path in _walk(start, (), hidden=hidden) if _taken(path, patterns)}
    if not files:
        return {}
    root = _root(list(files), starts)
    return {os.path.relpath(path, root): Path(path) for path in files}


def _is_pattern(line: str) -> bool:
    return bool(line) and not line.startswith("#")


def _pattern(text: str, directory: str, home: str) -> _Pattern:
    negative = text.startswith("!")
    text = text.removeprefix("!").strip()
    if text == "~" or text.startswith("~/"):
        text = _escaped(home) + text[1:]
    if not text.startswith("/"):
        text = f"{_escaped(directory)}/{text}"
    parts = [part for part in os.path.normpath(text).split("/") if part]
    plain = []
    for part in parts:
        literal = _literal(part)
        if literal is None:
            break
        plain.append(literal)
    searched = os.path.normpath("/" + "/".join(plain))
    return _Pattern(negative, searched, re.compile(_regex(parts), re.DOTALL))


def _escaped(path: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", path)


def _literal(part: str) -> str | None:
    """The name that this part of a pattern stands for, if it is but one."""
    name = ""
    for escaped, star, question, group, plain in _PART.findall(part):
        if star or question or len(group) > 1:
            return None
        name += escaped or group or plain
    return name


def _regex(parts: Sequence[str]) -> str:
    """It also matches what lies below."""
    regex = "".join("(/[^/]+)*" if part == "**" else f"/{_part(part)}" for part in parts)
    return rf"{regex}(/.*)?"


def _part(part: str) -> str:
    regex = ""
    for escaped, star, question, group, plain in _PART.findall(part):
        if group:
            inverse = group[0] in "!^" and len(group) > 1
            members = re.sub(r"[\\[&~|^]", r"\\\g<0>", group[inverse:])
            regex += f"[{'^' if inverse else ''}{members}]"
        else:
            regex += "[^/]*" if star else "[^/]" if question else re.escape(escaped or plain)
    return regex


def _starts(searched: Sequence[str]) -> list[str]:
    """Without those that lie below another."""
    every = set(searched)
    return [p for p in dict.fromkeys(searched) if not any(str(above) in every for above in Path(p).parents)]


def _walk(path: str, within: tuple[str, ...], *, hidden: bool) -> Iterator[str]:
    """Files below, links followed; broken ones and those that lead back are left out."""
    if not os.path.exists(path) or (not hidden and os.path.basename(path).startswith(".")):
        return
    if not os.path.isdir(path):
        yield path
        return
    real = os.path.realpath(path)
    if real not in within:
        for name in sorted(os.listdir(path)):
            yield from _walk(f"{path.rstrip('/')}/{name}", (*within, real), hidden=hidden)


def _taken(path: str, patterns: Sequence[_Pattern]) -> bool:
    """The last pattern that matches decides."""
    taken = False
    for pattern in patterns:
        if pattern.regex.fullmatch(path):
            taken = not pattern.negative
    return taken


def _root(files: Sequence[str], starts: Sequence[str]) -> str:
    """What is cut off the paths: a single file's folder, a single pattern's beginning, or what all patterns share."""
    if len(starts) > 1:
        return os.path.commonpath(starts)
    return os.path.dirname(files[0]) if list(files) == list(starts) else starts[0]
