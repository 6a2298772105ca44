"""Whether a chart in the repository reads the values by which it is told its image.

It looks at the chart's templates as texts, so that it needs no helm. Where it cannot know (a chart with dependencies,
or one that hands all values on), it says nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

from transpiler import files
from transpiler.expressions import Text
from transpiler.frontend.context import Context
from transpiler.ir import is_in_checkout
from transpiler.nodes import Node

_USUAL = ("main_app.image", "main_app.version")
"""What is set if the profile names no values."""
_MOST_FILES = 200
_MOST_BYTES = 200_000
_ALL = re.compile(r"\.Values(?![\w.])")
_ENDINGS = (".yaml", ".yml", ".tpl", ".txt", ".json")


def check_image_values(context: Context, chart: Text, node: Node) -> None:
    """Notes each value of the image that the templates of a chart in the repository do not name."""
    path = normpath(chart.literal or "")
    if context.root is None or not is_in_checkout(chart) or path.startswith("../"):
        return
    try:
        texts = tuple(_templates(context.root, path))
    except OSError:
        return  # it is not for this note to say that a file cannot be read
    if not texts or any(_ALL.search(text) for text in texts):
        return
    for value in tuple(context.profile.kubernetes.image_values) or _USUAL:
        if not any(_reads(text, value) for text in texts):
            context.diagnostics.note(
                "image-value-unread",
                f"No template of the chart `{chart.literal}` reads `{value}`, which says which image to deploy.",
                node.span,
                f"Read `.Values.{value}` in the chart, or name the values that it reads in the profile: `kubernetes: "
                "{image-values: …}`.",
            )


def _templates(root: Path, path: str) -> Iterator[str]:
    """The templates of the chart; none if it has dependencies, which may read the values. Raises OSError."""
    if not files.stays(root, path) or files.is_folder(root / path / "charts"):
        return
    chart = files.read(root / path / "Chart.yaml", _MOST_BYTES)
    if chart is None or b"dependencies:" in chart:
        return
    count = 0
    for folder, _, names in os.walk(root / path / "templates"):
        for name in sorted(names):
            if name.endswith(_ENDINGS) and count < _MOST_FILES:
                count += 1
                yield (files.read(Path(folder, name), _MOST_BYTES) or b"").decode("utf-8", "replace")


def _reads(text: str, value: str) -> bool:
    """Whether a template names the value, or something above it without what is below."""
    keys = value.split(".")
    above = (r"\.".join(map(re.escape, keys[: i + 1])) for i in range(len(keys)))
    *parents, whole = above
    return bool(
        re.search(rf"\.Values\.{whole}(?!\w)", text)
        or any(re.search(rf"\.Values\.{parent}(?![\w.])", text) for parent in parents)
    )
