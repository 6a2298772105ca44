"""What a repository says of how its tests run: the services of a compose file, and a report that they write.

Both become comments in a first config: whether a test needs them, only people know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from transpiler.diagnostics import Diagnostics
from transpiler.files import read
from transpiler.frontend.yaml.reader import read as read_yaml
from transpiler.nodes import Mapping, Scalar

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MOST_BYTES = 1 << 20
_MOST = 5
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_REPORT = re.compile(r"junit", re.IGNORECASE)
_REPORT_PATH = re.compile(r"--junit-?xml[=\s\"',]+([\w./-]+\.xml)")


def services(root: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The compose file at the top of the repository, "" if there is none, and the services in it that have an image:
    name and image."""
    for file in COMPOSE_FILES:
        content = read(root / file, _MOST_BYTES + 1)
        if content is None or len(content) > _MOST_BYTES:
            continue
        document = read_yaml(content, file, Diagnostics())
        found = document.root.get("services") if document and isinstance(document.root, Mapping) else None
        listed = tuple(_with_image(found)) if isinstance(found, Mapping) else ()
        return file, listed[:_MOST]
    return "", ()


def _with_image(found: Mapping) -> Iterator[tuple[str, str]]:
    for key, node in found:
        keys = {name.text: value for name, value in node} if isinstance(node, Mapping) else {}
        image = keys.get("image")
        if isinstance(image, Scalar) and "$" not in image.text and "build" not in keys and _NAME.fullmatch(key.text):
            yield key.text, image.text


def report(content: bytes) -> str | None:
    """The path of the JUnit report that the commands in a build file write; "" if they write one at a path that is not
    known, None if they do not seem to."""
    text = content.decode("utf-8", "replace")
    if path := _REPORT_PATH.search(text):
        return path[1]
    return "" if _REPORT.search(text) else None
