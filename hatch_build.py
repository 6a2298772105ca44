"""Compiles the templates when the package is built, so that no run has to: see `transpiler/targets/render.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TemplatesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the package of compiled templates to a wheel, also to that of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build; what is in `force_include` is taken into it."""
        sys.path.insert(0, self.root)
        try:
            from transpiler.targets.render import COMPILED, compiled  # noqa: PLC0415
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.TemporaryDirectory()
        include = build_data["force_include_editable" if version == "editable" else "force_include"]
        for name, text in compiled().items():
            path = Path(self._folder.name, name)
            path.write_text(text, encoding="utf-8")
            include[str(path)] = f"{COMPILED}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Called after it."""
        self._folder.cleanup()
