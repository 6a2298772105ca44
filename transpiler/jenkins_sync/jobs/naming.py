"""Names of jobs and folders: the site's patterns, names that Jenkins refuses, and names that are the same for Jenkins.

Knows no workflow and no server.
"""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"([-_. ]*)\{(\w+)\}")
_REFUSED = re.compile(r"[?*/\\%!@#$^&|<>\[\]:;\x00-\x1f\x7f-\x9f]")
PLACEHOLDERS = ("project", "name", "folder", "pipeline")


def filled(pattern: str, project: str, pipeline: str | None, slash: str = "/", folder: str = "") -> str:
    """A pattern with its placeholders replaced, each `/` of the project by `slash`. Without a pipeline `{pipeline}`
    goes, and what joins it on its left; so does `{folder}` at the repository's top. Other words in braces stay as they
    are: `unknown` names them."""
    short = project.rpartition("/")[2]
    values = {"project": project.replace("/", slash), "name": short, "folder": folder or None, "pipeline": pipeline}

    def value(match: re.Match[str]) -> str:
        if match[2] not in values:
            return match[0]
        found = values[match[2]]
        return "" if found is None else match[1] + found

    return _PLACEHOLDER.sub(value, pattern)


def with_folder(pattern: str) -> str:
    """A pattern for jobs of a config in a subfolder: with `{folder}` before the pipeline, unless it says where. Else
    two configs of one repository would ask for the same names."""
    if "{folder}" in pattern:
        return pattern
    return pattern.replace("{pipeline}", "{folder}-{pipeline}") if "{pipeline}" in pattern else f"{pattern}-{{folder}}"


def unknown(pattern: str) -> tuple[str, ...]:
    """The words in braces that are not placeholders."""
    return tuple(m[2] for m in _PLACEHOLDER.finditer(pattern) if m[2] not in PLACEHOLDERS)


def complaint(name: str) -> str:
    """Why Jenkins would refuse the name of an item, "" if it would not."""
    if not name.strip():
        return "it is empty"
    if name in (".", ".."):
        return "it is a path"
    if found := _REFUSED.search(name):
        return f"it contains {found[0]!r}"
    if name != name.strip():
        return "it begins or ends with a space"
    return "it ends with a dot" if name.endswith(".") else ""


def split(path: str) -> tuple[str, str]:
    """Splits the full name of an item into its folder ("" at the top) and its name."""
    folder, _, name = path.rpartition("/")
    return folder, name


def joined(folder: str, name: str) -> str:
    """The full name of an item."""
    return f"{folder}/{name}" if folder else name


def ancestors(folder: str) -> tuple[str, ...]:
    """A folder and all folders around it, the outermost first; none for the top."""
    parts = folder.split("/") if folder else []
    return tuple("/".join(parts[: i + 1]) for i in range(len(parts)))


def fold(path: str) -> str:
    """A form of the name that is equal for names of the same item. Jenkins compares names like Java's
    CASE_INSENSITIVE_ORDER, character by character."""
    return "".join(_one(_one(c, upper=True), upper=False) for c in path)


def _one(char: str, *, upper: bool) -> str:
    changed = char.upper() if upper else char.lower()
    return changed if len(changed) == 1 else char
