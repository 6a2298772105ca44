"""Which paths may be archived: those that every engine's own step for artifacts takes as they are."""

from __future__ import annotations

import json

import pytest
from support.archive_names import ALLOWED, NAMES, REFUSED
from support.compiling import compile_text


def codes(item: dict[str, object], directory: str = ".") -> list[str]:
    """What is said of one archived item of `copy`, in a pipeline with this directory."""
    return compile_text(f"""\
        pipelines:
          p:
            blubberfile: blubber.yaml
            directory: {json.dumps(directory)}
            stages:
              - {{name: a, build: test, run: true, copy: [{json.dumps({"archive": True, **item})}]}}
    """).codes


@pytest.mark.parametrize("char", [*REFUSED, *ALLOWED], ids=lambda c: f"U+{ord(c):04X}")
def test_every_character_is_taken_as_it_is_or_refused(char: str) -> None:
    refused = ["archive-name"] if char in REFUSED else []
    assert codes({"source": "/out", "destination": f"dir/a{char}b"}) == refused
    assert codes({"source": f"/out/a{char}b", "destination": "dir/"})[-1:] == refused
    assert codes({"source": f"/out/a{char}b", "destination": "dir"})[-1:] != ["archive-name"]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_patterns_elsewhere_can_be_escaped(name: str) -> None:
    assert codes({"source": "/out", "destination": name}) == []


@pytest.mark.parametrize("destination", [" a", "a ", "\ta", "a\n", "./ a", "/ a", "a/../ b", "x/y\t"])
def test_what_jenkins_cuts_off_at_the_ends_is_refused(destination: str) -> None:
    assert codes({"source": "/out", "destination": destination}) == ["archive-name"]


@pytest.mark.parametrize("destination", ["a b", "x /y", "x/ y", "a/ "])
def test_white_space_within_is_a_part_of_the_name(destination: str) -> None:
    expected = ["archive-name"] if destination.endswith(" ") else []
    assert codes({"source": "/out", "destination": destination}) == expected


@pytest.mark.parametrize("directory", [*(f"a{c}b" for c in REFUSED), " a"])
def test_the_directory_counts_too(directory: str) -> None:
    assert codes({"source": "/out", "destination": "x"}, directory) == ["archive-name"]
    assert codes({"source": "/out", "destination": "x", "archive": False}, directory) == []
