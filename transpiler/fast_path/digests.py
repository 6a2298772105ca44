"""Digests of the inputs of outputs, computed from their bytes without a YAML parser.

For a Blubber file or a Dockerfile, only the names of its variants count, so that a new base image does not make every
output stale. A hook imports this module: do not add imports.
"""

from __future__ import annotations

import hashlib
import os

from transpiler.fast_path.variant_names import blubber_variants, dockerfile_targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIG, BLUBBERFILE, DOCKERFILE, PROFILE = "config", "blubberfile", "dockerfile", "profile"
HELMCONFIG = "helmconfig"
SHARED = "shared"
"""The kind of the copy of a shared profile."""

COPY_TITLE = "# A copy of a shared profile. `transpipe profile update` writes it; do not edit it."
"""The first line of a copy of a shared profile."""

ABSENT = "absent"
"""Stands in a header for the digest of a helm config that does not exist. If it is created, the outputs are stale."""

FORMAT = 3
"""The format number. It is increased when the same inputs give different outputs for a reason that no digest shows; the
changelog names the reason."""

_DIGITS = 32


def digest(text: str) -> str:
    """`sha256:` and enough hexadecimal digits to rule out accidental collisions."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def content_digest(content: bytes) -> str:
    """The digest of a file's content; line endings and a byte order mark do not count."""
    return digest(normal(content.decode("utf-8", "surrogateescape")))


def names_digest(names: Iterable[str]) -> str:
    """The digest of a set of variant names."""
    return digest("".join(f"{name}\n" for name in sorted(set(names))))


def input_digest(kind: str, content: bytes) -> str:
    """The digest of the part of a file that matters; "" if a YAML parser is needed to find that part."""
    if kind == DOCKERFILE:
        return names_digest(dockerfile_targets(content))
    if kind != BLUBBERFILE:
        return content_digest(content)
    names = blubber_variants(content)
    return "" if names is None else names_digest(names)


def templates_digest(files: Mapping[str, bytes]) -> str:
    """The digest of template files, by their paths."""
    return digest("".join(f"{path} {content_digest(content)}\n" for path, content in sorted(files.items())))


def shipped_templates(folder: str | os.PathLike[str]) -> Mapping[str, bytes]:
    """The template files below a folder, by their paths relative to it."""
    found: dict[str, bytes] = {}
    top = os.fspath(folder)
    for place, _, names in os.walk(top):
        for name in names:
            if name.endswith(".j2"):
                path = os.path.join(place, name)
                found[os.path.relpath(path, top).replace(os.sep, "/")] = read(path)
    return found


def read(path: str) -> bytes:
    """A file's content. Raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def copy_of(profile: str) -> str:
    """The path of the copy of the shared profile that the profile at this path extends: `x.lock.yaml` for `x.yaml`."""
    return f"{os.path.splitext(profile)[0]}.lock.yaml"


def normal(text: str) -> str:
    """The text without a byte order mark, and with newlines as line endings."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")
