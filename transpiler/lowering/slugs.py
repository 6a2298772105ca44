"""Chooses the names that programs use: slugs for stages, pipelines and files, and shell variables that cannot clash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from transpiler import variables
from transpiler.steps import STEPS

_LONGEST = 60

_RESERVED = frozenset({*variables.OURS, *variables.PROXIES, *(key for kind in STEPS for key in kind.binds)})


_PREFIXES = ("setup_", "pull_user_", "pull_password_")
"""Of the variables of `setup`, and of logins to pull."""

_NO_SLUG, _NO_FILE, _NO_VARIABLE = map(re.compile, (r"[^a-z0-9_]+", r"[^A-Za-z0-9._-]", r"[^A-Za-z0-9_]"))


def slugs(names: Iterable[str], taken: Iterable[str] = ()) -> Mapping[str, str]:
    """Returns a unique slug for each name, of the characters a-z, 0-9, `_` and `-`, beginning with a letter or digit.
    It has no dots, so that in the file name `<stage>.<key>` the first dot is the end of the stage."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        plain = _NO_SLUG.sub("-", name.lower()).strip("-_")[:_LONGEST].rstrip("-_") or "stage"
        found[name] = _unique(plain, used, "-")
    return found


def files(stage: str, keys: Iterable[str], taken: Iterable[str]) -> Mapping[str, str]:
    """Returns, for each key that a stage binds, the name of its file in `$values`."""
    used = set(taken)
    found: dict[str, str] = {}
    for key in keys:
        plain = _NO_FILE.sub("-", key)
        found[key] = f"{stage}.{_unique(plain, used, '-')}"
    return found


def _unique(wish: str, used: set[str], joint: str) -> str:
    name, number = wish, 2
    while name in used:
        name, number = f"{wish}{joint}{number}", number + 1
    used.add(name)
    return name


class Variables:
    """The shell variables of one program."""

    def __init__(self, taken: Iterable[str] = (), *, free: Iterable[str] = ()) -> None:
        """`taken` are names that are reserved in this program, in addition to those reserved in every program. `free`
        are names reserved in every program that this one does not use."""
        self._used = {*_RESERVED, *taken} - {*free}

    def take(self, wish: str) -> str:
        """Reserves and returns a variable name that is as close to `wish` as possible.

        Only names that begin with a lower-case letter stay as they are: PATH, IFS or HOME have a meaning for the
        shell and its child processes, and the engine may set other upper-case names.
        """
        name = _NO_VARIABLE.sub("_", wish)
        if not "a" <= name[:1] <= "z" or name.startswith(_PREFIXES) or name in self._used:
            name = f"value_{name}" if not name.startswith("value_") else name
        return _unique(name, self._used, "_")

    def release(self, name: str) -> None:
        """Makes the variable of a finished loop available again."""
        self._used.discard(name)
