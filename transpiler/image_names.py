"""Image names and tags: how they are cleaned, and which of them a project may use (`docs/language.md`, "publish"). The
rules of registries are those of the OCI distribution specification."""

from __future__ import annotations

import re
import string

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?")
_LOWER = str.maketrans(string.ascii_uppercase + "/", string.ascii_lowercase + "-")
LONGEST_TAG = 128
NOT_FIRST = ".-"
"""Characters that a tag may contain, but not begin with."""

_IN_TAGS = string.ascii_lowercase + string.digits + "_" + NOT_FIRST
_TAG_BYTES = bytes(ord(s) if (s := chr(byte).lower()) in _IN_TAGS and byte < 128 else ord("-") for byte in range(256))


def clean(text: str) -> str:
    """A known name as it is pushed: in lower case, and with `-` for `/`. At run time, `tr A-Z/ a-z-` does the same."""
    return text.translate(_LOWER)


def tag_signs(text: str) -> str:
    """A part of a tag in lower case, with `-` for each byte that a registry does not accept."""
    return text.encode("utf-8", "surrogatepass").translate(_TAG_BYTES).decode("ascii")


def clean_tag(text: str) -> str:
    """A known tag as it is pushed, "" if nothing is left. For an unknown tag, `as_tag` in the program does the same."""
    return tag_signs(text).lstrip(NOT_FIRST)[:LONGEST_TAG]


def host(reference: str) -> str:
    """The host of the registry that an image of that name is pulled from, with its port; a name without one is Docker
    Hub's."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def untagged(reference: str) -> str:
    """The name of an image without its tag and digest."""
    name = reference.partition("@")[0]
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"


def is_host(text: str) -> bool:
    """Whether this is the host of a registry as it stands in the name of an image, with its port if it has one."""
    return text == "docker.io" or (_HOST.fullmatch(text) is not None and host(f"{text}/x") == text)


def is_name(name: str) -> bool:
    """Whether a registry accepts this (cleaned) name."""
    return len(name) <= 255 and _NAME.fullmatch(name) is not None


def allowed(name: str, project: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a project may publish under a (cleaned) name: its full or short name, or one of the site's prefixes,
    alone or with `-` and more after it."""
    roots = {clean(project), clean(project.rpartition("/")[2]), *map(clean, prefixes)}
    return any(name == root or name.startswith(f"{root}-") for root in roots)
