"""A text that GitHub would take for an expression, in each place of a config: it is refused there, or means itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines.github_refusals import load, refusals
from support.repositories import CONFIG

from product.test_golden import CASES, GOLDEN, profile_of
from transpiler.driver import Outcome, Request, compile_config
from transpiler.targets.github.names import literal

HOSTILE = "${{ secrets.HOSTILE }}"
# A config has references of its own, in which `$$` is a dollar.
WAYS = (HOSTILE, f"${HOSTILE}", "::add-mask::x\n%0A", "'\"`$$(id)\n")
QUICK = 5
"""In the quick phase one place of so many: the next case begins with the next one."""


def planted(node: Any, text: str) -> Iterator[Any]:
    """The document with the text behind each of its strings in turn, values and keys."""
    if isinstance(node, str):
        yield node + text
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from ([*node[:i], other, *node[i + 1 :]] for other in planted(item, text))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from ({**node, key: other} for other in planted(value, text))
            if isinstance(key, str):
                yield {key + text if k == key else k: v for k, v in node.items()}


def wrong(text: str) -> Iterator[str]:
    """What GitHub would refuse or run in a workflow."""
    yield from refusals(text)
    for job in load(text)["jobs"].values():
        for step in job["steps"]:
            if "${{" in step.get("run", ""):
                yield f"an expression in a program: {step['run']}"
    rest = text.replace(literal(HOSTILE), "")
    yield from (line for line in rest.splitlines() if HOSTILE in line and not line.lstrip().startswith("#"))


def outcome_of(root: Path, document: Any) -> Outcome:
    content = yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()
    return compile_config(Request(root, CONFIG, profile_of(root), ("github",), content=content))


@pytest.mark.parametrize(
    "step", [pytest.param(QUICK, id="some places"), pytest.param(1, id="all places", marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize("case", CASES)
def test_wherever_it_stands(case: str, step: int) -> None:
    root = GOLDEN / case
    document = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    made, found = 0, []
    places = list(enumerate(zip(*(planted(document, text) for text in WAYS), strict=True)))
    for place, documents in places[CASES.index(case) % step :: step]:
        # One text for each place; the next case has another one there.
        outcome = outcome_of(root, documents[(place + CASES.index(case)) % len(WAYS)])
        made += bool(outcome.files)
        found += [f"{path}: {one}" for path, body in outcome.files.items() for one in wrong(body)]
    assert found == []
    assert made or step > 1 or outcome_of(root, document).failed
