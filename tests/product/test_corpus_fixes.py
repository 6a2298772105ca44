"""`lint --fix` and what an editor asks, on real configs: fixes are made once, and no question fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import CONFIG, copy_of

from transpiler.app.fix import fix
from transpiler.app.place import Place
from transpiler.diagnostics import Severity
from transpiler.driver import Request, understand
from transpiler.editor.analysis import analyse
from transpiler.editor.completion import complete
from transpiler.editor.hover import hover
from transpiler.editor.references import definition
from transpiler.editor.symbols import symbols
from transpiler.lowering import lower

pytestmark = pytest.mark.corpus


def requests(corpus: Path, place: Path) -> list[Request]:
    projects = [found.parent.parent for found in sorted(corpus.glob("*/.pipeline/config.yaml"))]
    assert len(projects) >= 32
    return [Request(copy_of(one, place / one.name), CONFIG, "wikimedia", project=one.name) for one in projects]


def test_fixes_of_real_configs_are_made_once_and_notes_keep_the_meaning(corpus: Path, tmp_path: Path) -> None:
    made = 0
    for request in requests(corpus, tmp_path):
        place, before = Place(request.root, CONFIG, ""), understand(request)
        made += bool(fix(place, request, write=True).done)
        assert fix(place, request, write=True).done == ()
        after = understand(request)
        only_notes = all(one.severity is Severity.NOTE for one in before.diagnostics if one.fix)
        if only_notes and before.workflow and before.profile:
            assert after.workflow
            assert after.profile
            assert lower(after.workflow, after.profile) == lower(before.workflow, before.profile)
    assert made >= 2


def test_no_question_about_a_real_config_fails(corpus: Path, tmp_path: Path) -> None:
    answered = 0
    for request in requests(corpus, tmp_path):
        analysis = analyse(request, {})
        document, text = analysis.document, analysis.text
        assert document
        assert symbols(document)
        for offset in range(0, len(text), 41):
            answered += hover(analysis, document, offset) is not None
            definition(analysis, document, offset)
        for offset in range(0, len(text), 211):
            answered += bool(complete(analysis, text, offset))
    assert answered > 100
