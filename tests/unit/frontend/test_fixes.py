"""Fixes: where an edit is sure, what it leaves alone, and where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.app.fix import fix
from transpiler.app.place import Place
from transpiler.driver import Request, understand
from transpiler.frontend.suggestions import Near, nearest

CONFIG = ".pipeline/config.yaml"
HEAD = "project: team/ores\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n"


def fixed(root: Path, text: str) -> str:
    (root / ".pipeline").mkdir(exist_ok=True)
    (root / "Dockerfile").write_text("FROM scratch AS test\nFROM scratch AS unit-test\n")
    (root / CONFIG).write_bytes(text.encode())
    fix(Place(root, CONFIG, ""), Request(root, CONFIG, "default"), write=True)
    return (root / CONFIG).read_bytes().decode()


def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path) -> None:
    text = f"\ufeff{HEAD}      - name: a\n        biuld: test # x\n        run: {{env: {{A: 1}}}}\n".replace(
        "\n", "\r\n"
    )
    assert fixed(tmp_path, text) == text.replace("biuld", "build").replace("A: 1", "A: '1'")


def test_characters_beyond_the_basic_plane_count_once(tmp_path: Path) -> None:
    text = f"{HEAD}      - {{name: a, build: test, run: {{arguments: ['\U0001f600', 1, 'é', 2]}}}}\n"
    assert fixed(tmp_path, text) == text.replace(" 1,", " '1',").replace(" 2]", " '2']")


def test_what_an_alias_repeats_is_not_renamed(tmp_path: Path) -> None:
    """The anchor's value is a variant here and a stage there: to rename it for one would change the other."""
    text = HEAD.replace("    stages:", "    execution: [[&v tset, b]]\n    stages:")
    text += "      - {name: test, build: *v}\n      - {name: b, build: test}\n"
    assert fixed(tmp_path, text) == text


def test_the_name_of_a_stage_is_not_taken_for_a_misspelt_variant(tmp_path: Path) -> None:
    assert fixed(tmp_path, f"{HEAD}      - name: tset\n") == f"{HEAD}      - name: tset\n"


def test_a_note_in_a_config_with_other_errors_is_fixed(tmp_path: Path) -> None:
    text = f"{HEAD}      - {{name: a, build: test, run: {{arguments: [1]}}}}\n      - {{name: a, build: test}}\n"
    assert fixed(tmp_path, text) == text.replace("[1]", "['1']")


def test_comments_beside_what_is_removed_stay(tmp_path: Path) -> None:
    text = f"{HEAD}      - name: a\n        build: test # one\n        build: test # two\n"
    assert fixed(tmp_path, text) == text


@pytest.mark.parametrize(
    ("written", "known", "near"),
    [
        ("biuld", ["build", "run"], Near("build", sure=True)),
        ("node-20", ["node-18"], Near("node-18")),  # another version is no misspelling
        ("unit-c", ["unit-a", "unit-b"], Near("unit-b")),  # each may be meant
        ("lint", ["unit"], Near("")),
    ],
)
def test_a_similar_name_is_sure_if_only_it_can_be_meant(written: str, known: list[str], near: Near) -> None:
    assert nearest(written, known) == near


def test_a_fix_is_there_only_if_the_text_says_what_the_node_says(tmp_path: Path) -> None:
    """`unit` comes from an escape: no text could be put in its place without reading the quotes."""
    (tmp_path / ".pipeline").mkdir()
    escaped = '      - {name: a, build: "t\\x73et"}\n'
    (tmp_path / CONFIG).write_text(HEAD + escaped)
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    (found,) = understand(Request(tmp_path, CONFIG, "default")).diagnostics
    assert (found.code, found.hint, found.fix) == ("unknown-variant", "Did you mean `test`?", None)
