"""Quotes every string of a user's for the outputs: as a shell word, a Groovy literal, a YAML scalar or a comment.

The laws are tested against the real interpreters in `tests/laws/`. What `sh` returns is printable (no control
characters but tab and newline), so that every engine's file can contain shell programs as readable text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache

import yaml

_RESOLVER = yaml.SafeLoader("")
_TEXT_TAG = "tag:yaml.org,2002:str"
# YAML block scalars normalise or reject these characters, XML 1.1 turns some into newlines, editors hide the rest.
_UNPRINTABLE = re.compile("([\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]+)")
# Each `printf` is a process, and dash recurses for each in a word: 5,000 of them overflow its stack.
_MOST_PRINTFS = 50
_DOUBLE_SPECIAL = re.compile(r'([\\"$`])')
_PLAIN_LINE = re.compile(r"(?!\.\.\.|---)([A-Za-z_./$(]|-[-A-Za-z]|[0-9]+ [a-z])[\x20-\x7e]*")
_ENDS_PLAIN = re.compile(r":( |$)| #| $")
_PLAIN_YAML = re.compile(r"(?!\.\.\.)[A-Za-z_./][A-Za-z0-9_./-]*( [A-Za-z0-9_/][A-Za-z0-9_./-]*)*")


def sh(text: str) -> str:
    """A POSIX shell word whose value is exactly `text`; raises ValueError on NUL, which no argument can contain."""
    if "\0" in text:
        raise ValueError("a shell word cannot hold NUL")
    chunks = _chunks(text)
    if len(chunks) == 1:
        return _single_quoted(text)
    return "".join(f'"{_printf(c)}"' if i % 2 else _single_quoted(c) for i, c in enumerate(chunks) if c)


def sh_double(text: str) -> str:
    """`text` escaped for a double-quoted POSIX shell string, without the quotes."""
    if "\0" in text:
        raise ValueError("a shell word cannot hold NUL")
    chunks = _chunks(text)
    if len(chunks) == 1:
        return _double_quoted(text)
    return "".join(_printf(c) if i % 2 else _double_quoted(c) for i, c in enumerate(chunks))


def _single_quoted(text: str) -> str:
    # In the text of a program, `${{` would begin an expression of GitHub's, which no quotes of the shell's prevent.
    return shlex.quote(text).replace("${{", "$''{{")


def _double_quoted(text: str) -> str:
    return _DOUBLE_SPECIAL.sub(r"\\\1", text).replace("${{", '$""{{')


def _chunks(text: str) -> list[str]:
    """Printable text and text that needs `printf`, alternately. The latter never ends with a newline, which `$(…)`
    would drop."""
    if text.isprintable():
        return [text]
    chunks = _UNPRINTABLE.split(text)
    if len(chunks) > 2 * _MOST_PRINTFS + 1:
        return [chunks[0], "".join(chunks[1:-1]), chunks[-1]]
    return chunks


def _printf(chunk: str) -> str:
    octal = "".join(f"\\{byte:03o}" for byte in chunk.encode("utf-8"))
    return f"$(printf '{octal}')"


def groovy(text: str) -> str:
    r"""A single-quoted Groovy string: nothing in it is interpolated. Raises ValueError on U+FFFF, which Groovy's lexer
    takes for the end of the script, even if it is escaped.

    Groovy decodes `\uXXXX` before it reads the script, so a newline must never be written as `\u000a`.
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return f"'{_groovy_unprintable(escaped)}'"


def groovy_lines(lines: tuple[str, ...], indent: str) -> str:
    """The content of a triple-quoted Groovy string, from its first line on.

    Each logical line is indented; after a newline within one (inside a quoted shell literal), the text continues at
    column 0, because the literal requires it. If the literal itself continues with the indentation's spaces, the first
    space is written as an escape, so that `read` can distinguish the two. Raises ValueError on U+FFFF.
    """
    body = "\n".join(lines)
    if body.count("\n") < len(lines):
        body = _indented(body.replace("\\", "\\\\"), indent)
    else:
        body = "\n".join(_groovy_line(line, indent) for line in lines)
    return _groovy_unprintable(body.replace("'" * 3, "\\'\\'\\'"))


def _indented(text: str, indent: str) -> str:
    """The text with its lines indented, except empty ones. String replacement takes a tenth of a regular expression's
    time; empty lines need it twice, since neighbours share a newline."""
    found, empty = f"\n{text}\n".replace("\n", f"\n{indent}"), f"\n{indent}\n"
    return found.replace(empty, "\n\n").replace(empty, "\n\n")[1 : -1 - len(indent)]


def _groovy_line(line: str, indent: str) -> str:
    first, *more = line.replace("\\", "\\\\").split("\n")
    first = f"{indent}{first}" if first or more else ""
    return "\n".join([first, *(f"\\u0020{m[1:]}" if m.startswith(indent) else m for m in more)])


def _groovy_unprintable(text: str) -> str:
    if text.replace("\n", "").isprintable():
        return text
    if "\uffff" in text:
        raise ValueError("no Groovy script can hold the character U+FFFF")
    text = text.replace("\r", "\\r").replace("\0", "\\u0000")
    return _UNPRINTABLE.sub(lambda m: "".join(f"\\u{ord(c):04x}" for c in m[1]), text)


def comment(text: str) -> str:
    r"""`text` inside a comment that ends with its line, in Groovy or YAML: characters that could end the line, or
    change the order in which it is displayed, become U+FFFD. Groovy decodes `\uXXXX` even in comments, so every `\u` is
    broken up."""
    printable = text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
    return printable.replace("\\u", "\\ u")


@lru_cache(maxsize=4096)
def yaml_scalar(text: str) -> str:
    """A YAML scalar on one line that every YAML 1.1 and 1.2 parser reads as exactly this string.

    Plain if that is certain to work, also inside `[...]` and `{...}`; else double-quoted.
    """
    if _PLAIN_YAML.fullmatch(text) and _resolves_to_text(text):
        return text
    dumped: str = yaml.dump(
        text, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True, width=float("inf"), line_break="\n"
    )
    return dumped.rstrip("\n")


@lru_cache(maxsize=4096)
def yaml_line(text: str) -> str:
    """A YAML scalar on one line, as the item of a block list or the value of a block mapping.

    Plain in more cases than `yaml_scalar`, so that shell commands and conditions stay readable: in a block, only `: `,
    ` #` and the end of the line end a plain scalar. Not to be used inside `[...]` or `{...}`.
    """
    plain = _PLAIN_LINE.fullmatch(text) and not _ENDS_PLAIN.search(text) and _resolves_to_text(text)
    return text if plain else yaml_scalar(text)


def yaml_list(texts: Iterable[str]) -> str:
    """A YAML sequence of scalars on one line."""
    return f"[{', '.join(map(yaml_scalar, texts))}]"


def ansible_line(text: str) -> str:
    """`yaml_line` for a string that Ansible must not evaluate as a template."""
    marked = "{" in text and ("{{" in text or "{%" in text or "{#" in text)
    return f"!unsafe {yaml_line(text)}" if marked else yaml_line(text)


def _resolves_to_text(text: str) -> bool:
    """Whether a text that is known to be a plain scalar is a string by PyYAML's rules."""
    if text.lower() in {"y", "n", "=", "<<"}:
        return False
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag == _TEXT_TAG


def yaml_block(lines: tuple[str, ...], indent: str) -> str:
    """The lines of a literal block scalar (`|`), each indented; `sh` guarantees that the text is printable."""
    return _indented("\n".join(lines), indent)
