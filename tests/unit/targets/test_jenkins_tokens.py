"""What the reader of Jenkinsfiles makes of texts whose methods are the same, or only look the same."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from transpiler.targets.jenkins.tokens import Unreadable, tokens

# What could make the end of a method be no end: strings of every kind, comments, escapes, and expressions in strings.
_PIECES = st.one_of(
    st.sampled_from(["\n}\n", ", ", "x"]),
    st.sampled_from(["\n}\n", "'", '"', "\\", "${", "}", "{", "// it's", "\n", " ", "x", "\\x", "\\n", "$"]),
)


def _read(text: str) -> object:
    try:
        return tokens(text)
    except Unreadable as unreadable:
        return str(unreadable)


@example("sh '''\n}\n'''\n}\n")
@example("'''\n}\n\\x'''")
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_a_method_is_split_as_if_the_whole_text_were(text: str) -> None:
    # The reader ends a stretch at a `}` alone on its line: with a space after each there is none, and in no string
    # that our files hold does that space change where a token begins.
    whole = re.sub(r"\n}(?=\n)", "\n} ", text)
    assert _shape(_read(text)) == _shape(_read(whole))


def _shape(found: object) -> object:
    return [(t.sort, t.text.replace("\n} ", "\n}")) for t in found] if isinstance(found, list) else found


def test_a_string_goes_on_after_what_looks_like_the_end_of_a_method() -> None:
    found = tokens("def a() {\n    sh '''\n}\ndef b() {\n}\n'''\n}\n")
    assert [t.text for t in found] == ["def", "a", "(", ")", "{", "sh", "\n}\ndef b() {\n}\n", "}"]
