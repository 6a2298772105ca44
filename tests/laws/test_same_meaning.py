"""What changes only how a config is written has the same meaning: another layout, another order of keys, anchors
written out, a migration from each dialect. What changes the meaning, too, is found all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.differences import CONFIG, PROFILE, outcome, repository, side
from support.generated_configs import PIPELINES, Data, Writer, flat_list, plans, tolerated, variants
from support.migration import make, migrated
from unit.difference.test_changes import EDITS

from transpiler.app.diff import side_of
from transpiler.difference.compare import compare
from transpiler.difference.model import Difference, Meaning
from transpiler.phases import as_yaml
from transpiler.yaml_loader import load

DIALECTS: dict[str, Callable[[Random], Data]] = {"A": flat_list, "B": variants, "C": plans, "0": tolerated}
USER_KEYS = ("env", "args", "exports", "parameters", "matrix", "x-more", "overrides", "blubberfile")
"""Keys whose mappings have keys of the user's own, the order of which may count."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("same"), *PIPELINES)


def same(root: Path, old: str | bytes, new: str | bytes, profile: str) -> None:
    """Checks that two texts mean the same; a text with an error means nothing."""
    before, after = (side_of(outcome(root, text, profile)) for text in (old, new))
    assert bool(before) == bool(after)
    if before and after:
        assert_same(compare(before, after))


def assert_same(found: Difference) -> None:
    assert found.meaning is Meaning.SAME, found.changes
    assert found.changes == ()
    stages = [stage.meaning for pipeline in found.pipelines for stage in pipeline.stages]
    around = [*(pipeline.meaning for pipeline in found.pipelines), *(target.meaning for target in found.targets)]
    assert Meaning.DIFFERENT not in (*stages, *around)


def shuffled(data: Data, chance: Random) -> Data:
    """The data with the keys of every mapping in another order, except those of the user's own."""
    if isinstance(data, list):
        return [shuffled(item, chance) for item in data]
    if not isinstance(data, dict):
        return data
    keys = list(data)
    chance.shuffle(keys)
    return {key: data[key] if key in USER_KEYS else shuffled(data[key], chance) for key in keys}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=st.integers(0, 10**9), hand=st.integers(0, 10**9))
@settings(max_examples=12, deadline=None)
def test_another_layout(root: Path, dialect: str, seed: int, hand: int) -> None:
    """Comments, quotes, blocks and braces, blank lines, anchors and aliases: all that a writer may choose."""
    data = DIALECTS[dialect](Random(seed))
    old, new = (Writer(Random(number)).document(data) for number in (seed, hand))
    same(root, old, new, "wikimedia")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=st.integers(0, 10**9))
@settings(max_examples=12, deadline=None)
def test_another_order_of_keys(root: Path, dialect: str, seed: int) -> None:
    data = DIALECTS[dialect](Random(seed))
    old = Writer(Random(seed)).document(data)
    new = Writer(Random(seed)).document(shuffled(data, Random(seed + 1)))
    same(root, old, new, "wikimedia")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=st.integers(0, 10**9))
@settings(max_examples=8, deadline=None)
def test_a_migration(root: Path, dialect: str, seed: int) -> None:
    old = Writer(Random(seed)).document(DIALECTS[dialect](Random(seed)))
    found = migrated(old, root)
    if found.content is not None:
        same(root, old, found.content, "wikimedia")


@given(seed=st.integers(0, 10**9))
@settings(max_examples=10, deadline=None)
def test_a_config_with_all_steps_in_another_layout(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    here = repository(tmp_path_factory.mktemp("steps"))
    data = load(CONFIG)
    chance = Random(seed)
    texts = [json.dumps(shuffled(data, chance)), Writer(chance).document(shuffled(data, chance)), as_yaml(data)]
    old = side(here)
    for text in texts:
        assert_same(compare(old, side(here, text)))


@given(name=st.sampled_from(sorted(name for name, edit in EDITS.items() if edit.file == "config")), seed=st.integers(0))
@settings(max_examples=20, deadline=None)
def test_a_change_of_meaning_is_found_in_any_layout(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int
) -> None:
    here = repository(tmp_path_factory.mktemp("edits"))
    edit, chance = EDITS[name], Random(seed)
    changed = CONFIG.replace(edit.old, edit.new, 1)
    old = Writer(chance).document(shuffled(load(CONFIG), chance))
    new = Writer(chance).document(shuffled(load(changed), chance))
    found, plain = compare(side(here, old), side(here, new)), compare(side(here), side(here, changed))
    assert found.meaning is Meaning.DIFFERENT
    assert set(found.changes) == set(plain.changes)
    assert different(found) == different(plain)


def different(found: Difference) -> set[tuple[str, str]]:
    """The pipelines, stages and targets that are different."""
    pairs = [(p.name, stage.name, stage.meaning) for p in found.pipelines for stage in p.stages]
    pairs += [(p.name, "", p.meaning) for p in found.pipelines]
    pairs += [("", target.name, target.meaning) for target in found.targets]
    return {(first, second) for first, second, meaning in pairs if meaning is Meaning.DIFFERENT}


def test_an_anchor_written_out(tmp_path: Path) -> None:
    here = repository(tmp_path)
    old = """\
x-run: &run {image: '${build.imageID}', arguments: [a]}
pipelines:
  test:
    dockerfile: Dockerfile
    stages: [{name: build, build: test}, {name: one, run: *run}, {name: two, run: {<<: *run, tail: 1}}]
"""
    new = """\
pipelines:
  test:
    dockerfile: Dockerfile
    stages:
      - {name: build, build: test}
      - {name: one, run: {image: '${build.imageID}', arguments: [a]}}
      - {name: two, run: {image: '${build.imageID}', arguments: [a], tail: 1}}
"""
    same(here, old, new, PROFILE)


def test_an_edge_that_others_imply_and_another_order_in_the_file(tmp_path: Path) -> None:
    """The order of the stages is what counts, not how it is written."""
    here = repository(tmp_path)
    old = CONFIG.replace("[[build, unit], [build, lint]]", "[[build, unit, lint]]")
    more = CONFIG.replace("[[build, unit], [build, lint]]", "[[build, lint], [build, unit, lint]]")
    found = compare(side(here, old), side(here, more))
    assert_same(found)
    assert [pipeline.meaning for pipeline in found.pipelines] == [Meaning.SAME, Meaning.IDENTICAL]
