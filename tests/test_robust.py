"""Whatever the input, the compiler answers: no exception, no hang, no partial output.

Random bytes, random YAML and random mutations of the goldens' configs (and, where they are, of the configs in use out
there). A finding here is a bug whatever the input was.
"""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path

import pytest
import yaml
from fuzz.__main__ import edited
from fuzz.subjects import SUBJECTS, seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repositories import CONFIG, make

from transpiler import report
from transpiler.driver import Request, compile_config

ROOT = Path(__file__).resolve().parents[1]
MANY = settings(max_examples=1700, deadline=None, suppress_health_check=list(HealthCheck))
PROFILES = ("default", "wikimedia")
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


@MANY
@given(st.binary(max_size=400))
def test_random_bytes(config: bytes) -> None:
    answers(config)


NODES: st.SearchStrategy[object] = st.recursive(
    st.sampled_from(WORDS) | st.text(max_size=6) | st.integers(-2, 200) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)
STAGES = st.lists(
    st.dictionaries(st.sampled_from(WORDS), NODES, max_size=4).map(lambda d: {"name": "test", **d})
    | st.fixed_dictionaries({"name": st.sampled_from(["test", "unit", "a b", "é"]), "build": st.just("test")}),
    max_size=4,
)
CONFIGS = NODES | st.fixed_dictionaries(
    {
        "pipelines": st.dictionaries(
            st.sampled_from(["test", "publish", "x/y"]), st.fixed_dictionaries({"stages": STAGES})
        )
    }
)


@MANY
@given(CONFIGS, st.sampled_from(PROFILES))
def test_random_yaml(config: object, profile: str) -> None:
    answers(yaml.safe_dump(config, allow_unicode=True).encode(), profile)


@cache
def originals() -> tuple[bytes, ...]:
    corpus = ROOT.parent / "shared" / "corpus"
    places = [*sorted(ROOT.glob("golden/*")), *sorted(corpus.glob("*"))]
    return tuple((place / CONFIG).read_bytes() for place in places if (place / CONFIG).exists())


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


@MANY
@given(st.integers(0, 2**32), st.sampled_from(PROFILES))
def test_mutations_of_real_configs(seed: int, profile: str) -> None:
    chance = random.Random(seed)
    answers(mutated(chance.choice(originals()), chance), profile)


# As many each as fit in some seconds; the values go through the compiler once for each.
RUNS = {"reader": 400, "text": 1000, "values": 100, "profile": 200, "build_file": 200, "header": 400, "said": 600}


@pytest.mark.parametrize("subject", RUNS)
def test_no_reader_falls_over_any_bytes(subject: str) -> None:
    """The subjects of `tests/fuzz`, each with a few edits of what it usually reads, and with bytes at random."""
    chance, originals = random.Random(subject), tuple(seeds(subject))
    for _ in range(RUNS[subject]):
        data = edited(chance, originals)
        try:
            SUBJECTS[subject](data)
        except Exception as error:
            error.add_note(f"the input: {data!r}")
            raise


def test_there_is_something_to_mutate() -> None:
    assert len(originals()) > 20


@pytest.mark.parametrize("size", [100_000])
def test_long_texts_are_carried_or_refused(size: int) -> None:
    for text in ("x" * size, "'" * (size // 5), "${#x}" * (size // 5)):
        stage = {"name": "a", "build": "test", "run": {"arguments": [text], "env": {"A": text}}}
        answers(yaml.safe_dump({"pipelines": {"p": {"stages": [stage]}}}).encode())
