"""Names that programs use: slugs for stages, pipelines and files, and shell variables that cannot clash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from transpiler.steps import STEPS

_LONGEST = 60

_RESERVED = frozenset(
    {
        # what the engine sets (see `program`)
        "run",
        "values",
        "registry",
        "push_registry",
        "artifacts",
        # what child processes read
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "all_proxy",
        "ftp_proxy",
        # what our own lines use
        "root",
        "frontend",
        "tag",
        "path",
        "rest",
        "part",
        "archived",
        "reviewers",
        "project",
        "short",
        "pushName",
        "tokens",
        "to",
        "subject",
        "body",
        "name",
        "host",
        "repository",
        *(key for kind in STEPS for key in kind.binds),
    }
)


_PREFIXES = ("setup_", "pull_user_", "pull_password_")
"""Of the variables of `setup`, and of logins to pull."""

_NO_SLUG, _NO_FILE, _NO_VARIABLE = map(re.compile, (r"[^a-z0-9_]+", r"[^A-Za-z0-9._-]", r"[^A-Za-z0-9_]"))


def slugs(names: Iterable[str], taken: Iterable[str] = ()) -> Mapping[str, str]:
    """A slug for each name: [a-z0-9_-], beginning with a letter or digit, unique. Without dots, so that in a file's
    name `<stage>.<key>` the first dot ends the stage."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        plain = _NO_SLUG.sub("-", name.lower()).strip("-_")[:_LONGEST].rstrip("-_") or "stage"
        found[name] = _unique(plain, used, "-")
    return found


def files(stage: str, keys: Iterable[str], taken: Iterable[str]) -> Mapping[str, str]:
    """For each key that a stage binds the name of its file in `$values`."""
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
        """`taken` are names beside those of every program, `free` those that this one does not use itself."""
        self._used = {*_RESERVED, *taken} - {*free}

    def take(self, wish: str) -> str:
        """A variable called like `wish` as nearly as can be.

        Only names that begin with a lower-case letter stay as they are: PATH, IFS or HOME mean something to the
        shell and what it starts, and upper-case names may come from the engine.
        """
        name = _NO_VARIABLE.sub("_", wish)
        if not "a" <= name[:1] <= "z" or name.startswith(_PREFIXES) or name in self._used:
            name = f"value_{name}" if not name.startswith("value_") else name
        return _unique(name, self._used, "_")

    def release(self, name: str) -> None:
        """Gives a loop's variable back once the loop is over."""
        self._used.discard(name)
