"""Digests of what outputs are made from, computed from bytes alone: no YAML is read here.

Of a blubberfile or a Dockerfile only the names of its variants count, so that a new base image does not make every
output stale.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

CONFIG, BLUBBERFILE, DOCKERFILE, PROFILE = "config", "blubberfile", "dockerfile", "profile"

_DIGITS = 32


def digest(text: str) -> str:
    """`sha256:` and as many hexadecimal digits as make accidents impossible."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def content_digest(content: bytes) -> str:
    """The digest of a file's content; line endings and a byte order mark do not count."""
    return digest(normal(content.decode("utf-8", "surrogateescape")))


def names_digest(names: Iterable[str]) -> str:
    """The digest of a set of variant names."""
    return digest("".join(f"{name}\n" for name in sorted(set(names))))


def templates_digest(files: Mapping[str, bytes]) -> str:
    """The digest of template files, by their paths."""
    return digest("".join(f"{path} {content_digest(content)}\n" for path, content in sorted(files.items())))


def shipped_templates(folder: Path) -> Mapping[str, bytes]:
    """The template files below a folder, by their paths relative to it."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.j2")) if p.is_file()}


def normal(text: str) -> str:
    """The text without a byte order mark, its line endings newlines."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


_VARIANTS = re.compile(r"^variants:[ \t]*(?:#.*)?\n((?:[ \t].*\n|#.*\n|[ \t]*\n)*)", re.MULTILINE)
_KEY = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|([^\s"'#&*!|>%@`?{}\[\],<-][^:#"']*?))[ \t]*:(?:[ \t].*)?""")
_FROM = re.compile(r"^[ \t]*FROM[ \t].*?[ \t]AS[ \t]+(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)


def variant_names(text: str, kind: str) -> tuple[str, ...] | None:
    """The variants of a Blubber file or the targets of a Dockerfile, sorted; None where it takes a YAML reader."""
    text = normal(text) + "\n"
    if kind == DOCKERFILE:
        return tuple(sorted({name.lower() for name in _FROM.findall(text)}))
    found = _VARIANTS.findall(text)
    if len(found) != 1:
        return None
    lines = [line for line in found[0].split("\n") if line.strip() and not line.lstrip().startswith("#")]
    indent = len(lines[0]) - len(lines[0].lstrip(" ")) if lines else 0
    keys = [_KEY.fullmatch(line.strip()) for line in lines if len(line) - len(line.lstrip(" ")) <= indent]
    if not indent or not all(keys):
        return None
    return tuple(sorted(next(group for group in key.groups() if group is not None) for key in keys if key))
