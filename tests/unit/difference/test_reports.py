"""What readers see: sentences in text and in Markdown, plain data in JSON; whatever names are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.differences import CONFIG, PROFILE, repository, side

from transpiler.difference.compare import compare
from transpiler.difference.model import Change, Difference, How, Meaning, Topic, Verdict
from transpiler.difference.report.as_json import plain
from transpiler.difference.report.markdown import Section, markdown
from transpiler.difference.report.text import text
from transpiler.difference.report.words import sentence
from transpiler.frontend.shape.schema_files import schema_of
from unit.difference.test_changes import EDITS

HOSTILE = "`](http://x.example.org) @all <img src=x> \x1b[31m\n# ![x](y) ``` $(id) | \u202e"


def difference(*changes: Change, meaning: Meaning = Meaning.DIFFERENT) -> Difference:
    return Difference(meaning, changes, (), (Verdict("jenkins", meaning),))


def change(topic: Topic = Topic.CREDENTIAL, how: How = How.ADDED, name: str = "npm", patch: str = "") -> Change:
    return Change(topic, how, name, "test", "unit", "gitlab", "before", "after", patch)


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("how", How)
def test_every_change_is_a_sentence(topic: Topic, how: How) -> None:
    for one in (change(topic, how), Change(topic, how, "npm")):
        said = sentence(one, lambda words: f"<{words}>", lambda words: f"{words}.")
        assert re.match(r"[A-Z].*[.]$", said), said
        assert "{" not in said


def test_text(tmp_path: Path) -> None:
    root = repository(tmp_path)
    edit = EDITS["a credential gained"]
    found = compare(side(root), side(root, CONFIG.replace(edit.old, edit.new)))
    lines = text(found, "main (0123456789)").split("\n")
    assert lines[0] == "different from main (0123456789): 1 credential, 1 program, 1 loss on a target"
    assert "  + Stage `unit` of pipeline `test` gets the credential `npm`: `secret-text as NPM`." in lines
    assert "  ~ Stage `unit` of pipeline `test` has another program." in lines
    assert [line for line in lines if line.startswith("      -")]
    assert "pipeline test: different (build: identical, unit: different, lint: identical)" in lines
    assert "target jenkins: different" in lines


def test_the_other_two_answers(tmp_path: Path) -> None:
    here = side(repository(tmp_path))
    assert text(compare(here, here, identical=True), "HEAD") == "identical to HEAD\n"
    assert text(compare(here, here), "HEAD").startswith("same meaning as HEAD: written in another way;")


def test_no_name_reaches_a_terminal_raw() -> None:
    said = text(difference(change(name=HOSTILE, patch="@@\n+\x1b[2J\n")), "HEAD")
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\x1b[32m+" in text(difference(change()), "HEAD", colour=True)


def test_names_stay_code_in_markdown() -> None:
    """What is left when code is taken out holds nothing of a user's."""
    found = [change(topic, name=HOSTILE, patch=f"@@\n+{HOSTILE}\n") for topic in Topic if topic is not Topic.HANDOVER]
    found += [Change(topic, How.ADDED, "x", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for topic in Topic]
    said = markdown([Section(HOSTILE, HOSTILE, difference(*found), (HOSTILE,))])
    without = re.sub(r"(?ms)^(`{3,})diff\n.*?^\1$", "", said)
    without = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", without)
    assert not re.search("http|@all|<img|\x1b|\u202e|!\\[", without), without


def test_a_comment_has_a_limit_and_says_what_was_cut() -> None:
    patch = "@@ -1 +1 @@\n" + "+x\n" * 400
    changes = [*(change(name=f"c{i}") for i in range(300)), *(change(Topic.PROGRAM, patch=patch) for _ in range(300))]
    for limit in (1_000, 16_000, 60_000):
        said = markdown([Section("", "HEAD", difference(*changes))], limit)
        assert len(said.encode()) <= limit
        assert re.search(r"\d+ parts of this answer were left out, because a comment has a limit", said)
        assert said.count("```") % 2 == 0
    assert "left out" not in markdown([Section("", "HEAD", difference(change()))])
    assert "… and 281 more lines" in markdown([Section("", "HEAD", difference(change(Topic.PROGRAM, patch=patch)))])


def test_what_must_be_seen_is_not_what_is_cut() -> None:
    """All sentences come before all programs, also those of the next repository."""
    patch = "@@ -1 +1 @@\n" + "+xxxxxxxxxxxxxxxxxx\n" * 100
    many = difference(*(change(Topic.PROGRAM, patch=patch) for _ in range(100)))
    said = markdown([Section("a", "HEAD", many), Section("b", "HEAD", difference(change(name="secret-thing")))], 20_000)
    assert "secret-thing" in said


@pytest.mark.parametrize("name", EDITS)
def test_json_fits_its_schema(name: str, tmp_path: Path) -> None:
    edit = EDITS[name]
    config, profile = (
        whole.replace(edit.old, edit.new, 1) if edit.file == file else whole
        for file, whole in (("config", CONFIG), ("profile", PROFILE))
    )
    root = repository(tmp_path)
    data = plain(compare(side(root), side(root, config, profile)))
    whole = {"path": ".", "revision": "HEAD", "diagnostics": [], "failure": None, **data}
    Draft202012Validator(schema_of("diff")).validate({"repositories": [whole], "meaning": data["meaning"]})
    assert json.loads(json.dumps(data)) == data


def test_the_schema_names_all_topics() -> None:
    names = schema_of("diff")["$defs"]["change"]["properties"]["topic"]["enum"]
    assert names == [topic.value for topic in Topic]
