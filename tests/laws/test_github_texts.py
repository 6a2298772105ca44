"""What a config, an event or a container says comes out of GitHub's runner as it was, or does nothing there.

The runner replaces `${{ … }}` in each text of a workflow before a shell sees it, and takes lines that a program prints,
such as `::add-mask::x`, for commands. The laws are asked of act, which does both: one run for all cases of a law.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from engines import github_events as events
from engines.github_act import Given
from hypothesis import strategies as st
from support import github_runs
from support.archive_names import NAMES
from support.drawing import CASES, drawn, texts
from support.github_plans import SITE, WHOLE, called, chain
from support.plans import pipeline, plan, stage

from transpiler.program import Archive, StageProgram
from transpiler.quoting import sh, sh_double, yaml_line
from transpiler.targets.github import names, scripts

pytestmark = pytest.mark.engine
Told = Callable[[str, object], None]
NAMED = 100
"""Each name is a step, and takes its time."""
SECRETS = Given({"X": "the-secret", "TOKEN": "the-token"}, {"X": "a variable"})
# The contexts and functions of GitHub's, closed and not.
OPENING = st.sampled_from(
    ["${{", "${{ secrets.X }}", "${{github.token}}", "${{ '", "' }}", "}}", "$${{", "${{ format('{0}', 1) }}", "{{"]
)
expressions = st.one_of(texts, st.lists(st.one_of(OPENING, texts), min_size=1, max_size=5).map("".join))
"""Texts in which GitHub would find more than they say."""


def lines(cases: Sequence[str], quoted: Callable[[str], str]) -> list[str]:
    return [f"printf '%s\\0' {quoted(text)} >> \"$OUT\"" for text in cases]


def written(made: StageProgram) -> list[str]:
    """The texts that the program has written to `$OUT`, each with a NUL behind it."""
    where = github_runs.machine()
    out = where.repository.parent / "out"
    program = replace(made, lines=(f"OUT={sh(str(out))}", *made.lines))
    done = github_runs.run(plan(chain(program)), SITE, given=SECRETS, on=where)
    assert done.jobs == {"test": "success"}, done.output[-2000:]
    return out.read_bytes().decode().split("\0")[:-1]


def test_a_text_in_a_program_is_itself(record_property: Told) -> None:
    cases = drawn(expressions, record_property, CASES)
    assert written(replace(stage("a"), lines=tuple(lines(cases, sh)))) == cases


def test_a_text_between_double_quotes_is_itself(record_property: Told) -> None:
    cases = drawn(expressions, record_property, CASES)
    assert written(replace(stage("a"), lines=tuple(lines(cases, lambda t: f'"{sh_double(t)}"')))) == cases


def test_a_text_of_a_workflow_is_itself(record_property: Told) -> None:
    """As the value of a variable, of which one step can have thousands; names are read in the same way."""
    cases = drawn(expressions, record_property, CASES)
    where = github_runs.machine()
    out = where.repository.parent / "out"
    env = "".join(f"          T{i}: {yaml_line(names.literal(text))}\n" for i, text in enumerate(cases))
    body = (
        "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - shell: sh\n        env:\n{env}        run: {yaml_line(f'env -0 > {out}')}\n"
    )
    done = github_runs.run_text(body, where, given=SECRETS)
    assert done.jobs == {"test": "success"}, done.output[-2000:]
    found = dict(one.split("=", 1) for one in out.read_bytes().decode().split("\0")[:-1])
    assert [found[f"T{i}"] for i in range(len(cases))] == cases


def test_a_name_is_shown_as_it_is(record_property: Told) -> None:
    cases = [" ".join(text.split()) for text in drawn(expressions, record_property, NAMED)]
    wanted = [text for text in dict.fromkeys(cases) if text]
    stages = [replace(called(f"s{i}", text), lines=()) for i, text in enumerate(wanted)]
    done = github_runs.run(plan(chain(*stages)), SITE, given=SECRETS)
    assert done.jobs == {"test": "success"}, done.output[-2000:]
    assert [name for name in done.steps["test"] if name not in ("checkout", "begin", "teardown")] == wanted


# Without `${{`: act evaluates it in the variables that the harness sets as GitHub would.
BRANCHES = ("$(id)", "a'b\"c", "`id`", "%0Aset-output", "é;rm&|<>", "{{x}}")


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_and_a_tag_are_themselves(name: str) -> None:
    reader = stage("a", 'printf "%s|%s|%s\\n" "$setup_branch" "$setup_tag" "$ZUUL_REF"', setup=("branch", "tag"))
    made = plan(chain(replace(reader, environment=("ZUUL_REF",))))
    asked = events.change(head=name, base=name, title=f"::error::{name}\n::add-mask::x")
    wanted = (
        (events.push(name), f"{name}||refs/heads/{name}\n"),
        (events.tag(name), f"|{name}|refs/tags/{name}\n"),
        (asked, f"{name}||refs/pull/7/merge\n"),
    )
    for event, text in wanted:
        assert github_runs.run(made, SITE, event).logs["test"].endswith(text), event.name


WORDS = st.text("abcdefghijklmnop", min_size=6, max_size=9)
COMMANDS = st.sampled_from(
    [
        "::add-mask::{0}",
        "::set-output name={0}::x",
        "::set-env name={0}::evil",
        "::add-path::/{0}",
        "::save-state name={0}::x",
        "::stop-commands::{0}",
        "::error file={0}::x",
        "::group::{0}",
        "::add-matcher::{0}",
        "##[add-mask]{0}",
        "##[set-env name={0};]evil",
        "##[command]{0}",
        "%0A::add-mask::{0}",
        "::{0}::",
    ]
)
printed = st.builds(lambda command, word: (command.format(word), word), COMMANDS, WORDS)


def test_what_a_program_prints_commands_nothing(record_property: Told) -> None:
    commands_nothing(record_property, side_by_side=False)


def test_what_a_program_in_the_background_prints_commands_nothing(record_property: Told) -> None:
    commands_nothing(record_property, side_by_side=True)


def commands_nothing(told: Told, *, side_by_side: bool) -> None:
    """A word that was masked would be shown as `***` from then on, also by the steps behind it."""
    cases = drawn(printed, told, CASES)
    said = stage("a", *(f"echo {sh(line)}" for line, _ in cases))
    after = stage("z", *(f"echo {sh(word)}" for _, word in cases), "env")
    first = (said, stage("b")) if side_by_side else (said,)
    made = pipeline("test", *first, after, edges=tuple((one.name, "z") for one in first))
    done = github_runs.run(plan(made), WHOLE, given=SECRETS)
    assert done.jobs == {"test": "success"}, done.output[-2000:]
    log = done.logs["test"].splitlines()
    assert [line for line, _ in cases] == [line for line in log if line in {one for one, _ in cases}][: len(cases)]
    words = {word for _, word in cases}
    assert words <= set(log), "a word that a program printed was masked"
    assert not [line for line in log if line.endswith("=evil")], "a program set a variable"
    (path,) = (line for line in log if line.startswith("PATH="))
    assert not words.intersection(re.split("[/:]", path)), "a program extended PATH"


def test_archived_files_keep_their_names_and_bytes() -> None:
    where = github_runs.machine()
    kept = [name for name in NAMES if not scripts.is_refused(name)]
    makes = [f"mkdir -p {sh(f'./{name}.d')}; echo {sh(name)} > {sh(f'./{name}.d/{name}')}" for name in kept]
    archives = tuple(Archive(f"{name}.d/{name}", directory=False) for name in kept)
    done = github_runs.run(plan(chain(stage("a", *makes, archives=archives))), SITE, on=where)
    assert done.jobs == {"test": "success"}, done.output[-2000:]
    place = where.artifacts / "a"
    found = {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*") if path.is_file()}
    assert found == {f"{name}.d/{name}": f"{name}\n" for name in kept}
