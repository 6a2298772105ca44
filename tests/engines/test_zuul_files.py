"""Why a pipeline with `changes` does not use Zuul's own `files`: given the same names they would do, but Zuul is not
told both names of a renamed file."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from support.histories import SUBMODULE, Case, cases

from transpiler.changes import CHARACTER, Changes, Matcher

from .judges import HERE, zuul_python

pytestmark = pytest.mark.engine


def ask(asked: list[tuple[list[str], list[str]]], gerrit: dict[str, Any]) -> dict[str, Any]:
    """What Zuul says of these files, and of Gerrit's answer."""
    done = subprocess.run(
        [str(zuul_python()), str(HERE / "zuul_files.py")],
        input=json.dumps({"asked": asked, "gerrit": gerrit}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def regexes(rules: Changes) -> list[str]:
    """The expressions for Zuul's matcher, which knows no bytes, and matches from the start alone."""
    texts = (*rules.included, *rules.always)
    return [f"(?s)^{text.replace(CHARACTER, '[^/]')}$" for text in texts if not text.endswith("/")]


def plain(case: Case) -> bool:
    """Whether Zuul can be asked: only `include`, no submodules, names that are text."""
    entries = [*case.old.values(), *case.new.values()]
    text = all(b"\xff" not in name for name in case.changed)
    return bool(case.changed) and not case.rules.exclude and text and SUBMODULE not in {mode for mode, _ in entries}


def test_given_the_same_names_zuul_runs_what_the_law_runs() -> None:
    asked = [case for case in cases(17, 6000) if plain(case)]
    assert len(asked) > 500
    matches = ask([(regexes(c.rules), [name.decode() for name in c.changed]) for c in asked], {})["matches"]
    for case, runs in zip(asked, matches, strict=True):
        assert runs == any(map(Matcher(case.rules).counts, case.changed)), (case.rules, case.changed)


def test_zuul_knows_only_the_new_name_of_a_file_that_was_renamed() -> None:
    renamed = {"lib/money.js": {"status": "R", "old_path": "web/money.js"}}
    rules = Changes(("web/",), (), ())
    found = ask([(regexes(rules), ["lib/money.js"])], renamed)
    assert found == {"matches": [False], "files": ["lib/money.js"]}, "else `files` could be used for a change"
    assert any(map(Matcher(rules).counts, (b"lib/money.js", b"web/money.js")))
