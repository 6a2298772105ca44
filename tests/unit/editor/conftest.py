"""A config with a mark for the cursor, analysed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from transpiler.driver import Request
from transpiler.editor.analysis import Analysis, analyse

CONFIG = ".pipeline/config.yaml"
CURSOR = "^"
At = Callable[[str], tuple[Analysis, str, int]]


@pytest.fixture
def at(tmp_path: Path) -> At:
    """Analyses a text without its cursor; gives the analysis, the text and the cursor's offset."""
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n# a comment\nFROM test AS production\n")
    (tmp_path / ".pipeline/blubber.yaml").write_text("version: v4\nvariants:\n  unit: {}\n  prod: {}\n")

    def analysed(marked: str) -> tuple[Analysis, str, int]:
        offset, text = marked.index(CURSOR), marked.replace(CURSOR, "")
        path = tmp_path / CONFIG
        return analyse(Request(tmp_path, CONFIG, "wikimedia"), {str(path): text.encode()}), text, offset

    return analysed
