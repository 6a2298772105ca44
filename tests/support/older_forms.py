"""Documents in the older dialects for tests, and the comparison with their twins in version 0."""

from __future__ import annotations

from pathlib import Path

from support.compiling import Compiled
from transpiler.diagnostics import Diagnostics
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document

BLUBBER = "version: v4\nvariants: {a: {}, b: {}, test: {}, production: {}}\n"
FLAT = """
- {name: one-php, blubberfile: one.yaml, stage: test, variant: phpunit, directory: src/one}
- {name: one-js, blubberfile: one.yaml, stage: test, variant: mocha, directory: src/one}
- {name: one, blubberfile: one.yaml, stage: production, directory: src/one}
- {name: two-test, stage: test}
- {name: two, stage: production}
"""


def document(text: str) -> Document:
    found = read(text.encode(), ".pipeline/config.yaml", Diagnostics())
    assert found
    return found


def one(keys: str, name: str = "service") -> str:
    return f"pipelines: {{{name}: {keys}}}\n"


def with_files(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / ".pipeline" / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def assert_twins(older: Compiled, twin: Compiled) -> None:
    """Spans do not count in comparisons of IR."""
    assert not [d for d in (*older.diagnostics, *twin.diagnostics) if d.severity == "error"]
    assert older.workflow.pipelines
    assert older.workflow == twin.workflow
