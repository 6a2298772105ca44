"""Every text leaves `quoting.sh` and `sh_double` as one word of a real shell, byte for byte, as printable text."""

from __future__ import annotations

import subprocess
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpiler.quoting import sh, sh_double

SHELLS = [[name, *rest] for name, *rest in (["dash"], ["bash"], ["busybox", "sh"]) if which(name)]
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
NASTY = st.text(st.sampled_from("'\"\\$`!*?~#{}()<>|&; \n\t\x01\x1b\x7f\x85\u2028\ufeffa=-😀"), max_size=20)


def words(shell: list[str], written: list[str]) -> list[str]:
    script = "printf '%s\\0' " + " ".join(written) + "\n"
    done = subprocess.run([*shell, "-s"], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"read by {shell[0]}")
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY_TEXT | NASTY, min_size=1, max_size=40))
def test_a_text_is_one_word_again(shell: list[str], texts: list[str]) -> None:
    assert words(shell, [sh(text) for text in texts]) == texts


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"read by {shell[0]}")
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY_TEXT | NASTY, min_size=1, max_size=40))
def test_a_text_between_double_quotes_is_itself(shell: list[str], texts: list[str]) -> None:
    assert words(shell, [f'"{sh_double(text)}"' for text in texts]) == texts


@given(text=ANY_TEXT | NASTY)
def test_what_is_written_is_printable(text: str) -> None:
    for written in (sh(text), sh_double(text)):
        assert all(c in "\n\t" or c.isprintable() or ord(c) >= 0xA0 for c in written), written
        assert not any(c in written for c in "\x7f\x85\u2028\ufeff")


@pytest.mark.parametrize("write", [sh, sh_double], ids=["a whole word", "between double quotes"])
def test_no_argument_holds_a_nul(write: object) -> None:
    assert callable(write)
    with pytest.raises(ValueError, match="NUL"):
        write("a\0b")


@pytest.mark.parametrize("text", ["test", "a/b.c", "--all", "x=y", "1.2:3"], ids=lambda text: f"{text} needs no quotes")
def test_plain_words_stay_plain(text: str) -> None:
    assert sh(text) == text
