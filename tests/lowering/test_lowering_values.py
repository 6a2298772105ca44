"""Texts and loops as values that only the running pipeline knows: what the shell makes of them is what an evaluator
that shares no code with lowering says. Hundreds of programs share one shell process."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from ir_by_hand import SHELLS, lowered, own, run_step, setup, stage, text, token

from transpiler import ir
from transpiler.expressions import List, Loop, Ref, Source, Text, literal
from transpiler.quoting import sh

CASES = 350  # for each shell and seed
ALPHABET = [*"abc", *" \n\t,;:|/.-*?[]\\'\"$`!~#=&<>(){}%", "\x01", "\x1f", "\x7f", "é", "😀", "$(id)", "\\n", "  "]
DELIMITERS = ["\n", " ", ",", "\n,", ";:", "\t", "\\", "*", "'", "]", "-", "", "\n\x01", " \n\t", "$", "\x7f", "%\n"]

Values = dict[tuple[Source, str], str]


class TooFew(Exception):
    """A token has too few words for the names of its loop."""


# ---- the evaluator ----


def evaluate(items: List, values: Values, tokens: dict[str, str]) -> list[str]:
    """The items of a list, by LANGUAGE 1.11."""
    found: list[str] = []
    for item in items.items:
        if isinstance(item, Loop):
            found += evaluate_loop(item, values, tokens)
        else:
            assert isinstance(item, Text)
            found.append(evaluate_text(item, values, tokens))
    return found


def evaluate_loop(loop: Loop, values: Values, tokens: dict[str, str]) -> list[str]:
    """One item for each token."""
    if isinstance(loop.source, List):
        given = evaluate(loop.source, values, tokens)
    else:
        given = [""]
        for character in evaluate_text(loop.source, values, tokens):
            if character in loop.delimiter:
                given.append("")
            else:
                given[-1] += character
        given = [one for one in given if one]
    found: list[str] = []
    for one in given:
        words = [one] if len(loop.names) == 1 else [word for word in one.split(" ") if word]
        if len(words) < len(loop.names):
            raise TooFew
        inner = dict(zip(loop.names, words, strict=False))
        assert isinstance(loop.item, Text)
        found.append(evaluate_text(loop.item, values, inner))
    return found


def evaluate_text(given: Text, values: Values, tokens: dict[str, str]) -> str:
    """The text with everything filled in."""
    return "".join(
        part if isinstance(part, str)
        else (tokens[part.key] if part.source is Source.LOOP else values[part.source, part.key]) or part.default
        for part in given.parts
    )  # fmt: skip


# ---- random terms ----


def random_text(rng: random.Random, longest: int = 8) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(0, longest)))


def random_value(rng: random.Random) -> str:
    return random_text(rng, 25) if rng.random() < 0.8 else ""


def random_term(rng: random.Random, names: tuple[str, ...]) -> Text:
    """A text of literals, run-time values and tokens."""
    parts: list[str | Ref] = []
    for _ in range(rng.randint(0, 3)):
        default = random_text(rng, 4).replace("}", "") if rng.random() < 0.3 else ""
        choices: list[str | Ref] = [
            random_text(rng), own("a", default, "src"), own("b", default, "src"), setup("params.P", default),
            *(Ref(Source.LOOP, name, default=default) for name in names),
        ]  # fmt: skip
        part = rng.choice(choices)
        if parts and isinstance(part, str) and isinstance(last := parts[-1], str):
            parts[-1] = last + part
        elif part != "":
            parts.append(part)
    return Text(tuple(parts))


def random_loop(rng: random.Random, names: tuple[str, ...], depth: int) -> Loop:
    """A loop whose source may be a list that holds a loop."""
    own_names = tuple(rng.sample(["x", "y", "page", "IFS", "PATH", "run", "x-y"], rng.choice([1, 1, 1, 2, 3])))
    source: Text | List
    if depth and rng.random() < 0.4:
        source = random_list(rng, names, depth - 1)
    elif rng.random() < 0.3:
        source = text(own("a", stage="src"))
    else:
        source = random_term(rng, names)
    return Loop(own_names, source, rng.choice(DELIMITERS), random_term(rng, own_names))


def random_list(rng: random.Random, names: tuple[str, ...] = (), depth: int = 2) -> List:
    return List(tuple(
        random_loop(rng, names, depth) if rng.random() < 0.5 else random_term(rng, names)
        for _ in range(rng.randint(0, 3))
    ))  # fmt: skip


# ---- many programs in one shell ----

_PRELUDE = """
timeout() { shift 3; "$@"; }
docker() { [ "$1" != run ] || { shift 5; printf '%s\\0' "$@"; }; }
"""


def run_all(shell: str, programs: list[tuple[tuple[str, ...], Values]], folder: Path) -> list[tuple[int, list[str]]]:
    """Exit status and the words after `docker run --name … --label …` of each program."""
    script = [_PRELUDE]
    for i, (lines, values) in enumerate(programs):
        here = folder / str(i)
        here.mkdir()
        for key in ("a", "b"):
            (here / f"src.{key}").write_bytes(values[Source.STAGE, key].encode())
        program = "\n".join(lines)
        script.append(
            f"(\nvalues={here} run=r setup_params_P={sh(values[Source.SETUP, 'params.P'])}\n{program}\n)"
            f" > {here}/out 2> {here}/err; echo $? > {here}/status"
        )
    done = subprocess.run([*SHELLS[shell], "-s"], input="\n".join(script).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return [
        (int((folder / str(i) / "status").read_text()),
         (folder / str(i) / "out").read_bytes().decode().split("\0")[:-1])
        for i in range(len(programs))
    ]  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("seed", range(2), ids=lambda seed: f"seed {seed}")
def test_lists_mean_in_the_shell_what_the_language_says(shell: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    source = stage("src", ir.Export("a", text(setup("params.A"))), ir.Export("b", text(setup("params.B"))))
    terms, programs = [], []
    for _ in range(CASES):
        arguments = random_list(rng)
        values: Values = {
            (Source.STAGE, "a"): random_value(rng), (Source.STAGE, "b"): random_value(rng),
            (Source.SETUP, "params.P"): random_value(rng),
        }  # fmt: skip
        lines = lowered(source, stage("web", run_step(literal("image"), *arguments.items))).stage("web").lines  # type: ignore[arg-type]
        terms.append((arguments, values, lines))
        programs.append((lines, values))
    for (arguments, values, lines), (status, words) in zip(terms, run_all(shell, programs, tmp_path), strict=True):
        told = "\n".join(lines)
        try:
            expected = evaluate(arguments, values, {})
        except TooFew:
            assert status == 1, told
        else:
            assert status == 0, told
            assert words == ["image", *expected], f"{values}\n{told}"


def test_a_loop_over_lines_reads_like_one() -> None:
    loop = Loop(("page",), text(own("output", stage="src")), "\n", text("--page=", token("page")))
    program = lowered(stage("src", run_step(literal("i"), tail=-1)), stage("web", run_step(literal("i"), loop)))
    assert program.stage("web").lines[4:9] == (
        "set --",
        'while IFS= read -r page || [ -n "$page" ]; do',
        '    [ -n "$page" ] || continue',
        '    set -- "$@" "--page=$page"',
        'done < "$values/src.output"',
    )


def test_values_that_end_in_newlines_are_read_whole() -> None:
    export = ir.Export("x", text("<", own("a", stage="src"), own("b", stage="src"), ">"))
    first = stage("src", ir.Export("a", text(setup("params.A"))), ir.Export("b", text("b", setup("tag"))))
    assert lowered(first, stage("web", export)).stage("web").lines[1:3] == (
        'src_a=$(cat "$values/src.a" && echo .); src_a=${src_a%.}',
        'src_b=$(cat "$values/src.b")',
    )


def test_names_that_mean_something_to_the_shell_are_not_taken() -> None:
    exports = [ir.Export(name, text(setup("params.A"))) for name in ("PATH", "run", "a-b", "a.b", "setup_x", "iid")]
    reads = [ir.Export(f"r{i}", text(own(e.name), "!")) for i, e in enumerate(exports)]
    lines = lowered(stage("web", *exports, *reads)).stage("web").lines
    assigned = [line.split("=")[0] for line in lines if "=" in line and not line.startswith("printf")]
    assert assigned == ["value_PATH", "value_run", "a_b", "value_a_b", "value_setup_x", "iid"]
    assert "web.iid-2" in "\n".join(lines)
