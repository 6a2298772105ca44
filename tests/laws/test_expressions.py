"""A term of the value language has the same result at compile time, if all is known, as in the emitted shell where
nothing is, byte for byte; and both are what the language's page says.

Two pipelines hold each term, alike but for the stage `src`, whose exports the one writes down and the other takes from
parameters of the run: whole configs through reader, schema, front end and lowering, hundreds of programs in one shell.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import strategies as st
from support import terms
from support.drawing import drawn
from support.terms import Case

from transpiler import ir
from transpiler.diagnostics import Diagnostics, Severity
from transpiler.expressions import Text, Value
from transpiler.frontend.profiles import load
from transpiler.frontend.shape import schema
from transpiler.frontend.values import evaluate
from transpiler.frontend.values.references import parse
from transpiler.frontend.workflow import build
from transpiler.frontend.yaml.reader import read
from transpiler.lowering import flow, lists, lower, program_scope, words
from transpiler.quoting import sh

SHELLS = [[name, *rest] for name, *rest in (["dash"], ["bash", "--posix"], ["busybox", "sh"]) if which(name)]
AT_ONCE = 100  # cases in one config
IN_ONE_SHELL = 500
FEW = 60
"""To notice what is broken: a fifth of what the quick phase asks about."""
PARAMETER = {name: name.upper() for name in terms.SOURCES}
CASES = st.integers(0, 2**48).map(terms.case)

Told = Callable[[str, object], None]


class Result(NamedTuple):
    """What the stage `web` gives to `docker run` after the label, and what it exports."""

    words: tuple[str, ...]
    exports: tuple[tuple[str, str], ...]


class Twins(NamedTuple):
    """What the compiler made of one case. `known`: folded, None where it was refused; `programs`: of `src` and `web`
    where the values are known only when it runs, empty where that was refused."""

    case: Case
    known: Result | None
    programs: tuple[str, ...]


# ---- compiled ----


def compiled(cases: Sequence[Case]) -> Iterator[Twins]:
    """All of them."""
    for at in range(0, len(cases), AT_ONCE):
        yield from _compiled(cases[at : at + AT_ONCE])


def _compiled(cases: Sequence[Case]) -> Iterator[Twins]:
    pipelines = {f"{kind}{i}": _pipeline(case, kind) for i, case in enumerate(cases) for kind in ("known", "late")}
    said = Diagnostics()
    text = yaml.dump({"pipelines": pipelines}, Dumper=yaml.CSafeDumper, default_style='"', width=2**30, sort_keys=False)
    document, profile = read(text.encode(), "config.yaml", said), load.load("default", None, said)
    assert document, list(said)
    assert profile
    assert schema.check(document, "config", said), list(said)[:3]
    made = build(document, profile, "team/app", None, said).whole
    assert {d.code for d in said if d.severity is Severity.ERROR} <= {"each-too-few"}, list(said)[:3]
    whole = {p.name: p for p in made.pipelines}
    plan = {p.name: p for p in lower(made, profile).pipelines}
    for i, case in enumerate(cases):
        known, late = whole.get(f"known{i}"), plan.get(f"late{i}")
        lines = ["\n".join(late.stage(name).lines) for name in ("src", "web")] if late else []
        yield Twins(case, _folded(known) if known else None, tuple(lines))


def _pipeline(case: Case, kind: str) -> dict[str, Any]:
    exports = {
        name: f"${{setup.params.{PARAMETER[name]}}}"
        if kind == "late" and name in case.late
        else terms.written(terms.Lit(value))
        for name, value in case.values
    }
    run = {"image": "image", "env": terms.written(case.env), "arguments": terms.written(case.arguments)}
    web = {"name": "web", "run": run, "exports": {name: terms.written(term) for name, term in case.exports}}
    return {"stages": [{"name": "src", "exports": exports}, web]}


def _folded(pipeline: ir.Pipeline) -> Result:
    web = pipeline.stages[1]
    (run,) = (step for step in web.steps if isinstance(step, ir.Run))
    env = [item for item in run.env.items if isinstance(item, ir.Variable)]
    return Result(
        (
            *(word for item in env for word in ("--env", f"{_known(item.name)}={_known(item.value)}")),
            _known(run.image),
            *(_known(item) for item in run.arguments.items),
        ),
        tuple((step.name, _known(step.value)) for step in web.steps if isinstance(step, ir.Export)),
    )


def _known(found: Value | object) -> str:
    assert isinstance(found, Text), found
    assert found.literal is not None, f"not folded: {found}"
    return found.literal


# ---- run ----

_PRELUDE = """
timeout() { shift 3; "$@"; }
docker() { [ "$1" != run ] || { shift 5; printf '%s\\0' "$@"; }; }
"""


def ran(shell: list[str], made: Sequence[Twins], folder: Path) -> Iterator[Result | None]:
    """What each program did in the shell; None where it failed."""
    script = [_PRELUDE]
    for i, twin in enumerate(made):
        here = folder / str(i)
        here.mkdir(parents=True)
        given = " ".join(f"setup_params_{PARAMETER[n]}={sh(v)}" for n, v in twin.case.values if n in twin.case.late)
        src, web = (f"(\n{program}\n)" for program in twin.programs)
        script += [
            f"unset setup_params_A setup_params_B setup_params_C; values={here} run=r {given}",
            f"{{ {src}; {web}; }} > {here}/out 2> {here}/err; echo $? > {here}/ok",
        ]
    text = "\n".join(script).encode()
    done = subprocess.run([*shell, "-s"], input=text, capture_output=True, check=False, timeout=300, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    for i, twin in enumerate(made):
        here = folder / str(i)
        if (here / "ok").read_text() != "0\n":
            assert b"too few words" in (here / "err").read_bytes(), twin
            yield None
        else:
            assert not (here / "err").read_bytes(), twin
            exports = tuple((name, (here / f"web.{name}").read_bytes().decode()) for name, _ in twin.case.exports)
            yield Result(tuple((here / "out").read_bytes().decode().split("\0")[:-1]), exports)


_ALWAYS = {"src.stage": "src", "web.stage": "web", ".stage": "web", "stage": "web", "setup.project": "team/app"}


def meant(case: Case) -> Result | None:
    """By the language's page; None where some token has too few words."""
    bound = {f"src.{name}": value for name, value in case.values} | _ALWAYS
    try:
        env, arguments = terms.entries(case.env, bound), terms.items(case.arguments, bound)
    except terms.TooFew:
        return None
    exports: dict[str, str] = {}
    for name, term in case.exports:
        exports[name] = terms.text(term, bound)
        bound |= {f".{name}": exports[name], name: exports[name]}
    given = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    return Result((*given, "image", *arguments), tuple(exports.items()))


def law(shell: list[str], made: Sequence[Twins], folder: Path) -> None:
    """Holds for all of them, or fails with the first for which it does not."""
    runnable = [twin for twin in made if twin.programs]
    results: dict[int, Result | None] = {}
    for at in range(0, len(runnable), IN_ONE_SHELL):
        some = runnable[at : at + IN_ONE_SHELL]
        results |= zip(map(id, some), ran(shell, some, folder / str(at)), strict=True)
    for twin in made:
        expected = meant(twin.case)
        assert twin.known == expected, f"folded\n{_told(twin)}"
        assert results.get(id(twin)) == expected, f"run\n{_told(twin)}"


def _told(twin: Twins) -> str:
    return "\n".join((str(twin.case), *twin.programs))


@cache  # the same for each shell
def twins(count: int) -> tuple[Twins, ...]:
    return tuple(compiled(drawn(CASES, lambda *_: None, count)))


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"run by {shell[0]}")
def test_a_term_means_the_same_whenever_it_is_computed(
    shell: list[str], tmp_path: Path, count: int, record_property: Told
) -> None:
    law(shell, twins(count), tmp_path)
    drawn(CASES, record_property, count)


def test_the_cases_are_of_every_kind(count: int) -> None:
    """Few are refused, most have something to compute, and every form is among them often."""
    made = twins(count)
    assert count / 100 < sum(twin.known is None for twin in made) < count / 5
    programs = "\n".join(program for twin in made for program in twin.programs)
    for form in ("while IFS= read -r", "set -f", "take_", ":-", "; src_", "IFS=$(printf", "for token in", "unset IFS"):
        assert programs.count(form) > count / 40, form


# ---- the law notices ----

BROKEN = (
    ("a value loses its last newline", program_scope, "read_file", lambda name, file, **_: f"{name}=$(cat {file})"),
    ("newlines are not followed", flow, "_may_end_in_newline", lambda *_: False),
    ("a default is for what is unset alone", words, "sh_double", lambda text: text.replace('"', '\\"')),
    ("an unset value stays unset", words, "_with_default", lambda resolved, _: resolved),
    ("every delimiter is a newline", lists, "_set_ifs", lambda _: ("IFS='\n'",)),
    ("a dollar escapes nothing", evaluate, "parse", lambda text: parse(text.replace("$${", "${#"))),
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken[0])
def test_the_law_notices(
    broken: tuple[str, object, str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, owner, name, by = broken
    monkeypatch.setattr(owner, name, by)
    with pytest.raises(AssertionError):
        law(SHELLS[0], tuple(compiled(drawn(CASES, lambda *_: None, FEW))), tmp_path)
