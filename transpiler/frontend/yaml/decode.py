"""From the bytes of a file to text that YAML allows."""

from __future__ import annotations

import re

from transpiler.diagnostics import Change, Diagnostics, Fix, Span
from transpiler.frontend.yaml.places import Places

MAX_BYTES = 1 << 20

# YAML 1.2's printable characters; a byte order mark inside a file is legal there, but never meant. The pattern lists
# the unprintable characters instead of negating the printable ones: it compiles in a tenth of the time, in every run.
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def decode(data: bytes, file: str, diagnostics: Diagnostics) -> str | None:
    """The text of a file; None after an error."""
    text = _text(data, file, diagnostics)
    if text is None:
        return None
    places = Places(file, text)
    if unprintable := _UNPRINTABLE.search(text):
        character = _character_name(unprintable[0])
        message = f"The file contains {character}, which YAML does not allow."
        span = places.span(*unprintable.span())
        diagnostics.error("control-character", message, span, "Remove the character.", Fix((Change(span, ""),)))
        return None
    if conflict := _conflict(text):
        message = "The file contains the markers of a merge conflict."
        hint = "Resolve the conflict: keep one of the versions, or combine them, and remove the markers."
        diagnostics.error("merge-conflict", message, places.span(*conflict), hint)
        return None
    return text


def _conflict(text: str) -> tuple[int, int] | None:
    """Where the first marker of a merge conflict is. Git begins a line with each of the three; the lines of a block
    scalar are indented."""
    if "<<<<<<< " not in text:
        return None
    lines = f"\n{text}"  # each index in it is one more than in the text
    start = lines.find("\n<<<<<<< ")
    middle = lines.find("\n=======\n", start)
    if start < 0 or middle < 0 or lines.find("\n>>>>>>> ", middle) < 0:
        return None
    return start, lines.find("\n", start + 1) - 1


def _text(data: bytes, file: str, diagnostics: Diagnostics) -> str | None:
    if len(data) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES:,} bytes."
        hint = "Move what is not part of the config to other files."
        diagnostics.error("file-too-large", message, Span(file, 1, 1, 1, 1), hint)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # If there is a byte order mark, the codec's offsets begin after it.
        offset = error.start + len(data) - len(error.object)
        before = data[:offset].decode("utf-8-sig")
        end = Places(file, before).span(len(before), len(before))
        message = f"The file is not UTF-8: byte {data[offset]:#04x} at offset {offset}, line {end.line}."
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            message = "The file is UTF-16, not UTF-8."
        diagnostics.error("bad-encoding", message, end, "Save the file as UTF-8.")
        return None


def _character_name(character: str) -> str:
    named = {"\0": "a NUL character", "\ufeff": "a byte order mark after its start"}
    return named.get(character, f"the control character U+{ord(character):04X}")
