"""Phases as YAML: anything that the compiler makes of configs becomes plain data, the same each time, and a document
becomes the config that it is."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpiler.diagnostics import Diagnostics, Span
from transpiler.driver import Outcome, Phase, Request, compile_config, reach
from transpiler.frontend.shape.json_values import plain as values
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document
from transpiler.phases import as_yaml, plain
from transpiler.records import dataclass

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ".pipeline/config.yaml"
# They have all kinds of steps, values and mails between them, and each of the older forms.
GOLDEN = ("wikimedia", "each", "deploy", "trigger-values", "notify", "flat-list", "variants", "execution-plan")


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    word: str
    number: int = 0
    sure: bool = False
    missing: str | None = None
    place: Span | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    leaves: tuple[Leaf, ...]
    by_colour: dict[Colour, frozenset[str]]


def asked(root: Path, content: bytes | None = None) -> Request:
    profile = root / ".pipeline/profile.yaml"
    return Request(root, CONFIG, str(profile) if profile.exists() else "default", content=content)


def reached(root: Path, phase: Phase) -> Outcome:
    return reach(asked(root), phase)


def test_a_dataclass_says_its_type_and_leaves_out_what_holds_nothing() -> None:
    branch = Branch((Leaf("a"), Leaf("", 3, sure=True)), {Colour.RED: frozenset({"y", "x"})})
    assert plain(branch) == {
        "type": "Branch",
        "leaves": [
            {"type": "Leaf", "word": "a", "number": 0, "sure": False},
            {"type": "Leaf", "number": 3, "sure": True},
        ],
        "by_colour": {"red": ["x", "y"]},
    }


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no data"):
        plain((object(),))


def test_programs_of_several_lines_are_blocks() -> None:
    assert as_yaml(["a\nb\n", "c"]) == "- |\n  a\n  b\n- c\n"


@pytest.mark.parametrize("text", ["yes", "1.10", "0x1f", "~", "'", "a: b", "\x1b[31m", "a\r", "\u2028", " x ", "#"])
def test_every_text_survives(text: str) -> None:
    assert yaml.safe_load(as_yaml([text, {text: text}])) == [text, {text: text}]
    assert "\x1b" not in as_yaml(text)


def test_the_document_keeps_how_scalars_are_written_and_what_aliases_repeat() -> None:
    diagnostics = Diagnostics()
    source = b"a: &a {version: 1.10, quoted: '1.10', flag: True, none: ~, hex: 0x10}\nb: *a\nc: {<<: *a, hex: 0b1}\n"
    document = read(source, "config.yaml", diagnostics)
    assert isinstance(document, Document)
    text = as_yaml(document)
    assert "{version: 1.10, quoted: '1.10', flag: True, none: ~, hex: 0x10}" in text
    assert "&" not in text
    again = read(text.encode(), "config.yaml", diagnostics)
    assert isinstance(again, Document)
    assert values(again.root) == values(document.root)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_each_golden_config_is_in_each_phase(name: str) -> None:
    root = ROOT / "golden" / name
    for phase in Phase:
        outcome = reached(root, phase)
        assert not outcome.failed
        text = as_yaml(outcome.reached)
        assert text == as_yaml(reached(root, phase).reached)
        data = yaml.safe_load(text)
        if phase is Phase.DOCUMENT:
            assert "pipelines" in data
        else:
            assert data == plain(outcome.reached)
            assert_told(outcome.reached, data)


def assert_told(value: Any, data: Any) -> None:
    """Everything that counts in a comparison is in the data, where the value has it."""
    if is_dataclass(value):
        assert data["type"] == type(value).__name__
        for field in fields(value):
            held = getattr(value, field.name)
            assert (field.name in data) == (field.compare and held not in (None, "", (), frozenset(), {})), field.name
            if field.name in data:
                assert_told(held, data[field.name])
    elif isinstance(value, tuple):
        assert len(value) == len(data)
        for item, told in zip(value, data, strict=True):
            assert_told(item, told)


@pytest.mark.parametrize("name", ["each", "flat-list", "variants", "execution-plan"])
def test_the_printed_document_compiles_to_the_same_whatever_form_it_was_written_in(name: str) -> None:
    root = ROOT / "golden" / name
    text = as_yaml(reached(root, Phase.DOCUMENT).reached)
    once, again = compile_config(asked(root)), compile_config(asked(root, text.encode()))
    assert [output.body for output in again.outputs] == [output.body for output in once.outputs] != []


SHAPE, MEANING = "pipelines: [x]\n", "pipelines: {p: {blubberfile: b.yaml, stages: [{name: a, run: true}]}}\n"


@pytest.mark.parametrize(
    ("config", "stopped"),
    [("a: [", set(Phase)), (SHAPE, set(Phase)), (MEANING, {Phase.WORKFLOW, Phase.PLAN})],
    ids=["no YAML", "another shape", "no meaning"],
)
def test_a_phase_that_errors_stopped_has_nothing_and_says_why(tmp_path: Path, config: str, stopped: set[Phase]) -> None:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / CONFIG).write_text(config)
    for phase in Phase:
        outcome = reached(tmp_path, phase)
        assert (outcome.reached is None, outcome.failed) == (phase in stopped, phase in stopped), phase


@pytest.mark.parametrize("phase", Phase)
def test_a_config_that_is_a_link_out_of_the_repository_is_not_read(tmp_path: Path, phase: Phase) -> None:
    (tmp_path / "secret").write_text("root:x:0:0")
    (tmp_path / "repository/.pipeline").mkdir(parents=True)
    (tmp_path / "repository" / CONFIG).symlink_to("../../secret")
    outcome = reached(tmp_path / "repository", phase)
    assert ([d.code for d in outcome.diagnostics], outcome.reached) == (["path-outside"], None)
    assert "root:x" not in str(outcome.sources)
