"""The same config gives the same bytes: in any process, under any hash seed, whatever order the schema's keys have."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.repositories import CONFIG, compiled

from product.test_golden import CASES, GOLDEN, profile_of

USERS_KEYS = {"pipelines", "exports", "env", "parameters", "args", "matrix"}
"""Mappings whose keys are the user's: their order counts."""

USERS_OWN = {"overrides", "blubberfile"}
"""Mappings that are the user's at every depth."""


def shuffled(value: object, chance: random.Random, *, named: bool = True) -> object:
    """The same config with the keys that the schema names in another order."""
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    if named:
        chance.shuffle(keys)
    return {
        key: value[key] if key in USERS_OWN else shuffled(value[key], chance, named=key not in USERS_KEYS)
        for key in keys
    }


def bodies(root: Path) -> dict[str, str]:
    """The outputs without what tells of the config's own bytes."""
    outcome = compiled(root, profile_of(root))
    assert not outcome.failed
    gone = ("config  ", "body  ", "header  ")
    return {
        path: "\n".join(line for line in text.split("\n") if not line.lstrip("/# ").startswith(gone))
        for path, text in outcome.files.items()
    }


@pytest.mark.parametrize("case", sorted({*CASES} - {"tolerated"}))  # its 1.10 would be 1.1
def test_the_order_of_the_schemas_keys_changes_nothing(case: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / case, tmp_path / case)
    before = bodies(tmp_path / case)
    config = tmp_path / case / CONFIG
    plain = yaml.safe_load(config.read_text())
    for seed in range(3):
        config.write_text(yaml.safe_dump(shuffled(plain, random.Random(seed)), sort_keys=False, width=1000))
        assert bodies(tmp_path / case) == before


def test_the_order_of_the_users_keys_is_kept(tmp_path: Path) -> None:
    root = tmp_path / "case"
    shutil.copytree(GOLDEN / "events", root)
    config = yaml.safe_load((root / CONFIG).read_text())
    config["pipelines"] = dict(reversed(config["pipelines"].items()))
    (root / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    text = bodies(root)["Jenkinsfile"]
    assert text.index("---- release") < text.index("---- nightly") < text.index("---- test")


@pytest.mark.parametrize("case", ["wikimedia", "not-series-parallel", "credentials"])
def test_another_process_with_another_hash_seed_writes_the_same(case: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / case, tmp_path / case)
    command = [sys.executable, "-m", "transpiler", "generate", "--check", str(tmp_path / case)]
    for seed in ("0", "1", "4711"):
        done = subprocess.run(command, env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
