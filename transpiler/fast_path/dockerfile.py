"""Splits a Dockerfile into instructions as BuildKit does: continued lines are joined, bodies of heredocs are left out.

A commit hook imports this module, so it uses neither `re` nor `shlex`. It reports no mistakes: an instruction that
docker would refuse is returned like any other.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""The white space that BuildKit, a Go program, strips. `str.strip` strips some more characters."""

_BETWEEN = "\t\v\f\r "
_DIRECTIVES = ("syntax", "escape", "check")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")
_TARGET = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def instructions(content: bytes) -> Iterator[tuple[str, str]]:
    """Each instruction's name, in upper case, and the rest of its line as it is written."""
    lines = content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    escape = _escape(lines)
    at = 0
    while at < len(lines):
        text, at = _logical(lines, at, escape)
        name, rest = _first_word(text)
        if not name:
            continue
        # The body of a heredoc ends with a line that is only its name.
        for end, indented in heredocs(text) if _may_hold_heredocs(name, rest) else ():
            while at < len(lines):
                line = lines[at].rstrip("\r")
                at += 1
                if (line.lstrip("\t") if indented else line) == end:
                    break
        yield name, rest


def without_flags(rest: str) -> tuple[tuple[str, ...], str]:
    """Splits the rest of an instruction into the words of the form `--name=value` at its start, and the text after
    them."""
    found: list[str] = []
    rest = rest.strip(_SPACE)
    while rest.startswith("--"):
        word, rest = _flag(rest)
        if word == "--":
            break
        found.append(word)
    return tuple(found), rest


def target(rest: str) -> str:
    """The name that a `FROM` gives to its stage, in lower case because docker ignores case; "" if it gives none."""
    words = without_flags(rest)[1].translate(dict.fromkeys(map(ord, _BETWEEN), " ")).split(" ")
    words = [word for word in words if word]
    name = words[2].lower() if len(words) == 3 and words[1].upper() == "AS" else ""
    return name if "a" <= name[:1] <= "z" and _TARGET.issuperset(name) else ""


def heredocs(line: str) -> list[tuple[str, bool]]:
    """For each heredoc that a line opens, the name that ends it, and whether that may be indented with tabs."""
    found: list[tuple[str, bool]] = []
    for word in _words(line):
        opening = word.lstrip("0123456789")
        if not opening.startswith("<<") or "<" in opening[2:]:
            continue
        indented = opening.startswith("<<-")
        name = _unquoted(opening[3 if indented else 2 :])
        if name:
            found.append((name, indented))
    return found


def _escape(lines: list[str]) -> str:
    """The character that continues a line: a backslash, unless a comment at the top of the file sets `escape=`."""
    for line in lines:
        key, sign, value = line.strip(_SPACE)[1:].partition("=")
        key = key.strip(_SPACE).lower()
        if not line.lstrip(_SPACE).startswith("#") or not sign or key not in _DIRECTIVES:
            break
        if key == "escape" and value.strip(_SPACE) in ("`", "\\"):
            return value.strip(_SPACE)
    return "\\"


def _logical(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """The line at index `at`, joined with its continuation lines, and the index of the next line. Comments and blank
    lines between them are skipped."""
    text, goes_on = _cut(lines[at].lstrip(_SPACE), escape)
    at += 1
    while goes_on and at < len(lines):
        line = lines[at]
        at += 1
        if line.lstrip(_SPACE)[:1] not in ("", "#"):
            more, goes_on = _cut(line, escape)
            text += more
    return text, at


def _cut(line: str, escape: str) -> tuple[str, bool]:
    """A line without the character that continues it, and whether it had one. If that is doubled, it does not continue
    the line."""
    line = line.rstrip("\r")
    if line.startswith("#"):
        return "", False
    end = line.rstrip(" \t")
    if end.endswith(escape) and not end.endswith(escape * 2):
        return end[:-1], True
    return line, False


def _first_word(text: str) -> tuple[str, str]:
    text = text.strip(_SPACE)
    end = min((at for sign in _BETWEEN if (at := text.find(sign)) >= 0), default=len(text))
    return text[:end].upper(), text[end:].strip(_SPACE)


def _may_hold_heredocs(name: str, rest: str) -> bool:
    if name == "ONBUILD":
        name, rest = _first_word(rest)
    return name in _WITH_HEREDOCS and "<<" in rest


def _flag(rest: str) -> tuple[str, str]:
    """The flag at the start of a text, without quotes, and the text after it."""
    word, quote, at = "", "", 0
    while at < len(rest):
        sign = rest[at]
        at += 1
        if sign == "\\":
            word += rest[at : at + 1]
            at += 1
        elif quote or sign in "'\"":
            word += sign if quote and sign != quote else ""
            quote = "" if sign == quote else quote or sign
        elif sign in _SPACE:
            break
        else:
            word += sign
    return word, rest[at:].strip(_SPACE)


def _words(line: str) -> list[str]:
    """The words of a line, split as by a shell, with their quotes; none if a quote or a `${` is not closed."""
    found = [""]
    open_: list[str] = []
    at = 0
    while at < len(line):
        sign, inner = line[at], open_[-1] if open_ else ""
        width = 1
        if sign == inner:
            open_.pop()
        elif inner == "'":
            pass
        elif sign == "\\":
            width = 2
        elif sign == '"' or (sign == "'" and inner != '"'):
            open_.append(sign)
        elif line.startswith("${", at):
            open_.append("}")
            width = 2
        elif sign in _SPACE and not open_:
            found.append("")
            at += 1
            continue
        found[-1] += line[at : at + width]
        at += width
    return [] if open_ else found


def _unquoted(word: str) -> str:
    plain, quote, at = "", "", 0
    while at < len(word):
        sign = word[at]
        at += 1
        if sign == "\\" and quote != "'" and (not quote or word[at : at + 1] in ('"', "$", "\\")):
            plain += word[at : at + 1]
            at += 1
        elif sign in ("'", '"') and quote in ("", sign):
            quote = "" if quote else sign
        else:
            plain += sign
    return plain
