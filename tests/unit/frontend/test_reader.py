"""The reader: kinds, places, merge keys, and words for what is no YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.yaml import composer
from transpiler.frontend.yaml.reader import core_kind, read
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence


@pytest.fixture(params=["libyaml", "without libyaml"], autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without libyaml":
        monkeypatch.setattr(composer, "_Loader", type("_Loader", (composer._Bounded, yaml.SafeLoader), {}))


def _read(text: str | bytes) -> tuple[Document | None, Diagnostics]:
    found = Diagnostics()
    return read(text if isinstance(text, bytes) else text.encode(), "config.yaml", found), found


def _document(text: str | bytes) -> Document:
    document, found = _read(text)
    assert document, list(found)
    return document


def _said(text: str | bytes) -> list[tuple[str, int, int]]:
    """Code, line and column of what is reported."""
    return [(d.code, d.span.line, d.span.column) for d in _read(text)[1] if d.span]


def _scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    children = node.items if isinstance(node, Sequence) else [part for entry in node for part in entry]
    return [scalar for child in children for scalar in _scalars(child)]


def _texts(node: Node | None) -> object:
    if isinstance(node, Mapping):
        return {key.text: _texts(value) for key, value in node}
    if isinstance(node, Sequence):
        return [_texts(item) for item in node.items]
    return node.text if node else None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((word, Kind.NULL) for word in ("", "~", "null", "NULL")),
        *((word, Kind.BOOL) for word in ("true", "True", "FALSE")),
        *((word, Kind.INT) for word in ("0", "-12", "+3", "012", "0o17", "0xBeef")),
        *((word, Kind.FLOAT) for word in ("1.10", ".5", "1.", "1e3", "-.inf", ".NaN")),
        *((word, Kind.STR) for word in ("yes", "on", "y", "22:30", "2024-01-01", "1_000", "0b1", "tRUE", "1.2.3", "۱")),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, kind: Kind) -> None:
    scalar = _document(f"a: {text}\n").root
    assert isinstance(scalar, Mapping)
    assert core_kind(text) is kind
    assert scalar.get("a") == Scalar(text, kind, scalar.entries[0][1].span, plain=True)


@pytest.mark.parametrize("value", ["'12'", '"12"', "|-\n  12", "!!str 12"])
def test_what_is_quoted_block_or_tagged_str_is_text(value: str) -> None:
    scalar = _scalars(_document(f"a: {value}\n").root)[1]
    assert (scalar.text, scalar.kind, scalar.plain) == ("12", Kind.STR, False)


def test_keys_are_text_and_keep_their_spelling() -> None:
    assert _texts(_document("1.10: a\nyes: b\n012: c\n").root) == {"1.10": "a", "yes": "b", "012": "c"}


@pytest.mark.parametrize("prefix", ["", "\ufeff"], ids=["bare", "with a byte order mark"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_spans_cut_the_right_text(prefix: str, line_break: str) -> None:
    lines = [
        "é: &x  ü # no",
        "𝄞𝄞: [ä, !!str  1.10 , &y",
        "  z]",
        "k: !!int &q",
        "  7",
        "l: |",
        "  abc",
        "",
        "# c",
        "m: [*x, '𝄞']",
    ]
    document = _document((prefix + line_break.join(lines)).encode())
    excerpts = [document.excerpt(scalar.span) for scalar in _scalars(document.root)]
    block = f"|{line_break}  abc"
    assert excerpts == ["é", "ü", "𝄞𝄞", "ä", "1.10", "z", "k", "7", "l", block, "m", "ü", "'𝄞'"]


def test_a_block_ends_with_its_last_value() -> None:
    document = _document("a: &x\n  b: 1\n  c: [2]\n\n# comment\nd: *x\n")
    assert isinstance(document.root, Mapping)
    value = document.root.get("a")
    assert value
    assert document.excerpt(value.span) == "b: 1\n  c: [2]"
    assert document.root.get("d") is value


def test_merge_keys_give_way_to_explicit_ones_and_the_earlier_mapping_wins() -> None:
    root = _document("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {<<: *b, '<<': 1}\n").root
    assert isinstance(root, Mapping)
    assert _texts(root.get("c")) == {"x": "0", "y": "1", "z": "2"}
    assert _texts(root.get("d")) == {"<<": "1", "y": "2", "z": "2"}


def test_a_leading_space_is_tolerated_with_a_note() -> None:
    document, found = _read(" a:\n   b: 1\n c: 2\n")
    assert document
    assert _texts(document.root) == {"a": {"b": "1"}, "c": "2"}
    assert [(d.code, d.severity) for d in found] == [("leading-space", "note")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", [("empty-document", 1, 1)], id="nothing"),
        pytest.param("# only this\n", [("empty-document", 1, 1)], id="a comment"),
        pytest.param("---\n", [("empty-document", 1, 1)], id="an empty document"),
        pytest.param("a: 1\n---\nb: 1\n", [("several-documents", 2, 1)], id="two documents"),
        pytest.param(b"a: 1\nb: \xe9\n", [("bad-encoding", 2, 4)], id="Latin-1"),
        pytest.param(b"\xef\xbb\xbfa: 1\nb: \xe9\n", [("bad-encoding", 2, 4)], id="Latin-1 after a byte order mark"),
        pytest.param("a: b".encode("utf-16"), [("bad-encoding", 1, 1)], id="UTF-16"),
        pytest.param("a: \0", [("control-character", 1, 4)], id="NUL"),
        pytest.param('a: "x\\0"', [("control-character", 1, 4)], id="an escaped NUL"),
        pytest.param("a: \x1b[0m", [("control-character", 1, 4)], id="an escape sequence"),
        pytest.param("a: 1\na: 2\nb: {c: 1, 'c': 2}\n", [("duplicate-key", 2, 1), ("duplicate-key", 3, 11)], id="keys"),
        pytest.param("a: &a [1, *a]\n", [("alias-in-itself", 1, 4)], id="an alias in itself"),
        pytest.param("a: *b\n", [("undefined-alias", 1, 4)], id="an alias of nothing"),
        pytest.param("a: &b 1\nc: &b 2\n", [("duplicate-anchor", 2, 4)], id="an anchor twice"),
        pytest.param("a: {{b}}\nc: 1\nc: 2", [("complex-key", 1, 5), ("duplicate-key", 3, 1)], id="a mapping as key"),
        pytest.param("[a]: b", [("complex-key", 1, 1)], id="a list as key"),
        pytest.param("<<: 1\n", [("bad-merge", 1, 5)], id="a merge of a number"),
        pytest.param("a: !x b\nc: !!binary d\n", [("unknown-tag", 1, 7), ("unknown-tag", 2, 13)], id="tags"),
        pytest.param("a: !!str [b]\n", [("unknown-tag", 1, 10)], id="a scalar's tag on a list"),
        pytest.param("a: !!int b\n", [("bad-tag", 1, 10)], id="a number that is none"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str | bytes, said: list[tuple[str, int, int]]) -> None:
    assert _said(text) == said


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param("a:\n\tb: 1", (2, 1), "indented with a tab", id="a tab"),
        pytest.param("a:\n  b: 1\n\tc: 2", (3, 1), "indented with a tab", id="a tab after spaces"),
        pytest.param("a: 'x\nb: 1\n", (1, 4), "no closing quote", id="an open quote"),
        pytest.param("a: [1, 2\nb: 3\n", (1, 4), "`[`", id="an open bracket"),
        pytest.param("a: [1, 2\n", (1, 4), "`[`", id="an open bracket at the end"),
        pytest.param("a: [\n", (2, 1), "not closed", id="an open bracket with nothing in it"),
        pytest.param("a: {b: 1\nc: d", (1, 4), "`{`", id="an open brace"),
        pytest.param("a: b: c", (1, 5), "second `: `", id="a colon in a value"),
        pytest.param("a: 1\n  b: 2", (2, 3), "indented below", id="too much indentation"),
        pytest.param("a:\n  - b\n - c\n", (3, 2), "indentation of this line", id="indentation between two levels"),
        pytest.param("a: `x`", (1, 4), "a backtick", id="a backtick"),
        pytest.param("a: @x", (1, 4), "`@`", id="an at sign"),
        pytest.param("a: *", (1, 4), "alias", id="a star"),
        pytest.param("a: - b", (1, 4), "list cannot start here", id="a list on its key's line"),
        pytest.param("a: 'b' c", (1, 8), "closing quote", id="text after a quote"),
        pytest.param("a: [b]]", (1, 7), "`]`", id="a bracket too many"),
        pytest.param('a: "\\q"', (1, 4), "backslash", id="an unknown escape"),
        pytest.param("a\nb: 1", (2, 1), "has no `:`", id="a key without its colon"),
    ],
)
def test_a_syntax_error_is_one_sentence_at_one_place(text: str, place: tuple[int, int], words: str) -> None:
    _, found = _read(text)
    (error,) = found
    assert error.span
    assert (error.code, error.span.line, error.span.column) == ("yaml-syntax", *place)
    assert words in error.message
    assert error.message.endswith(".")


@given(st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    document, found = _read(data)
    assert (document is None) == found.failed


_yaml_like = st.text(st.sampled_from("ab1é𝄞: -\n\r\t[]{},&*!|>'\"#?<%@`~.\\x\x85\u2028\ufeff"), max_size=60)


@given(_yaml_like)
@example("&1:1")  # the anchor ends before the colon
def test_text_that_resembles_yaml_is_read_or_refused_and_its_spans_are_right(text: str) -> None:
    document, found = _read(text)
    assert (document is None) == found.failed
    for scalar in _scalars(document.root) if document else ():
        excerpt = document.excerpt(scalar.span) if document else ""
        if scalar.plain and scalar.span.line == scalar.span.end_line:
            assert excerpt == scalar.text
        elif excerpt.startswith("'"):
            assert excerpt.endswith("'")


@pytest.mark.corpus
@pytest.mark.corpus
def test_every_real_config_is_read(corpus: Path) -> None:
    for path in sorted(corpus.glob("*/.pipeline/config.yaml")):
        document, found = _read(path.read_bytes())
        assert document, (path, list(found))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> side\n", 2),
        ("<<<<<<< HEAD\nb: 1\n||||||| base\nb: 0\n=======\nb: 2\n>>>>>>> side\n", 1),
    ],
    ids=["between lines", "at the start, with the base shown"],
)
def test_a_merge_conflict_is_told_at_its_first_marker(text: str, line: int) -> None:
    diagnostics = Diagnostics()
    assert read(text.encode(), "f.yaml", diagnostics) is None
    (found,) = diagnostics
    assert found.span
    assert (found.code, found.span.line, found.span.column, found.span.end_column) == ("merge-conflict", line, 1, 13)


@pytest.mark.parametrize("text", ["a: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n", "a: '<<<<<<< HEAD'\n"])
def test_markers_inside_a_value_are_no_conflict(text: str) -> None:
    diagnostics = Diagnostics()
    assert read(text.encode(), "f.yaml", diagnostics)
    assert not tuple(diagnostics)
