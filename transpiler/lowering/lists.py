"""Lists that may contain `$each` loops → shell code that does something for each item.

A loop whose words the shell splits runs with pathname expansion off (`set -f`) and a changed IFS, so every word that is
emitted inside a loop must be quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TypeAlias, TypeVar

from transpiler.expressions import List, Loop, Readable, Ref, Source, Text, nested_loops
from transpiler.lowering import words
from transpiler.lowering.program_scope import Scope, assign
from transpiler.lowering.shell import Lines, indent
from transpiler.lowering.words import Variable
from transpiler.quoting import sh

_T = TypeVar("_T", bound=Readable)
Emit: TypeAlias = Callable[[_T, Scope], Lines]
"""Returns the lines for one item; the scope has the tokens that the item may read."""

_WHITE = " \t\n"


def is_dynamic(items: List[_T]) -> bool:
    """Whether the number of items is known only at run time."""
    return any(isinstance(item, Loop) for item in items.items)


def known(items: List[_T]) -> tuple[_T, ...]:
    """The items that are not loops: all of them, if the list is not dynamic."""
    return tuple(item for item in items.items if not isinstance(item, Loop))


def each(items: List[_T], scope: Scope, emit: Emit[_T]) -> Lines:
    """The lines for every item, in order."""
    lines: list[str] = []
    for item in items.items:
        lines += _outermost(item, scope, emit) if isinstance(item, Loop) else emit(item, scope)
    return tuple(lines)


def arguments(items: List[_T], scope: Scope, prefix: Callable[[_T, Scope], str]) -> Lines:
    """Appends every item to `$@` by `set -- "$@" …`; `prefix` turns an item into shell words. Items between two loops
    share a line."""
    lines: list[str] = []
    for dynamic, run in groupby(items.items, key=lambda item: isinstance(item, Loop)):
        if dynamic:
            lines += each(List(tuple(run)), scope, lambda item, inner: (f'set -- "$@" {prefix(item, inner)}',))
        else:
            given = " ".join(prefix(item, scope) for item in run if not isinstance(item, Loop))
            lines.append(f'set -- "$@" {given}')
    return tuple(lines)


def _outermost(loop: Loop[_T], scope: Scope, emit: Emit[_T]) -> Lines:
    if scope.splitting:
        return _loop(loop, scope, emit)
    if not _splits(loop, scope):
        return _loop(loop, scope, emit)
    lines = _loop(loop, scope.inside((), splitting=True), emit)
    return ("set -f # no file names for * and ?", *lines, "set +f", "unset IFS")


def _splits(loop: Loop[_T], scope: Scope) -> bool:
    """Whether the shell must split some word in the loop's code."""
    if len(loop.names) > 1:
        return True
    if isinstance(loop.source, Text):
        own = bool(loop.delimiter) and not _readable(loop, scope)
    else:
        own = any(_splits(inner, scope) for inner in loop.source.items if isinstance(inner, Loop))
    return own or any(_splits(inner, scope) for inner in nested_loops(loop.item))


def _loop(loop: Loop[_T], scope: Scope, emit: Emit[_T]) -> Lines:
    variables = scope.draft.variables
    token = variables.take(loop.names[0] if len(loop.names) == 1 else "token")
    own = [token] if len(loop.names) == 1 else [variables.take(name) for name in loop.names]
    inner = scope.inside(zip(loop.names, own, strict=True), splitting=scope.splitting)
    body = (*(() if len(own) == 1 else _take_words(scope, loop.names, own, token)), *emit(loop.item, inner))
    if isinstance(loop.source, List):
        lines = _over_items(loop.source, scope, token, body)
    else:
        lines = _over_text(loop, loop.source, scope, token, body)
    for name in {token, *own}:
        variables.release(name)
    return lines


def _take_words(scope: Scope, names: tuple[str, ...], own: list[str], token: str) -> Lines:
    """Splits a token into words for `$each: [x, y]`. A shell function does it, because its arguments do not change the
    program's `$@`."""
    function = "take_" + "_".join(own)
    few = f"$each: [{', '.join(names)}] found too few words in: "
    scope.draft.functions[function] = (
        f"{function}() {{",
        *indent(
            (
                f"[ $# -ge {len(own)} ] || {{ printf '%s\\n' {sh(few)}\"$*\" >&2; exit 1; }}",
                " ".join(f"{name}=${{{i}}}" if i > 9 else f"{name}=${i}" for i, name in enumerate(own, 1)),
            )
        ),
        "}",
    )
    return ("IFS=' '", f"{function} ${token}")


def _over_items(source: List[Text], scope: Scope, token: str, body: Lines) -> Lines:
    """A loop over a list: each item is one token and is not split."""
    lines: list[str] = []
    for dynamic, run in groupby(source.items, key=lambda item: isinstance(item, Loop)):
        if dynamic:
            for item in run:
                assert isinstance(item, Loop)
                lines += _loop(item, scope, lambda text, inner: (assign(token, inner.parts(text)), *body))
        else:
            given = " ".join(scope.word(item) for item in run if not isinstance(item, Loop))
            lines += (f"for {token} in {given}; do", *indent(body), "done")
    return tuple(lines)


def _over_text(loop: Loop[_T], source: Text, scope: Scope, token: str, body: Lines) -> Lines:
    skip = () if loop.delimiter and set(loop.delimiter) <= set(_WHITE) else (f'[ -n "${token}" ] || continue',)
    if file := _readable(loop, scope):
        body = (f'[ -n "${token}" ] || continue', *body)
        head = f'while IFS= read -r {token} || [ -n "${token}" ]; do'
        return (head, *indent(body), f"done < {file}")
    found = scope.parts(source)
    if not loop.delimiter:
        return (f"for {token} in {words.word(found)}; do", *indent((*skip, *body)), "done")
    before: Lines = ()
    only = found[0] if len(found) == 1 else ""
    if isinstance(only, Variable) and not only.default:
        tokens = words.expansion(only)
    else:
        before, tokens = (assign("tokens", found),), "$tokens"
    return (*before, *_set_ifs(loop.delimiter), f"for {token} in {tokens}; do", *indent((*skip, *body)), "done")


def _set_ifs(delimiter: str) -> Lines:
    """Sets IFS to the delimiter's characters. A newline never comes last, because `$(…)` drops final newlines."""
    plain = "".join(dict.fromkeys(c for c in delimiter if c != "\n"))
    if "\n" not in delimiter:
        return (f"IFS={sh(plain)}",)
    if plain and all(c.isalnum() or c in ",;:|/ " for c in plain):
        return (f"IFS=$(printf '\\n{plain}')",)
    return ("IFS=$(printf '\\n.'); IFS=${IFS%.}" + (sh(plain) if plain else ""),)


def _readable(loop: Loop[_T], scope: Scope) -> str:
    """Returns the file, as a shell word, from which the loop can read its lines, or "".

    This needs a loop over the lines of one value that has a file, and a body that is no more than `set -- …`: other
    commands might read the loop's standard input."""
    if loop.delimiter != "\n" or not isinstance(loop.source, Text) or not isinstance(loop.item, Text):
        return ""
    match loop.source.parts:
        case (Ref(source=Source.STAGE, stage=stage, key=key, default=""),):
            draft = scope.draft
            known = draft.site.flow.files.get((stage, key))
            if known is None or (stage == draft.stage.name and (key != "output" or key not in draft.own)):
                return ""
            if draft.tolerant:
                return ""
            draft.reads |= {(stage, key): known} if stage != draft.stage.name else {}
            return f'"{draft.value_file(key, stage)}"'
    return ""
