"""The configs that are in use out there, which are no part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MISSING = "the corpus of real configs is neither at ../shared/corpus nor at $TRANSPIPE_CORPUS"


def corpus() -> Path:
    """A directory for each project; beside the repository, or at $TRANSPIPE_CORPUS. It need not be there."""
    given = os.environ.get("TRANSPIPE_CORPUS")
    return Path(given) if given else ROOT.parent / "shared" / "corpus"


def found(*patterns: str) -> list[Path]:
    """The corpus's files of these patterns; none where it is not there."""
    return sorted(path for pattern in patterns for path in corpus().glob(pattern))
