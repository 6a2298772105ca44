"""Every text leaves `quoting.sh` and `sh_double` as one word of a real shell, byte for byte, as printable text."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from shutil import which

import pytest
from support.drawing import NASTY, drawn, texts

from transpiler.lowering.words import Variable, expansion
from transpiler.quoting import sh, sh_double

SHELLS = [[name, *rest] for name, *rest in (["dash"], ["bash"], ["busybox", "sh"]) if which(name)]
LONG = ["x" * 100_000, "'" * 20_000, '"' * 20_000, "\\" * 20_000, "\x01\n" * 5_000, *NASTY]

Told = Callable[[str, object], None]
by_each_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"read by {shell[0]}")


def words(shell: list[str], written: list[str]) -> list[str]:
    """What the shell takes for the words of one command."""
    script = "printf '%s\\0' " + " ".join(written) + "\n"
    done = subprocess.run([*shell, "-s"], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@by_each_shell
def test_a_text_is_one_word_again(shell: list[str], count: int, record_property: Told) -> None:
    cases = [*LONG, *drawn(texts, record_property, count)]
    assert words(shell, [sh(text) for text in cases]) == cases


@by_each_shell
def test_a_text_between_double_quotes_is_itself(shell: list[str], count: int, record_property: Told) -> None:
    cases = [*LONG, *drawn(texts, record_property, count)]
    assert words(shell, [f'"{sh_double(text)}"' for text in cases]) == cases


@by_each_shell
def test_a_text_as_a_default_is_itself(shell: list[str], count: int, record_property: Told) -> None:
    cases = [text for text in [*NASTY, *drawn(texts, record_property, count)] if text]
    assert words(shell, [f'"{expansion(Variable("unset", default=text))}"' for text in cases]) == cases


def test_no_text_begins_an_expression_of_github_s(count: int, record_property: Told) -> None:
    for text in [*NASTY, *drawn(texts, record_property, count)]:
        written = (sh(text), sh_double(text), expansion(Variable("unset", default=text or "x")))
        assert not any("${{" in word for word in written), written


def test_what_is_written_is_printable(count: int, record_property: Told) -> None:
    for text in [*LONG, *drawn(texts, record_property, count)]:
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
