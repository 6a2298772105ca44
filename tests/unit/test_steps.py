"""The registry of steps agrees with everything that is called like a step."""

import json
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from transpiler import ir, resources
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.frontend.steps import reader
from transpiler.lowering.body import lowerer
from transpiler.program import Feature
from transpiler.steps import BY_NAME, STEPS, StepKind

NAMES = [kind.name for kind in STEPS]


def test_every_step_of_the_workflow_has_one_kind() -> None:
    assert [kind.type for kind in STEPS] == [*dict.fromkeys(kind.type for kind in STEPS)]
    assert {kind.type for kind in STEPS} == set(get_args(ir.Step))


@pytest.mark.parametrize("kind", STEPS, ids=NAMES)
def test_a_step_has_a_reader_a_lowerer_a_feature_and_a_key(kind: StepKind) -> None:
    assert callable(reader(kind.name))
    assert callable(lowerer(kind.name))
    assert Feature(kind.name)
    assert kind.name in _stage_schema()["properties"]


def test_the_schema_and_the_rooms_hold_no_other_step() -> None:
    for package in ("transpiler.frontend.steps", "transpiler.lowering"):
        found = {path.stem for path in Path(str(import_module(package).__file__)).parent.glob("*.py")}
        assert set(NAMES) <= found
        if package.endswith("steps"):
            assert found - set(NAMES) == {"__init__"}
    others = {"name", "blubberfile", "dockerfile", "directory", "matrix", "notify", "timeout", "attempts"} | {
        "allowFailure",
        "approve",
    }
    assert set(_stage_schema()["properties"]) - others == set(NAMES)


def test_policy_actions_are_the_steps_that_act_and_credentials() -> None:
    allowed = schema_of("profile")["$defs"]["actions"]["items"]["enum"]
    assert allowed == [*(kind.name for kind in STEPS if kind.acts), "credentials"]


def test_names_are_in_the_order_in_which_a_stage_runs_them() -> None:
    assert [*BY_NAME] == ["build", "run", "copy", "publish", "promote", "deploy", "exports", "trigger"]


def _stage_schema() -> dict[str, dict[str, object]]:
    schema = json.loads(resources.read_text("schemas", "config.schema.json"))
    stage: dict[str, dict[str, object]] = schema["$defs"]["stage"]
    return stage
