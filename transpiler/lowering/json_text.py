"""Values → shell code that writes them as JSON; parts of them may be known only at run time.

The readers (helm, Blubber) are YAML parsers, so the JSON must be valid YAML too. Characters above U+FFFF are therefore
not escaped: JSON writes them as two surrogates, which YAML does not combine.
"""

from __future__ import annotations

import json
import re

from transpiler.expressions import List, Map, Ref, Source, Text, Value, refs
from transpiler.lowering import lists, words
from transpiler.lowering.program_scope import Scope
from transpiler.lowering.shell import Lines, command, indent, join_commands
from transpiler.lowering.words import Variable
from transpiler.quoting import sh

_LONG = 60
_HIDDEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_CLEAN = frozenset({"imageID", "imageName", "imageFullName", "imageTag", "publishedImage", "releaseName", "container"})
_FUNCTION = (
    "json() { # escapes a text for a JSON string, and what no YAML reader takes as it is",
    *indent(
        (
            "TEXT=$1 LC_ALL=C awk 'BEGIN {",
            '    for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\\\u%04x", i)',
            '    for (i = 128; i < 160; i++) code[sprintf("\\302%c", i)] = sprintf("\\\\u%04x", i)',
            '    code["\\""] = "\\\\\\""; code["\\\\"] = "\\\\\\\\"; code["\\177"] = "\\\\u007f"',
            '    code["\\342\\200\\250"] = "\\\\u2028"; code["\\342\\200\\251"] = "\\\\u2029"',
            '    code["\\357\\273\\277"] = "\\\\ufeff"',
            '    code["\\357\\277\\276"] = "\\\\ufffe"; code["\\357\\277\\277"] = "\\\\uffff"',
            '    for (i = 1; i <= length(ENVIRON["TEXT"]); i += length(c)) {',
            '        for (n = 3; n; n--) if ((c = substr(ENVIRON["TEXT"], i, n)) in code) break',
            '        printf "%s", (c in code) ? code[c] : c',
            "    }",
            "}'",
        )
    ),
    "}",
)


def quoted(text: str) -> str:
    """A known text as a JSON string."""
    plain = json.dumps(text, ensure_ascii=False)
    return _HIDDEN.sub(lambda m: f"\\u{ord(m[0]):04x}", plain)


def known(value: Value, scope: Scope) -> str | None:
    """Returns the JSON if all of it is known at compile time, else None."""
    printer = _Printer(scope)
    printer.value(value)
    return printer.literal if printer.is_known else None


def writer(value: Value, scope: Scope, before: str = "") -> Lines:
    """Shell lines that print the line `before`, if there is one, and then the value as JSON."""
    printer = _Printer(scope)
    if before:
        printer.literal += before + "\n"
        printer.flush()
    printer.top(value)
    return printer.finish()


def into(lines: Lines, file: str) -> Lines:
    """The lines of a `writer`, with their output redirected to a file (a shell word)."""
    printing = [i for i, line in enumerate(lines) if line.startswith("printf")]
    if len(printing) == 1:
        return join_commands(lines, f" > {file}")
    return ("{", *indent(lines), f"}} > {file}")


class _Printer:
    """Collects the format and arguments of a `printf`; a loop ends it and starts another one."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.literal = ""  # since the last argument
        self.is_known = True
        self._format = ""
        self._arguments: list[str] = []
        self.lines: list[str] = []

    def top(self, value: Value) -> None:
        """Prints the outermost value; a long mapping is broken into several lines."""
        if not isinstance(value, Map) or not value.entries:
            self.value(value)
            return
        for i, (key, entry) in enumerate(value.entries):
            self.literal += " " if i else "{"
            self._entry(key, entry)
            last = i == len(value.entries) - 1
            self.literal += "}" if last else ","
            if not last and len(self._format) + len(self.literal) > _LONG:
                self.literal += "\n"
                self.flush()

    def value(self, value: Value) -> None:
        match value:
            case Text(json=str(constant)):
                self.literal += constant
            case Text():
                self._text(value)
            case Map(entries):
                self._between("{", "}", [lambda k=k, v=v: self._entry(k, v) for k, v in entries])
            case List():
                self._list(value)

    def _between(self, opening: str, closing: str, writers: list[object]) -> None:
        self.literal += opening
        for i, write in enumerate(writers):
            self.literal += ", " if i else ""
            assert callable(write)
            write()
        self.literal += closing

    def _entry(self, key: Text, value: Value) -> None:
        self._text(key)
        self.literal += ": "
        self.value(value)

    def _list(self, items: List[Value]) -> None:
        if not lists.is_dynamic(items):
            self._between("[", "]", [lambda item=item: self.value(item) for item in lists.known(items)])
            return
        self.is_known = False
        self.literal += "["
        self.flush()
        separator = self.scope.draft.variables.take("separator")
        self.lines.append(f"{separator}=")
        self.lines += lists.each(items, self.scope, lambda item, inner: _item(item, inner, separator))
        self.scope.draft.variables.release(separator)
        self.literal += "]"

    def _text(self, text: Text) -> None:
        found = self.scope.parts(text)
        clean = all(_is_clean(ref, self.scope) for ref in refs(text))
        self.literal += '"'
        for part in found:
            if isinstance(part, str):
                self.literal += quoted(part)[1:-1]
            else:
                self._argument(part, clean=clean)
        self.literal += '"'

    def _argument(self, variable: Variable, *, clean: bool) -> None:
        self.is_known = False
        self._format += _format(self.literal) + "%s"
        self.literal = ""
        value = words.word((variable,))
        if not clean:
            self.scope.draft.functions["json"] = _FUNCTION
            name = self.scope.draft.variables.take("json")
            self.lines.append(f"{name}=$(json {value})")
            value = f'"${name}"'
        self._arguments.append(value)

    def flush(self) -> None:
        self._format += _format(self.literal)
        self.literal = ""
        if self._format:
            self.lines += command(f"printf {sh(self._format)}", *self._arguments)
        self._format, self._arguments = "", []

    def finish(self) -> Lines:
        self.literal += "\n"
        self.flush()
        return tuple(self.lines)


def _format(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n")


def _item(item: Value, scope: Scope, separator: str) -> Lines:
    printer = _Printer(scope)
    printer.value(item)
    printer.flush()
    return (f'printf %s "${separator}"', *printer.lines, f"{separator}=', '")


def _is_clean(ref: Ref, scope: Scope) -> bool:
    """Whether the value never contains a character that JSON escapes."""
    if ref.default:
        return False
    if ref.source is Source.SETUP:
        return ref.key in ("timestamp", "commit")
    return scope.is_step_output(ref) and ref.key in _CLEAN
