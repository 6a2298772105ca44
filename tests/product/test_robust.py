"""Whatever the input, the compiler answers: no exception, no hang, no partial output.

Random bytes, random YAML and random mutations of the goldens' configs (and, where they are, of the configs in use out
there). A finding here is a bug whatever the input was.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
import yaml
from engines.fixtures import without
from hypothesis import strategies as st
from support import corpus
from support.drawing import holds
from support.repositories import CONFIG, make
from tools.fuzz.__main__ import edited
from tools.fuzz.subjects import SUBJECTS, seeds

from transpiler import report
from transpiler.driver import Request, compile_config

T = TypeVar("T")
SEEDS = st.integers(0, 2**32)
PROFILES = ("default", "podman", "wikimedia")
WORDS = tuple(
    """pipelines project concurrency name stages execution build run copy publish promote deploy exports trigger notify
    image tags variant arguments env credentials tail source destination archive $each $in $yield $merge $with test
    production true false 0 -1 1.5 ~ ${.imageID} ${test.imageID} ${setup.tag|x} ${x $${ [] {} <<""".split()  # noqa: SIM905
)


def answers(config: bytes, profile: str = "wikimedia") -> None:
    """Compiles for every target; all or nothing comes out, and what is said can be shown."""
    with tempfile.TemporaryDirectory() as directory:
        root = make(Path(directory), config)
        outcome = compile_config(Request(root, CONFIG, profile, project="team/ores"))
        assert bool(outcome.files) != outcome.failed
        report.text(outcome.diagnostics, outcome.sources).encode()


def test_random_bytes(count: int) -> None:
    def law(config: bytes) -> None:
        answers(config)

    holds(law, st.binary(max_size=400), cases=count)


def random_config(seed: int) -> object:
    """The same one for the same seed, made here: hypothesis would draw it more slowly than the compiler answers."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return random_node(chance, 4)
    names = chance.sample(("test", "publish", "x/y"), chance.randint(1, 3))
    return {"pipelines": {name: {"stages": _some(chance, 4, random_stage)} for name in names}}


def random_stage(chance: random.Random) -> object:
    if chance.random() < 0.5:
        return {"name": chance.choice(("test", "unit", "a b", "é")), "build": "test"}
    return {"name": "test", **_keys(chance, 4, 3)}


def random_node(chance: random.Random, depth: int) -> object:
    kind = chance.random()
    if depth and kind < 0.25:
        return _some(chance, 4, lambda _: random_node(chance, depth - 1))
    if depth and kind < 0.55:
        return _keys(chance, 5, depth)
    word = chance.choice(WORDS)
    return chance.choice((word, word, random_text(chance), chance.randint(-2, 200), True, False, None))


def random_text(chance: random.Random) -> str:
    """A few characters of any plane, but surrogates: no file holds those."""
    ranges = (range(0x7F), range(0x7F), range(0xD800), range(0xE000, 0x110000))
    return "".join(_some(chance, 6, lambda _: chr(chance.choice(chance.choice(ranges)))))


def _keys(chance: random.Random, most: int, depth: int) -> dict[str, object]:
    return dict(_some(chance, most, lambda _: (chance.choice(WORDS), random_node(chance, depth - 1))))


def _some(chance: random.Random, most: int, make: Callable[[random.Random], T]) -> list[T]:
    return [make(chance) for _ in range(chance.randint(0, most))]


def test_random_yaml(count: int) -> None:
    def law(config: object, profile: str) -> None:
        answers(yaml.dump(config, Dumper=yaml.CSafeDumper, allow_unicode=True).encode(), profile)

    holds(law, SEEDS.map(random_config), st.sampled_from(PROFILES), cases=count)


@pytest.fixture(scope="module")
def originals() -> tuple[bytes, ...]:
    """Configs to change, of this repository and of the corpus: whatever of the two is there."""
    found = [*sorted(corpus.ROOT.glob(f"golden/*/{CONFIG}")), *corpus.found(f"*/{CONFIG}")]
    return some(tuple(path.read_bytes() for path in found), "the configs of golden/, nor those of the corpus")


def some(inputs: tuple[bytes, ...], what: str) -> tuple[bytes, ...]:
    """The inputs; without any there is nothing to test."""
    if not inputs:
        without(f"there are neither {what}")
    return inputs


def mutated(original: bytes, chance: random.Random) -> bytes:
    """A few edits such as a person, a merge or a broken disk would make."""
    lines = original.split(b"\n")
    for _ in range(chance.randint(1, 4)):
        i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(8):
            case 0:
                lines[i] = lines[j]
            case 1:
                del lines[i]
                lines = lines or [b""]
            case 2:
                lines.insert(i, lines[j])
            case 3:
                lines[i] = b" " * chance.randrange(6) + lines[i].lstrip()
            case 4:
                at = chance.randrange(len(lines[i]) + 1)
                lines[i] = lines[i][:at] + bytes([chance.randrange(256)]) + lines[i][at:]
            case 5:
                word = chance.choice(WORDS).encode()
                lines[i] = lines[i].replace(lines[i].strip() or b"x", word)
            case 6:
                at = chance.randrange(len(lines[i]) + 1)
                lines[i] = lines[i][:at] + chance.choice(WORDS).encode() + lines[i][at + 1 :]
            case 7:
                key, colon, value = lines[i].partition(b":")
                lines[i] = key + colon + b" " + (lines[j].partition(b":")[2] if colon else value).strip()
    return b"\n".join(lines)


def test_mutations_of_real_configs(count: int, originals: tuple[bytes, ...]) -> None:
    def law(seed: int, profile: str) -> None:
        chance = random.Random(seed)
        answers(mutated(chance.choice(originals), chance), profile)

    holds(law, SEEDS, st.sampled_from(PROFILES), cases=count)


# As many each as fit in some seconds; values, and those of profiles, go through the compiler once for each.
RUNS = {
    "reader": 400,
    "text": 1000,
    "values": 100,
    "profile": 200,
    "profile_values": 300,
    "build_file": 200,
    "header": 400,
    "said": 600,
}


@pytest.mark.parametrize("subject", RUNS)
def test_no_reader_falls_over_any_bytes(subject: str) -> None:
    """The subjects of `tests/tools/fuzz`, each with a few edits of what it usually reads, and with bytes at random."""
    chance = random.Random(subject)
    inputs = some(tuple(seeds(subject)), f"files in golden/ nor in the corpus that `{subject}` reads")
    for _ in range(RUNS[subject]):
        data = edited(chance, inputs)
        try:
            SUBJECTS[subject](data)
        except Exception as error:
            error.add_note(f"the input: {data!r}")
            raise


def test_there_is_something_to_mutate(originals: tuple[bytes, ...]) -> None:
    assert len(originals) > 20


@pytest.mark.parametrize("there", [True, False])
def test_the_corpus_need_not_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool) -> None:
    """And where nothing at all is, that is said: an empty list to choose from would be an error of its own."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TRANSPIPE_CORPUS", str(tmp_path / "nowhere"))
    monkeypatch.setattr(corpus, "ROOT", corpus.ROOT if there else tmp_path)
    for subject in RUNS:
        if there:
            assert some(tuple(seeds(subject)), "x")
        else:
            with pytest.raises(pytest.skip.Exception, match="NOT TESTED: there are neither x"):
                some(tuple(seeds(subject)), "x")


@pytest.mark.parametrize("size", [100_000])
def test_long_texts_are_carried_or_refused(size: int) -> None:
    for text in ("x" * size, "'" * (size // 5), "${#x}" * (size // 5)):
        stage = {"name": "a", "build": "test", "run": {"arguments": [text], "env": {"A": text}}}
        answers(yaml.safe_dump({"pipelines": {"p": {"stages": [stage]}}}).encode())
