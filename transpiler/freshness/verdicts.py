"""The state of the outputs on the disk: fresh, stale (and what changed), edited by hand, missing, foreign, orphaned.

It compares them with what would be written now; `fast_path.check` compares only headers. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from transpiler.fast_path.digests import normal
from transpiler.fast_path.places import beside
from transpiler.files import is_file
from transpiler.freshness.header import Header, Inputs, Move, moved, parse


class State(StrEnum):
    """The state of one output. FOREIGN: transpipe did not write it. Orphans are outputs that the config no longer
    produces."""

    FRESH = "fresh"
    MISSING = "missing"
    STALE = "stale"
    EDITED = "edited by hand"
    FOREIGN = "not written by transpipe"
    ORPHAN = "no longer generated"
    EDITED_ORPHAN = "no longer generated, but edited by hand"


class Verdict(NamedTuple):
    """One output's path and state; `moves` are the reasons why it is stale, if headers show them."""

    path: str
    state: State
    moves: tuple[Move, ...] = ()


def judge(
    root: Path, source: str, wanted: Mapping[str, str], inputs: Inputs, places: Iterable[str], targets: frozenset[str]
) -> tuple[Verdict, ...]:
    """A verdict on each wanted output (path to whole text), then on the orphans.

    `places` are the usual paths of the outputs of all targets: the headers there list what earlier runs wrote.
    `targets` are the targets that were asked for (empty: all). If there are any, outputs of other targets are not
    orphans, and an output that is fresh as a part of a larger set stays fresh. Raises OSError if a file cannot be read.
    """
    known = _listed(root, source, (*wanted, *places))
    renamed = {path: target for path, target in beside(str(root), wanted).items() if is_file(root / path)}
    verdicts = [_judge(root, path, text, inputs, partial=bool(targets)) for path, text in wanted.items()]
    orphans = (
        path
        for path, target in {**renamed, **known}.items()
        if path not in wanted and (not targets or target in targets)
    )
    return (*verdicts, *_orphans(root, source, orphans))


def profile_of(root: Path, source: str, places: Iterable[str]) -> str:
    """The name of the profile that the outputs at these paths were made with, "" if no header names one. Edited headers
    count too, because the edit is reported anyway. Raises OSError if a file cannot be read."""
    return next((h.profile for place in places if (h := _ours(root, place, source)) and h.profile), "")


def made_with(root: Path, source: str, places: Iterable[str]) -> Header | None:
    """The header that lists the inputs of the outputs at these paths, None if there is none. Raises OSError if a file
    cannot be read."""
    found = (header for place in places if (header := _ours(root, place, source)))
    firsts = (header if header.inputs else _first(root, header) for header in found)
    return next((first for first in firsts if first and first.inputs), None)


def listed(root: Path, source: str, paths: Iterable[str]) -> dict[str, str]:
    """The outputs on the disk of which the headers at these paths tell: path to target. Raises OSError if a file cannot
    be read."""
    return {path: target for path, target in _listed(root, source, paths).items() if _ours(root, path, source)}


def unmade(root: Path, source: str, paths: Iterable[str], targets: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The target and path of the outputs on the disk that belong to other targets than these, as listed in the headers
    of these files. Raises OSError if a file cannot be read."""
    return tuple((t, path) for path, t in listed(root, source, paths).items() if t not in targets)


def _judge(root: Path, path: str, wanted: str, inputs: Inputs, *, partial: bool) -> Verdict:
    text = _text(root / path)
    if text is None:
        return Verdict(path, State.MISSING)
    if normal(text) == wanted:
        return Verdict(path, State.FRESH)
    header = parse(text)
    if header is None:
        return Verdict(path, State.FOREIGN)
    made = header if header.inputs else _first(root, header)
    then = made.inputs if made else None
    moves = moved(then, inputs) if then else ()
    if not header.intact:
        # The markers hide whether a hand edit was there before; what was committed is in git.
        if "\n<<<<<<< " in text:
            return Verdict(path, State.STALE, (Move("merge", ""), *moves))
        # Such a file has no change of a person's to lose; but it will be written anew at each run of the formatter.
        formatted = (Move("layout", ""),) if _ink(text) == _ink(wanted) else ()
        return Verdict(path, State.EDITED, (*formatted, *moves))
    if partial and then == inputs and _body(text) == _body(wanted):
        return Verdict(path, State.FRESH)
    return Verdict(path, State.STALE, moves or _other_run(header, made))


_LAYOUT = str.maketrans("", "", " \t\r\n\ufeff\"'")


def _ink(text: str) -> str:
    """What formatters leave as it is: the text without white space and quotes."""
    return text.translate(_LAYOUT)


def _other_run(header: Header, made: Header | None) -> tuple[Move, ...]:
    """Why an output differs from what it should be, if no input is known to have changed."""
    if made and made.chosen:
        return (Move("targets", " ".join(made.chosen)),)
    if header.inputs or not header.first:
        return ()
    return (Move("run" if made and made.inputs else "unknown", header.first),)


def _body(text: str) -> str:
    """The text below the header. The text must have a header."""
    lines = normal(text).split("\n")
    sign = lines[0].split()[0]
    return "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith(f"{sign} header ")) :][1:])


def _first(root: Path, header: Header) -> Header | None:
    """The header of the first output of the same run, which lists the inputs."""
    text = _text(root / header.first) if header.first else None
    return parse(text) if text is not None else None


def _listed(root: Path, source: str, paths: Iterable[str]) -> dict[str, str]:
    """The target by path of every output that is listed in the headers of these files, or of the first outputs that
    they name."""
    found: dict[str, str] = {}
    firsts: dict[str, None] = {}
    for path in paths:
        header = _ours(root, path, source)
        if header and header.first:
            firsts[header.first] = None
    for path in firsts:
        header = _ours(root, path, source)
        found |= {output: target for target, output in header.outputs} if header else {}
    return found


def _ours(root: Path, path: str, source: str) -> Header | None:
    text = _text(root / path)
    header = parse(text) if text is not None else None
    return header if header and header.source == source else None


def _orphans(root: Path, source: str, paths: Iterable[str]) -> Iterator[Verdict]:
    for path in paths:
        if header := _ours(root, path, source):
            yield Verdict(path, State.ORPHAN if header.intact else State.EDITED_ORPHAN)


def _text(path: Path) -> str | None:
    """The text of a file, None if it does not exist. Bytes that are not UTF-8 are escaped, because files that transpipe
    did not write may have them."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
