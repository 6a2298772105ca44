"""A config with a matrix compiles to the same workflow as one in which its members were written out by hand.

The other config is made here, from the words of the language's page alone: members in the order of the product, the
last list moving fastest, an arc through the stage replaced by one for each choice of members.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise, product
from random import Random
from typing import Any

from hypothesis import strategies as st
from support.compiling import Compiled, compile_text
from support.drawing import drawn

from transpiler.frontend import execution, matrix
from transpiler.image_names import clean_tag

Told = Callable[[str, object], None]
NAMES = ("node", "db", "os.version", "a-b", "_")
VALUES = ("18", "20", "1.10", "", "release/1", "A b", "it's", "${x}", "$HOME", "é", "a" * 40)
_STAGES = ("one", "two", "three.a")


def _config(chance: Random) -> dict[str, Any]:
    """A pipeline of a few stages; most have a matrix."""
    named = chance.sample(_STAGES, chance.randint(1, 3))
    found = [_stage(chance, name) for name in named]
    pipeline: dict[str, Any] = {"dockerfile": "Dockerfile", "stages": found}
    if chance.random() < 0.7:
        order = [name for name in named if chance.random() < 0.9] or named
        pipeline["execution"] = [
            [name for name in order if chance.random() < 0.7] or [order[0]] for _ in range(chance.randint(1, 3))
        ]
    return {"pipelines": {"test": pipeline}}


def _stage(chance: Random, name: str) -> dict[str, Any]:
    lists = {key: chance.sample(VALUES, chance.randint(1, 3)) for key in chance.sample(NAMES, chance.randint(0, 2))}
    read = [f"${{.{key}}}" for key in lists]
    stage: dict[str, Any] = {
        "name": name,
        "build": {"variant": "-".join(["v", *read]), "context": "/".join([".", *read])},
        "run": {
            "arguments": {
                "$merge": read,
                "$with": {"$each": "x", "$in": "a b", "$delimiter": " ", "$yield": f"${{.x}} of ${{{name}.imageID}}"},
            },
            "env": {"ALL": "+".join([*read, "${.stage}"])},
        },
        "exports": {f"of-{key}": f"<${{.{key}|empty}}>" for key in lists},
    }
    if lists:
        stage["matrix"] = {**lists}
        excluded = [
            {key: chance.choice(values) for key, values in lists.items() if chance.random() < 0.7}
            for _ in range(chance.choice((0, 0, 1, 2)))
        ]
        if any(excluded):
            stage["matrix"]["exclude"] = [item for item in excluded if item]
    return stage


def _combinations(stage: Mapping[str, Any]) -> list[dict[str, str]]:
    lists = {key: values for key, values in stage.get("matrix", {}).items() if key != "exclude"}
    every = [dict(zip(lists, one, strict=True)) for one in product(*lists.values())]
    return [one for one in every if not any(item.items() <= one.items() for item in _excluded(stage))]


def _excluded(stage: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(stage.get("matrix", {}).get("exclude", ()))


def _member(stage: Mapping[str, Any], one: Mapping[str, str]) -> str:
    return clean_tag("-".join([stage["name"], *one.values()])) if one else str(stage["name"])


def _by_hand(config: Mapping[str, Any]) -> dict[str, Any]:
    pipeline = config["pipelines"]["test"]
    members = {s["name"]: [_member(s, one) for one in _combinations(s)] for s in pipeline["stages"]}
    arcs = pipeline.get("execution", [list(members)])
    return {
        "pipelines": {
            "test": {
                **pipeline,
                "stages": [made for stage in pipeline["stages"] for made in _written_out(stage)],
                "execution": [list(each) for arc in arcs for each in product(*(members[name] for name in arc))],
            }
        }
    }


def _written_out(stage: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in _combinations(stage):
        name = _member(stage, one)
        known = {f"${{.{key}}}": value.replace("${", "$${") for key, value in one.items()}
        known |= {f"${{.{key}|empty}}": value.replace("${", "$${") or "empty" for key, value in one.items()}
        known |= {f"${{{stage['name']}.imageID}}": f"${{{name}.imageID}}"}
        kept = {key: value for key, value in stage.items() if key != "matrix"}
        yield {**_replaced(kept, known), "name": name}


def _replaced(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, known) for inner in value]
    for reference, text in known.items():
        value = value.replace(reference, text)
    return value


def _clashes(config: Mapping[str, Any]) -> bool:
    found = config["pipelines"]["test"]["stages"]
    members = [_member(stage, one) for stage in found for one in _combinations(stage)]
    return len({*members}) < len(members) or any(not _combinations(stage) for stage in found)


def _compiled(config: Mapping[str, Any]) -> Compiled:
    return compile_text(json.dumps(config, ensure_ascii=False))


def test_a_matrix_is_the_same_as_its_members_written_out_by_hand(count: int, record_property: Told) -> None:
    for seed in drawn(st.integers(0, 2**48), record_property, count):
        config = _config(Random(seed))
        made = _compiled(config)
        failed = [d for d in made.diagnostics if d.severity == "error"]
        assert bool(failed) == _clashes(config), (config, failed)
        if failed:
            assert {d.code for d in failed} <= {"matrix-clash", "matrix-empty"}, failed
            continue
        by_hand = _compiled(_by_hand(config))
        assert made.workflow == by_hand.workflow, config
        names = [stage.name for stage in made.pipeline.stages]
        assert len({*names}) == len(names)


def test_the_law_notices(monkeypatch: Any) -> None:
    """With the order, the exclusions or the arcs broken, it fails."""
    broken: tuple[tuple[Any, str, Any], ...] = (
        (matrix, "product", lambda *lists: (one[::-1] for one in product(*lists[::-1]))),
        (matrix, "_matches", lambda one, excluded: any(one[index] == value for index, value in excluded)),
        (execution, "pairwise", lambda arc: list(pairwise(arc))[:1]),
        (matrix, "clean_tag", lambda name: name),
    )
    for owner, name, by in broken:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, by)
            try:
                test_a_matrix_is_the_same_as_its_members_written_out_by_hand(100, lambda *_: None)
            except AssertionError:
                continue
        raise AssertionError(f"the law does not notice a broken {name}")
