"""What became of the outputs on the disk: fresh, stale (and what moved), edited by hand, missing, foreign, orphaned.

`judge` compares with what would be written now; `examine` has only the headers to go by, and neither reads YAML
nor compiles: it is for hooks. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from transpiler.freshness.digests import (
    BLUBBERFILE,
    DOCKERFILE,
    PROFILE,
    content_digest,
    names_digest,
    normal,
    variant_names,
)
from transpiler.freshness.header import FORMAT, Header, Input, Inputs, Move, moved, parse


class State(StrEnum):
    """What became of one output. FOREIGN: transpipe did not write it. The orphans are no longer made."""

    FRESH = "fresh"
    MISSING = "missing"
    STALE = "stale"
    EDITED = "edited by hand"
    FOREIGN = "not written by transpipe"
    ORPHAN = "no longer made"
    EDITED_ORPHAN = "no longer made, but edited by hand"


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
    verdicts = [_judge(root, path, text, inputs, partial=bool(targets)) for path, text in wanted.items()]
    orphans = (
        path for path, target in listed.items() if path not in wanted and (not targets or target in targets)
    )  # fmt: skip
    return (*verdicts, *_orphans(root, source, orphans))


def unmade(
    root: Path, source: str, paths: Iterable[str], targets: frozenset[str]
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """Target and path of the outputs on the disk that are no business of these targets, as the headers of these
    files list them. Raises OSError if a file cannot be read."""
    listed = _listed(root, source, paths)
    return tuple((t, path) for path, t in listed.items() if t not in targets and _ours(root, path, source))


def examine(root: Path, first: str, profiles: Path, templates: str) -> tuple[Verdict, ...]:
    """A verdict on every output that the header of the first one lists, from digests alone.

    `profiles` is the folder of the built-in profiles, `templates` the digest of the shipped templates. The variants
    of a blubberfile that is not laid out in lines count as moved: only `generate --check` can tell then.
    """
    text = _text(root / first)
    header = parse(text) if text is not None else None
    if header is None:
        return (Verdict(first, State.MISSING if text is None else State.FOREIGN),)
    if header.inputs is None:
        return (Verdict(first, State.EDITED),)
    moves = moved(header.inputs, reread(header.inputs, root, profiles, templates))
    return tuple(_examined(root, path, moves) for _, path in header.outputs)


def reread(inputs: Inputs, root: Path, profiles: Path, templates: str) -> Inputs:
    """The same inputs as they are on the disk now."""
    files = tuple(file._replace(digest=_reread(file, root, profiles)) for file in inputs.files)
    return Inputs(files, templates, inputs.options, FORMAT)


def _reread(file: Input, root: Path, profiles: Path) -> str:
    shipped = profiles / f"{file.name}.yaml"
    path = shipped if file.kind == PROFILE and "/" not in file.name and shipped.is_file() else root / file.name
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    if file.kind not in (BLUBBERFILE, DOCKERFILE):
        return content_digest(content)
    names = variant_names(content.decode("utf-8", "replace"), file.kind)
    return "" if names is None else names_digest(names)


def _examined(root: Path, path: str, moves: tuple[Move, ...]) -> Verdict:
    text = _text(root / path)
    if text is None:
        return Verdict(path, State.MISSING)
    header = parse(text)
    if header is None:
        return Verdict(path, State.FOREIGN)
    if not header.intact:
        return Verdict(path, State.EDITED)
    return Verdict(path, State.STALE if moves else State.FRESH, moves)


def _judge(root: Path, path: str, wanted: str, inputs: Inputs, *, partial: bool) -> Verdict:
    text = _text(root / path)
    if text is None:
        return Verdict(path, State.MISSING)
    if normal(text) == wanted:
        return Verdict(path, State.FRESH)
    header = parse(text)
    if header is None:
        return Verdict(path, State.FOREIGN)
    then = _inputs(root, header)
    moves = moved(then, inputs) if then else ()
    if not header.intact:
        return Verdict(path, State.EDITED, moves)
    if partial and then == inputs and _body(text) == _body(wanted):
        return Verdict(path, State.FRESH)
    return Verdict(path, State.STALE, moves)


def _body(text: str) -> str:
    """What follows the header; only for texts that have one."""
    lines = normal(text).split("\n")
    sign = lines[0].split()[0]
    return "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith(f"{sign} header ")) :][1:])


def _inputs(root: Path, header: Header) -> Inputs | None:
    """What an output was made from: its first one's header says it."""
    if header.inputs:
        return header.inputs
    text = _text(root / header.first) if header.first else None
    first = parse(text) if text is not None else None
    return first.inputs if first else None


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
