"""What became of the outputs on the disk: fresh, stale (and what moved), edited by hand, missing, foreign, orphaned.

It compares with what would be written now; `quick` has only the headers to go by. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from transpiler.fast_path.check import beside
from transpiler.fast_path.digests import normal
from transpiler.freshness.header import Header, Inputs, Move, moved, parse


class State(StrEnum):
    """What became of one output. FOREIGN: transpipe did not write it. The orphans are no longer made."""

    FRESH = "fresh"
    MISSING = "missing"
    STALE = "stale"
    EDITED = "edited by hand"
    FOREIGN = "not written by transpipe"
    ORPHAN = "no longer generated"
    EDITED_ORPHAN = "no longer generated, but edited by hand"


class Verdict(NamedTuple):
    """One output's path and state; `moves` says why it is stale, as far as headers tell."""

    path: str
    state: State
    moves: tuple[Move, ...] = ()


def judge(
    root: Path, source: str, wanted: Mapping[str, str], inputs: Inputs, places: Iterable[str], targets: frozenset[str]
) -> tuple[Verdict, ...]:
    """A verdict on each wanted output (path to whole text), then on the orphans.

    `places` are where outputs of any target usually are: their headers list what earlier runs made. `targets` are
    those asked for, empty for all: then the outputs of others are no orphans, and an output that is fresh as a part
    of a larger set is left so. Raises OSError if a file cannot be read.
    """
    listed = _listed(root, source, (*wanted, *places))
    renamed = {path: target for path, target in beside(str(root), wanted).items() if (root / path).is_file()}
    verdicts = [_judge(root, path, text, inputs, partial=bool(targets)) for path, text in wanted.items()]
    orphans = (
        path for path, target in {**renamed, **listed}.items()
        if path not in wanted and (not targets or target in targets)
    )  # fmt: skip
    return (*verdicts, *_orphans(root, source, orphans))


def profile_of(root: Path, source: str, places: Iterable[str]) -> str:
    """The name of the profile that the outputs in these places were made with, "" where none says. An edited header
    is believed too: whatever it names, the edit is told. Raises OSError if a file cannot be read."""
    return next((h.profile for place in places if (h := _ours(root, place, source)) and h.profile), "")


def unmade(
    root: Path, source: str, paths: Iterable[str], targets: frozenset[str]
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """Target and path of the outputs on the disk that are no business of these targets, as the headers of these
    files list them. Raises OSError if a file cannot be read."""
    listed = _listed(root, source, paths)
    return tuple((t, path) for path, t in listed.items() if t not in targets and _ours(root, path, source))


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
        return Verdict(path, State.EDITED, moves)
    if partial and then == inputs and _body(text) == _body(wanted):
        return Verdict(path, State.FRESH)
    return Verdict(path, State.STALE, moves or _other_run(header, made))


def _other_run(header: Header, made: Header | None) -> tuple[Move, ...]:
    """Why an output is not what it should be, where no input is known to have moved."""
    if made and made.chosen:
        return (Move("targets", " ".join(made.chosen)),)
    if header.inputs or not header.first:
        return ()
    return (Move("run" if made and made.inputs else "unknown", header.first),)


def _body(text: str) -> str:
    """What follows the header; only for texts that have one."""
    lines = normal(text).split("\n")
    sign = lines[0].split()[0]
    return "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith(f"{sign} header ")) :][1:])


def _first(root: Path, header: Header) -> Header | None:
    """The header of the first output of the same run, which says what they were made from."""
    text = _text(root / header.first) if header.first else None
    return parse(text) if text is not None else None


def _listed(root: Path, source: str, paths: Iterable[str]) -> dict[str, str]:
    """Path to target of every output that the headers of these files, or of the first ones that they name, list."""
    listed: dict[str, str] = {}
    firsts: dict[str, None] = {}
    for path in paths:
        header = _ours(root, path, source)
        if header and header.first:
            firsts[header.first] = None
    for path in firsts:
        header = _ours(root, path, source)
        listed |= {output: target for target, output in header.outputs} if header else {}
    return listed


def _ours(root: Path, path: str, source: str) -> Header | None:
    text = _text(root / path)
    header = parse(text) if text is not None else None
    return header if header and header.source == source else None


def _orphans(root: Path, source: str, paths: Iterable[str]) -> Iterator[Verdict]:
    for path in paths:
        if header := _ours(root, path, source):
            yield Verdict(path, State.ORPHAN if header.intact else State.EDITED_ORPHAN)


def _text(path: Path) -> str | None:
    """A file's text, None where there is no file. What is no UTF-8 is text too: nothing that transpipe wrote."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
