"""Migrates a config's text in a repository that has every variant, for the tests of migration."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

from transpiler import migration
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity
from transpiler.driver import Request, understand
from transpiler.frontend.rewriting.scanner import scan
from transpiler.frontend.yaml.reader import read
from transpiler.migration import Migration
from transpiler.migration.rounds import Judged

FILE = ".pipeline/config.yaml"
VARIANTS = ("test", "unit", "lint", "production", "phpunit", "mocha")


def make(root: Path, *pipelines: str) -> Path:
    """A repository with a blubberfile for each of these pipelines and one for all; it needs no config."""
    text = "version: v4\nvariants: {" + ", ".join(f"{name}: {{}}" for name in VARIANTS) + "}\n"
    for path in ("blubber.yaml", *(f"{name}/blubber.yaml" for name in pipelines)):
        (root / ".pipeline" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / ".pipeline" / path).write_text(text)
    (root / ".pipeline/web/helm.yaml").write_text("chart: {name: web, version: 1.0}\n")
    return root


@lru_cache(64)
def judge(content: bytes, root: Path) -> Judged:
    """What a config means with the profile `wikimedia`."""
    outcome = understand(Request(root, FILE, "wikimedia", project="team/ores", content=content))
    return Judged(outcome.workflow, outcome.diagnostics)


def migrated(content: str | bytes, root: Path) -> Migration:
    """The migration of a config, after checks that must hold for every config that is not refused: it means the same,
    no comment is lost, there are no errors, and migrating once more changes nothing."""
    before = content.encode() if isinstance(content, str) else content
    found = migration.migrate(before, FILE, root, lambda c: judge(c, root))
    if found.content is None:
        assert errors(found.diagnostics)
        return found
    assert judge(found.content, root).workflow == judge(before, root).workflow
    assert comments(before) <= comments(found.content)
    again = migration.migrate(found.content, FILE, root, lambda c: judge(c, root))
    assert (again.content, again.fixed) == (found.content, ())
    return found


def text(content: str | bytes, root: Path) -> str:
    """The migrated config."""
    found = migrated(content, root)
    assert found.content is not None, [d.message for d in found.diagnostics]
    return found.content.decode()


def errors(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """The codes of the errors."""
    return [d.code for d in diagnostics if d.severity is Severity.ERROR]


def comments(content: bytes) -> Counter[str]:
    """The comments that a config holds."""
    document = read(content, FILE, Diagnostics())
    assert document
    return Counter(comment.text for comment in scan(document).comments if comment.text)
