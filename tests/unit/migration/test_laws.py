"""Whatever is migrated means the same, keeps its comments, lints without and is as it should be.

`migrated` asserts the laws for every config; here are the configs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from product.test_robust import mutated
from support.generated_configs import Data, Writer, flat_list, plans, tolerated, variants
from support.migration import judge, migrated
from support.oddities import ODD

MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
FIXED = {
    "yaml-1.1-boolean",
    "number-as-string",
    "chart-as-string",
    "promote-true",
    "leading-space",
    "empty-tag",
    "publish-beside-image",
}


def check(make: Callable[[Random], Data], seed: int, root: Path) -> None:
    chance = Random(seed)
    content = Writer(chance).document(make(chance)).encode()
    found = migrated(content, root)
    assert found.content is not None, (content.decode(), found.diagnostics)
    left = {d.code for d in judge(found.content, root).diagnostics} & FIXED
    assert not left or b"*" in content


SEEDS = st.integers(0, 2**32)


@MANY
@given(SEEDS)
def test_version_0_with_what_it_tolerates(root: Path, seed: int) -> None:
    check(tolerated, seed, root)


@MANY
@given(SEEDS)
def test_dialect_a(root: Path, seed: int) -> None:
    check(flat_list, seed, root)


@MANY
@given(SEEDS)
def test_dialect_b(root: Path, seed: int) -> None:
    check(variants, seed, root)


@MANY
@given(SEEDS)
def test_dialect_c(root: Path, seed: int) -> None:
    check(plans, seed, root)


@MANY
@given(SEEDS, st.sampled_from([flat_list, variants, plans, tolerated]))
def test_mutations_are_migrated_or_refused(root: Path, seed: int, make: Callable[[Random], Data]) -> None:
    chance = Random(seed)
    migrated(mutated(Writer(chance).document(make(chance)).encode(), chance), root)


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_odd_yaml(root: Path, content: str) -> None:
    assert migrated(content, root).content is not None
