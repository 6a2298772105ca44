"""Image names and tags: how they are cleaned up, and which a project may use (`docs/language.md`, "publish"). The rules
of registries are those of the OCI distribution specification."""

from __future__ import annotations

import re
import string

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_LOWER = str.maketrans(string.ascii_uppercase + "/", string.ascii_lowercase + "-")
_TAG = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,127}")


def clean(text: str) -> str:
    """A known name or tag as it is pushed: in lower case, and with `-` for `/`. At run time, `tr A-Z/ a-z-` does the
    same."""
    return text.translate(_LOWER)


def is_name(name: str) -> bool:
    """Whether a registry accepts this (cleaned) name."""
    return len(name) <= 255 and _NAME.fullmatch(name) is not None


def is_tag(tag: str) -> bool:
    """Whether a registry accepts this (cleaned) tag."""
    return _TAG.fullmatch(tag) is not None


def allowed(name: str, project: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a project may publish under a (cleaned) name: its full or short name, or one of the site's prefixes,
    alone or with `-` and more after it."""
    roots = {clean(project), clean(project.rpartition("/")[2]), *map(clean, prefixes)}
    return any(name == root or name.startswith(f"{root}-") for root in roots)
