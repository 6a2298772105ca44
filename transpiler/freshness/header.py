"""Writes the comment at the top of every output, and reads it back.

The header of the first output names every input with its digest and lists all outputs; each other output names the
first one and the profile. Every header ends with the digest of its file's body and a digest of itself, which reveal
edits by hand; `set` in the first header is the digest of all other headers, which reveals an output of another run. It
knows no engine and touches no disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from transpiler.fast_path.digests import BLUBBERFILE, CONFIG, DOCKERFILE, FORMAT, HELMCONFIG, PROFILE, SHARED, digest
from transpiler.fast_path.fields import Field, file_field, listing, options, take_apart, title, unword
from transpiler.quoting import comment

_WIDTH = 110
_NO_WORD = re.compile(r"[^\w./@+:=,~-]")


class Input(NamedTuple):
    """A file that outputs are made from: its kind (a constant of `digests`), its name relative to the repository or a
    built-in profile's, and the digest of the part of it that matters ("" if it cannot be read)."""

    kind: str
    name: str
    digest: str


class Inputs(NamedTuple):
    """Everything that outputs are made from. `options` are the command-line options that affect the outputs' bytes;
    `folder` is the folder of the git repository that the config is in, "" for its top."""

    files: tuple[Input, ...]
    templates: str
    options: tuple[tuple[str, str], ...] = ()
    format: int = FORMAT
    folder: str = ""

    @property
    def profile(self) -> str:
        """The name of the profile, "" if there is none."""
        return next((file.name for file in self.files if file.kind == PROFILE), "")


class Output(NamedTuple):
    """One file to put a header on. `comment` is "#" or "//"; `intro` are lines for people, without comment signs."""

    target: str
    path: str
    comment: str
    intro: tuple[str, ...]
    body: str


class Choice(NamedTuple):
    """A run for some targets only: the targets that the command line chose (none: those of the profile), and the target
    and path of each existing output of other targets. These are listed too, or they would never be removed."""

    targets: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


class Header(NamedTuple):
    """The contents of an output's header. Only the first output, whose path is `first`, has `inputs`; they are None in
    the others, and if the header itself was edited. `outputs` are pairs of target and path, including those of other
    runs; `chosen` are the targets of the run, if it was not for all. `intact`: neither the header nor the body was
    edited by hand.
    """

    source: str
    first: str
    inputs: Inputs | None
    outputs: tuple[tuple[str, str], ...]
    intact: bool
    profile: str = ""
    chosen: tuple[str, ...] = ()


class Move(NamedTuple):
    """A reason why an output is stale, mostly an input that changed: its kind (of an Input, or "templates", "options",
    "format", "folder"), its name (or what the options, the format and the folder were), and whether it has "changed",
    is "new" or is "gone". Other kinds: "targets" is a run for these targets only, "run" is another run than the one
    that wrote the file of that name, "unknown" is a run that this file no longer describes, "merge" is the markers
    of a merge conflict, and "layout" is white space and quotes, which a formatter changes."""

    what: str
    name: str
    how: str = "changed"

    @property
    def newer(self) -> bool:
        """Whether a newer transpipe than this one made the file."""
        return self.what == "format" and int(self.name) > FORMAT


# ---- composing ----


def compose(
    source: str,
    inputs: Inputs,
    outputs: tuple[Output, ...],
    choice: Choice = Choice(),  # noqa: B008 - immutable
) -> tuple[tuple[str, str], ...]:
    """The path and whole text of every output; the header of the first has all fields. `source` is the config's
    path."""
    if not outputs:
        return ()
    first, rest = outputs[0], outputs[1:]
    own = (("first", _word(first.path)), *((("profile", _word(inputs.profile)),) if inputs.profile else ()))
    texts = [(output.path, *_with_header(output, source, own)) for output in rest]
    made = dict.fromkeys((output.target, output.path) for output in outputs)
    fields = (
        *_inputs(inputs),
        *((("targets", " ".join(choice.targets)),) if choice.targets else ()),
        *_listing("outputs", tuple(made)),
        *_listing("others", tuple(other for other in choice.others if other not in made)),
        *((("set", digest(" ".join(mark for _, _, mark in texts))),) if texts else ()),
    )
    return ((first.path, _with_header(first, source, fields)[0]), *((path, text) for path, text, _ in texts))


def _inputs(inputs: Inputs) -> Iterator[Field]:
    width = max((len(_word(file.name)) for file in inputs.files), default=0)
    for file in inputs.files:
        yield file.kind, f"{_word(file.name):<{width}} {file.digest}"
    yield "templates", inputs.templates
    yield "format", str(inputs.format)
    if inputs.options:
        yield "options", " ".join(f"{name}={_word(value)}" for name, value in inputs.options)
    if inputs.folder:
        yield "folder", _word(inputs.folder)


def _listing(field: str, outputs: tuple[tuple[str, str], ...]) -> Iterator[Field]:
    """The outputs of each target, in lines of bounded width."""
    for target in dict.fromkeys(target for target, _ in outputs):
        line = f"{target}:"
        for path in (_word(path) for owner, path in outputs if owner == target):
            if len(line) + len(path) > _WIDTH and not line.endswith(":"):
                yield field, line
                line = f"{target}:"
            line += f" {path}"
        yield field, line


def _with_header(output: Output, source: str, fields: tuple[Field, ...]) -> tuple[str, str]:
    """The whole text, and the digest of its header."""
    body = f"\n{output.body}"
    margin = min((len(line) - len(line.lstrip(" ")) for line in output.intro if line), default=0)
    intro = [f"  {comment(line[margin:])}" for line in output.intro]
    width = max(map(len, ["header", *(name for name, _ in fields)]))
    lines = [title(_word(source)), "", *intro, *([""] if intro else [])]
    lines += [f"{name:<{width}}  {value}" for name, value in (*fields, ("body", digest(body)))]
    above = "\n".join(f"{output.comment} {line}".rstrip() for line in lines)
    mark = digest(above)
    return f"{above}\n{output.comment} {'header':<{width}}  {mark}\n{body}", mark


def _word(path: str) -> str:
    """A path or value as one word of a comment: everything but letters, digits and some safe characters is
    percent-encoded."""
    return _NO_WORD.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode()), path)


# ---- reading ----


def parse(text: str) -> Header | None:
    """Reads the header of an output; None if transpipe did not write this file."""
    parts = take_apart(text)
    if parts is None:
        return None
    source, fields, _, sound, intact = parts
    made, only = listing(fields, "outputs"), dict(fields)
    first = unword(only["first"]) if "first" in only else made[0][1] if made else ""
    inputs = _read_inputs(fields)
    profile = unword(only["profile"]) if "first" in only and "profile" in only else ""
    chosen = tuple(only.get("targets", "").split())
    return Header(
        source,
        first,
        inputs if sound else None,
        made + listing(fields, "others"),
        intact,
        inputs.profile if inputs else profile,
        chosen,
    )


def _read_inputs(fields: Iterable[Field]) -> Inputs | None:
    fields = tuple(fields)
    only = dict(fields)
    if "first" in only or "templates" not in only or not _is_number(only.get("format", "")):
        return None
    files = tuple(Input(name, *file_field(value)) for name, value in fields if name in _KINDS)
    folder = unword(only.get("folder", ""))
    return Inputs(files, only["templates"], options(fields), int(only["format"]), folder)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


_KINDS = frozenset({CONFIG, BLUBBERFILE, DOCKERFILE, HELMCONFIG, PROFILE, SHARED})


# ---- comparing ----


def moved(then: Inputs, now: Inputs) -> tuple[Move, ...]:
    """What changed, in the order in which a person would look for it."""
    before = {(file.kind, file.name): file.digest for file in then.files}
    after = {(file.kind, file.name): file.digest for file in now.files}
    moves = [
        Move(kind, name, "changed" if (kind, name) in before else "new")
        for (kind, name), mark in after.items()
        if before.get((kind, name)) != mark
    ]
    moves += [Move(kind, name, "gone") for kind, name in before if (kind, name) not in after]
    if then.options != now.options:
        moves.append(Move("options", " ".join(f"--{name} {value}" for name, value in then.options)))
    if then.folder != now.folder:
        moves.append(Move("folder", then.folder))
    if then.templates != now.templates:
        moves.append(Move("templates", ""))
    if then.format != now.format:
        moves.append(Move("format", str(then.format)))
    return tuple(moves)
