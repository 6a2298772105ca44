"""Translation validation notices each way in which a workflow could say something else than its plan."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from support.github_plans import DIAMOND, GITHUB, PLANS, SITE, WHOLE, able, chain
from support.plans import pipeline, plan, stage

from transpiler.program import Plan
from transpiler.targets import validate
from transpiler.targets.validate import Mistranslation

DIAMONDS = plan(DIAMOND)
CHAIN = plan(chain(stage("a", "echo one"), stage("b", "echo two")))
SIDE_BY_SIDE = plan(pipeline("test", *map(stage, "abc"), edges=(("a", "c"),)))


@dataclass(frozen=True)
class Mutation:
    """In the workflow of the plan (in one job, where `whole`), the first match of `old` becomes `new`."""

    what: str
    of: Plan
    old: str
    new: str
    whole: bool = False


STEP = r"      - name: {0}\n(?:        .*\n|\n)+"
MUTATIONS = (
    Mutation("a job needs nothing", DIAMONDS, r"    needs: \[build\]\n", ""),
    Mutation("a job needs one less", DIAMONDS, r"needs: \[unit, lint\]", "needs: [unit]"),
    Mutation("a job needs one more", DIAMONDS, r"(  lint:\n    name: lint\n    needs: )\[build\]", r"\1[build, unit]"),
    Mutation("a job needs what is not there", DIAMONDS, r"needs: \[build\]", "needs: [built]"),
    Mutation("a job runs after failures", DIAMONDS, r"(needs: \[build\]\n)", r"\1    if: always()\n"),
    Mutation("a job's failure does not count", DIAMONDS, r"(needs: \[build\]\n)", r"\1    continue-on-error: true\n"),
    Mutation("a job is not there", DIAMONDS, r"(?s)  end:\n.*", ""),
    Mutation("two steps change places", CHAIN, f"({STEP.format('a')})({STEP.format('b')})", r"\2\1"),
    Mutation("a step is missing", CHAIN, STEP.format("b"), ""),
    Mutation("a step comes twice", CHAIN, f"({STEP.format('b')})", r"\1\1"),
    Mutation("a step runs after failures", CHAIN, r"(        id: stage-b\n)", r"\1        if: always()\n"),
    Mutation("a step never runs", CHAIN, r"(        id: stage-b\n)", r"\1        if: ${{ false }}\n"),
    Mutation("a step's failure does not count", CHAIN, r"(id: stage-b\n)", r"\1        continue-on-error: true\n"),
    Mutation("a step runs elsewhere", CHAIN, r"(        id: stage-b\n)", r"\1        working-directory: x\n"),
    Mutation("another shell", CHAIN, r"(id: stage-b\n        shell: )sh", r"\1bash"),
    Mutation("a byte of a program", CHAIN, "echo two", "echo twp"),
    Mutation("a space in a program", CHAIN, "echo two", "echo  two"),
    Mutation("the end of a program", CHAIN, r"\n          echo two", ""),
    Mutation("commands of the runner are not stopped", CHAIN, r'          echo "::stop-commands::\$stop_token"\n', ""),
    Mutation("an expression in a program", CHAIN, "echo two", "echo ${{ github.token }}"),
    Mutation("the id of a step", CHAIN, "id: stage-b", "id: stage-x"),
    Mutation("a step without an id", CHAIN, r"        id: stage-b\n", ""),
    Mutation("two steps with one id", CHAIN, "id: stage-b", "id: stage-a"),
    Mutation("the id of a job", DIAMONDS, r"(?m)^  end:", "  1end:"),
    Mutation("another pipeline", CHAIN, "PIPELINE: test", "PIPELINE: tests"),
    Mutation("no change", CHAIN, r"  pull_request:\n", ""),
    Mutation("no merge", CHAIN, r"  push:\n    branches: .*\n", ""),
    Mutation("tags", CHAIN, r"(  push:\n)", r'\1    tags: ["**"]\n'),
    Mutation("a wait is missing", SIDE_BY_SIDE, STEP.format("wait for b"), "", whole=True),
    Mutation(
        "a wait for another",
        SIDE_BY_SIDE,
        r'until \[ -s "\$values/b.ended"',
        r'until [ -s "$values/a.ended"',
        whole=True,
    ),
    Mutation("a wait that fails to run", SIDE_BY_SIDE, r"!cancelled\(\) && steps.stage-b", "steps.stage-b", whole=True),
    Mutation("a start is missing", SIDE_BY_SIDE, STEP.format("start b"), "", whole=True),
    Mutation("a start of another", SIDE_BY_SIDE, r'background" b', 'background" a', whole=True),
    Mutation(
        "a byte of a program in the background",
        SIDE_BY_SIDE,
        "set -eu\n          END OF b",
        "set -u\n          END OF b",
        whole=True,
    ),
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_mutation_is_noticed(mutation: Mutation) -> None:
    files = GITHUB.emit(mutation.of, WHOLE if mutation.whole else SITE, frozenset())
    validate.validate(GITHUB, mutation.of, files, frozenset())
    (body,) = (file.body for file in files)
    changed, count = re.subn(mutation.old, mutation.new, body, count=1)
    assert count == 1, body
    with pytest.raises((Mistranslation, ValueError)):
        validate.validate(GITHUB, mutation.of, (replace(files[0], body=changed),), frozenset())


@pytest.mark.parametrize("name", PLANS)
def test_what_is_read_has_the_programs_byte_for_byte(name: str) -> None:
    files = {file.path: file.body for file in GITHUB.emit(PLANS[name], able(SITE), frozenset())}
    read = {pipeline.slug: dict(pipeline.scripts) for pipeline in GITHUB.read(files)}
    assert read == {
        one.slug: {s.slug: "\n".join(s.lines) for s in one.stages if s.lines} for one in PLANS[name].pipelines
    }
