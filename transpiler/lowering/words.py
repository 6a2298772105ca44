"""Texts → shell words. Known text is quoted; a value that is known only at run time becomes `"$x"`, never code.

Knows no scope: the caller passes a function that resolves references.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from transpiler.expressions import Ref, Text
from transpiler.quoting import sh, sh_double
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Variable:
    """A shell variable that holds a value. If it is `assured`, it is always set, so that reading it under `set -u` is
    safe."""

    name: str
    assured: bool = True
    default: str = ""


Part: TypeAlias = str | Variable
Resolve: TypeAlias = Callable[[Ref], tuple[Part, ...]]

# In the default of an expansion, bash takes `<(` for a process and `'` for a quote, and nothing else escapes them; `{{`
# after a `$` would begin an expression of GitHub's.
_NOT_IN_DEFAULT = re.compile(r"((?<=[<>])\(|'|(?<=\$)\{(?=\{))")
_GOES_ON = re.compile(r"[A-Za-z0-9_]")


def parts(text: Text, resolve: Resolve) -> tuple[Part, ...]:
    """The text with each reference resolved. Adjacent literals are joined, and no literal is empty."""
    found: list[Part] = []
    for part in text.parts:
        for one in (part,) if isinstance(part, str) else _with_default(resolve(part), part.default):
            if isinstance(one, str) and found and isinstance(last := found[-1], str):
                found[-1] = last + one
            elif one != "":
                found.append(one)
    return tuple(found)


def _with_default(resolved: tuple[Part, ...], default: str) -> tuple[Part, ...]:
    if not default:
        return resolved
    if len(resolved) == 1 and isinstance(only := resolved[0], Variable):
        return (replace(only, default=default),)
    return resolved if any(resolved) else (default,)


def known(found: tuple[Part, ...]) -> str | None:
    """Returns the text if it is known at compile time, else None."""
    if not found:
        return ""
    return found[0] if len(found) == 1 and isinstance(found[0], str) else None


def word(found: tuple[Part, ...]) -> str:
    """One shell word whose value is exactly this text."""
    text = known(found)
    return sh(text) if text is not None else f'"{inside(found)}"'


def inside(found: tuple[Part, ...]) -> str:
    """The text for the inside of double quotes, without the quotes."""
    written: list[str] = []
    for i, part in enumerate(found):
        if isinstance(part, str):
            written.append(sh_double(part))
        else:
            following = found[i + 1] if i + 1 < len(found) else ""
            glued = isinstance(following, str) and _GOES_ON.match(following) is not None
            written.append(expansion(part, braces=glued))
    return "".join(written)


def expansion(variable: Variable, *, braces: bool = False) -> str:
    """The expansion of the variable: `$x`; `${x}` before a letter; `${x-}` if it may not be set; `${x:-default}`."""
    if variable.default:
        pieces = _NOT_IN_DEFAULT.split(variable.default)
        default = "".join(_printed(p) if i % 2 else sh_double(p).replace("}", "\\}") for i, p in enumerate(pieces))
        return f"${{{variable.name}:-{default}}}"
    if not variable.assured:
        return f"${{{variable.name}-}}"
    return f"${{{variable.name}}}" if braces else f"${variable.name}"


def _printed(sign: str) -> str:
    return f"$(printf '\\{ord(sign):03o}')"
