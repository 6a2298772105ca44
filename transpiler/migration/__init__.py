"""Rewrites a config as version 0, with as few changes as possible, and proves that its meaning is the same.

A version-0 config is edited in place, a few characters at each note that has a fix, so that everything else stays byte
for byte. A config of an older dialect becomes version 0 as nodes first (`frontend.dialects`), and then these nodes are
written out; nodes that did not change are copied from the source text. A round-trip YAML library would not help: it
keeps the comments of nodes that stay in their place, which is the easy part.

The proof has two parts: the written text reads back as exactly the nodes that were to be written, and its workflow
equals the workflow before. A config for which this cannot be proven is not written. This package knows no disk and no
engine.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.frontend.dialects import TITLES, Dialect, recognise, version_0
from transpiler.frontend.rewriting import edits
from transpiler.frontend.rewriting.edits import applied
from transpiler.frontend.rewriting.scanner import scan
from transpiler.frontend.yaml.reader import read
from transpiler.ir import Workflow
from transpiler.migration import rounds
from transpiler.migration.rounds import Judged, lost_comments
from transpiler.nodes import Document, Mapping, Node, same

Judge = Callable[[bytes], Judged]


class Migration(NamedTuple):
    """The result of a migration. `content` is the migrated config, None if the migration was refused; `dialect` is the
    dialect of the original; `fixed` has the notes that were fixed; `diagnostics` has those that remain, with errors if
    the migration was refused."""

    content: bytes | None
    dialect: Dialect
    fixed: tuple[Diagnostic, ...]
    diagnostics: tuple[Diagnostic, ...]


def migrate(content: bytes, file: str, root: Path, judge: Judge) -> Migration:
    """Migrates a config's content; `file` is its name in spans, `root` is the repository, and `judge` compiles a
    content to its workflow and diagnostics."""
    judge = cache(judge)
    before = judge(content)
    document = read(content, file, Diagnostics())
    dialect = (recognise(document, Diagnostics()) if document else None) or Dialect.V0
    if before.workflow is None or document is None:
        return Migration(None, dialect, (), before.diagnostics)
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    fixing = _Fixing(file, before.workflow, lambda text: judge(mark + text.encode()))
    text = document.text if dialect is Dialect.V0 else fixing.rewritten(document, dialect, root)
    if text is None:
        return Migration(None, dialect, (), (*before.diagnostics, _unproven(dialect, file)))
    final = mark + fixing.fixed(text).encode()
    left = Counter((d.code, d.message) for d in judge(final).diagnostics)
    gone: list[Diagnostic] = []
    kept: list[Diagnostic] = []
    for diagnostic in before.diagnostics:
        reported = (diagnostic.code, diagnostic.message)
        if left[reported] > 0 or not can_be_fixed(diagnostic):
            left[reported] -= 1
            kept.append(diagnostic)
        else:
            gone.append(diagnostic)
    return Migration(final, dialect, tuple(gone), tuple(kept))


def _unproven(dialect: Dialect, file: str) -> Diagnostic:
    message = f"transpipe cannot prove that the migrated form of this config in {TITLES[dialect]} means the same."
    hint = "Migrate the config by hand, and please report it to the maintainers of transpipe."
    return Diagnostic("migration-unproven", Severity.ERROR, message, Span(file, 1, 1, 1, 1), hint)


class _Fixing:
    """Changes one config, and keeps only the changes that leave its meaning the same."""

    def __init__(self, file: str, meant: Workflow, judge: Callable[[str], Judged]) -> None:
        self._file = file
        self._meant = meant
        self._judge = judge

    def rewritten(self, document: Document, dialect: Dialect, root: Path) -> str | None:
        """A document of an older dialect in version 0; None if it cannot be proven to mean the same."""
        new = version_0(document, dialect, root, Diagnostics())
        if new is None or not isinstance(new.root, Mapping):
            return None
        text = applied(document.text, [edits.whole(scan(document), new.root, _in_lines)])
        found = rounds.document(text, self._file)
        if found is None or not same(found.root, new.root) or lost_comments(document, found):
            return None
        return text if self._judge(text).workflow == self._meant else None

    def fixed(self, text: str) -> str:
        """A version-0 text with everything fixed that can be without changing the meaning."""
        made = rounds.fixed({self._file: text}, lambda texts: self._judge(texts[self._file]), can_be_fixed)
        return made.texts[self._file]


def can_be_fixed(diagnostic: Diagnostic) -> bool:
    """Whether the diagnostic has a fix that never changes the meaning."""
    return diagnostic.severity is Severity.NOTE and diagnostic.fix is not None


_STAGE = 4


def _in_lines(node: Node, depth: int) -> bool:
    """Whether a collection has a line for each item: pipelines and stages have a line for each key, an arc is one
    line."""
    return depth < _STAGE or (depth == _STAGE and isinstance(node, Mapping))
