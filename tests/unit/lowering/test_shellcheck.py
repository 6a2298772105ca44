"""Shellcheck reads programs of every kind, and every real config's: traps that running does not show."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ir_by_hand import lowered, own, profile, run_step, setup, stage, text

from transpiler.diagnostics import Diagnostics
from transpiler.driver import Request, understand
from transpiler.expressions import List, Loop, Ref, Source, Text
from transpiler.frontend.workflow import build
from transpiler.frontend.yaml import reader
from transpiler.lowering import lower
from transpiler.program import Plan

_TOOL = Path(sys.executable).with_name("shellcheck")
TOOL = str(_TOOL) if _TOOL.exists() else shutil.which("shellcheck")
pytestmark = pytest.mark.skipif(not TOOL, reason="needs shellcheck")

# Set by the engine, not here (SC2154); words that are meant to be split (SC2086, SC2046); texts that are to stay
# as they are (SC2016); loops over one word (SC2043, SC2066).
GOLDEN = Path(__file__).resolve().parents[3] / "golden"
ACCEPTED = "SC2154,SC2086,SC2046,SC2016,SC2043,SC2066"
ALPHABET = [*"abc", *" \n\t,;:|/.-*?[]\\'\"$`!~#=&<>(){}%", "\x01", "\x1f", "\x7f", "é", "😀", "$(id)", "\\n", "  "]
DELIMITERS = ["\n", " ", ",", "\n,", ";:", "\t", "\\", "*", "'", "]", "-", "", "\n\x01", " \n\t", "$", "\x7f", "%\n"]


def scripts(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every program of a plan, by name."""
    for pipeline in plan.pipelines:
        yield f"{pipeline.slug}.teardown", "\n".join(pipeline.teardown)
        if pipeline.deciding:
            yield f"{pipeline.slug}.changes", "\n".join((*pipeline.deciding.lines, 'echo "$runs"'))
        for program in pipeline.stages:
            yield f"{pipeline.slug}.{program.slug}", "\n".join(program.lines)
            if program.mail:
                # An engine's own mail step reads all three.
                lines = (*program.mail.compose, ': "$to" "$subject" "$body"', *program.mail.send)
                yield f"{pipeline.slug}.{program.slug}.mail", "\n".join(lines)


def checked(found: Iterator[tuple[str, str]], folder: Path, severity: str = "info") -> str:
    """What shellcheck says of these programs."""
    for name, script in found:
        (folder / f"{name}.sh").write_text(script + "\n", encoding="utf-8")
    files = sorted(str(p) for p in folder.glob("*.sh"))
    assert TOOL
    words = [TOOL, "--shell=dash", f"--severity={severity}", f"--exclude={ACCEPTED}", "--format=gcc", *files]
    return subprocess.run(words, capture_output=True, check=False).stdout.decode()


@pytest.mark.corpus
def test_every_real_config_is_lowered_and_found_sound(corpus: Path, tmp_path: Path) -> None:
    site = profile("wikimedia")
    lowered_some = 0
    for config in sorted(corpus.glob("*/.pipeline/config.yaml")):
        diagnostics = Diagnostics()
        document = reader.read(config.read_bytes(), ".pipeline/config.yaml", diagnostics)
        assert document
        built = build(document, site, config.parts[-3], None, diagnostics)
        if diagnostics.failed:
            continue
        lowered_some += 1
        folder = tmp_path / config.parts[-3]
        folder.mkdir()
        assert checked(scripts(lower(built.workflow, site)), folder) == "", config
    assert lowered_some > 20


@pytest.mark.parametrize("config", sorted(GOLDEN.glob("*/.pipeline/config.yaml")), ids=lambda p: p.parts[-3])
def test_every_golden_is_found_sound(config: Path, tmp_path: Path) -> None:
    own = config.with_name("profile.yaml")
    outcome = understand(Request(config.parents[1], ".pipeline/config.yaml", str(own) if own.is_file() else "default"))
    assert outcome.workflow
    assert outcome.profile
    assert checked(scripts(lower(outcome.workflow, outcome.profile)), tmp_path) == ""


# ---- random loops ----


def random_text(rng: random.Random, longest: int = 8) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(0, longest)))


def random_term(rng: random.Random, names: tuple[str, ...]) -> Text:
    """A text of literals, run-time values and tokens."""
    parts: list[str | Ref] = []
    for _ in range(rng.randint(0, 3)):
        default = random_text(rng, 4).replace("}", "") if rng.random() < 0.3 else ""
        choices: list[str | Ref] = [
            random_text(rng),
            own("a", default, "src"),
            own("b", default, "src"),
            setup("params.P", default),
            *(Ref(Source.LOOP, name, default=default) for name in names),
        ]
        part = rng.choice(choices)
        if parts and isinstance(part, str) and isinstance(last := parts[-1], str):
            parts[-1] = last + part
        elif part != "":
            parts.append(part)
    return Text(tuple(parts))


def random_loop(rng: random.Random, names: tuple[str, ...], depth: int) -> Loop[Text]:
    """A loop whose source may be a list that holds a loop."""
    own_names = tuple(rng.sample(["x", "y", "page", "IFS", "PATH", "run", "x-y"], rng.choice([1, 1, 1, 2, 3])))
    source: Text | List[Text]
    if depth and rng.random() < 0.4:
        source = random_list(rng, names, depth - 1)
    elif rng.random() < 0.3:
        source = text(own("a", stage="src"))
    else:
        source = random_term(rng, names)
    return Loop(own_names, source, rng.choice(DELIMITERS), random_term(rng, own_names))


def random_list(rng: random.Random, names: tuple[str, ...] = (), depth: int = 2) -> List[Text]:
    return List(
        tuple(
            random_loop(rng, names, depth) if rng.random() < 0.5 else random_term(rng, names)
            for _ in range(rng.randint(0, 3))
        )
    )


def test_random_loops_are_found_sound(tmp_path: Path) -> None:
    rng = random.Random(7)
    terms = [random_list(rng).items for _ in range(60)]
    found = (
        (str(i), "\n".join(lowered(stage("web", run_step(text("i"), *items))).stage("web").lines))
        for i, items in enumerate(terms)
    )
    assert checked(found, tmp_path, severity="error") == ""  # it warns of what is odd in the texts themselves
