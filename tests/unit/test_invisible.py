"""Characters that look like a space or like nothing are named by their code point."""

from __future__ import annotations

import pytest

from transpiler.diagnostics import Diagnostic, Severity, Span
from transpiler.invisible import first, pointed_out


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("unit", ""),
        ("Prüfung", ""),
        ("a b", ""),
        ("a\u00a0b", "U+00A0 (no-break space)"),
        ("\u200bunit", "U+200B (zero width space)"),
        ("unit\u202e", "U+202E (right-to-left override)"),
        ("a\u2028b", "U+2028 (line separator)"),
        ("a\u3164", "U+3164 (hangul filler)"),
        ("a\u200db", "U+200D (zero width joiner)"),
        ("\U0001f468\u200d\U0001f469", ""),  # an emoji of two people
        ("\u0645\u06cc\u200c\u062e", ""),  # Persian needs it
    ],
)
def test_the_first_such_character_is_named(text: str, named: str) -> None:
    assert first(text) == named


def test_a_message_about_a_key_says_so_once_and_about_plain_text_not() -> None:
    odd = Diagnostic("unknown-key", Severity.ERROR, "No key.", Span("f", 1, 1, 1, 3))
    plain = Diagnostic("unknown-key", Severity.ERROR, "No key.", Span("f", 1, 3, 1, 4))
    other = Diagnostic("unknown-key", Severity.ERROR, "No key.", Span("g", 1, 1, 1, 3))
    once = pointed_out([odd, plain, other], {"f": "a\u00a0b"})
    assert [d.message for d in once] == [
        "No key. The text here contains U+00A0 (no-break space).",
        "No key.",
        "No key.",
    ]
    assert pointed_out(once, {"f": "a\u00a0b"}) == once
