"""Finds the names of a Blubber file's variants and of a Dockerfile's targets without a YAML parser.

The compiler and a commit hook must find the same names, and a YAML parser or `re` would make the hook too slow, so both
use this module. If the lines of a Blubber file do not show the names for certain, the compiler parses it, and the hook
leaves the decision to the compiler.
"""

from __future__ import annotations

from transpiler.fast_path.dockerfile import instructions, target

MAX_BYTES = 2**18
"""A longer file is left to the YAML parser, which has other limits."""

_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")
_PAIRS = ("[]", "{}")
_WORD_SIGNS = frozenset("-./0123456789")


def blubber_variants(content: bytes) -> tuple[str, ...] | None:
    """The variants of a Blubber file, sorted; None if a YAML parser is needed to find them."""
    if len(content) > MAX_BYTES or not content.isascii() or b"\t" in content:
        return None
    lines = content.decode("ascii").replace("\r\n", "\n").split("\n")
    if any(not line.isprintable() for line in lines):
        return None
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not all(map(_closed, lines)):
        return None
    starts = [i for i, line in enumerate(lines) if line[0] != " " and line.startswith(("variants:", "variants :"))]
    if len(starts) != 1 or _value(lines[starts[0]]):
        return None
    names: list[str] = []
    indent = 0
    for line in lines[starts[0] + 1 :]:
        depth = len(line) - len(line.lstrip(" "))
        if not depth:
            break
        indent = indent or depth
        if depth > indent:
            continue
        name = _name(line)
        if depth < indent or not name or name in names:
            return None
        names.append(name)
    return tuple(sorted(names)) if names else None


def _closed(line: str) -> bool:
    """Whether all brackets and quotes that the line opens are closed in it, judged by counting them."""
    if line.count('"') % 2 or line.count("'") % 2 or line.startswith(("---", "...", "%", "?")):
        return False
    return all(line.count(pair[0]) == line.count(pair[1]) for pair in _PAIRS)


def _value(line: str) -> str:
    value = line.partition(":")[2].strip()
    return "" if value.startswith("#") else value


def _name(line: str) -> str:
    """The key in a line, "" if it is not certain that there is one."""
    key, colon, value = line.strip().partition(":")
    key = key.rstrip()
    if not colon or value[:1] not in ("", " "):
        return ""
    if key[:1] in ('"', "'") and key[-1:] == key[:1] and len(key) > 2:
        key = key[1:-1]
        return key if _KEY.issuperset(key) else ""
    # Anything that YAML may read as something other than a string (a number, an item of a list) is left to a parser.
    return key if key and key[0] not in _WORD_SIGNS and _KEY.issuperset(key) else ""


def dockerfile_targets(content: bytes) -> tuple[str, ...]:
    """The names that a Dockerfile gives to its stages, sorted, in lower case because docker ignores case."""
    return tuple(sorted({target(rest) for name, rest in instructions(content) if name == "FROM"} - {""}))
