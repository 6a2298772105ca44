"""Feeds the subjects: `cd tests && python -m tools.fuzz --runs 1000 reader`. README.md here says how."""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tools.fuzz.choices import WORDS
from tools.fuzz.subjects import SUBJECTS, seeds

_YAML = (b"- ", b": ", b"&a ", b"*a", b"<<: ", b"{", b"}", b"[", b"]", b"\n", b"  ", b"|\n", b"!!str ", b"%YAML")
_KEYS = tuple(
    f"{word}: ".encode()
    for word in """pipelines stages name build run copy publish promote deploy exports trigger notify execution variants
    image tags variant arguments env credentials tail $each $in $yield $merge $with $delimiter blubberfile dockerfile
    directory events concurrency excludes context source destination archive extends targets registry""".split()  # noqa: SIM905
)
TOKENS = (*(word.encode() for word in WORDS if word.isprintable() and word), *_YAML, *_KEYS)


def main() -> None:
    """One subject after another; the first finding ends it, with the input kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subject", nargs="+", choices=list(SUBJECTS))
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where findings are kept")
    parser.add_argument("--atheris", action="store_true", help="let coverage guide it (one subject)")
    asked = parser.parse_args()
    for name in asked.subject:
        if asked.atheris:
            guided(name, asked.runs, asked.keep)
        began, used = time.monotonic(), time.process_time()
        unguided(name, asked.runs, asked.seed, asked.keep)
        spent = f"{time.monotonic() - began:.0f} s, {time.process_time() - used:.0f} s of one processor"
        print(f"{name}: {asked.runs} inputs in {spent}, nothing found", flush=True)


def unguided(name: str, runs: int, seed: int, keep: Path) -> None:
    """Random edits of what the subject usually reads, and random bytes for those that take them as choices."""
    chance, originals = random.Random(f"{name} {seed}"), tuple(seeds(name))
    if not originals:
        sys.exit(f"{name}: there is no file that it reads, neither in golden/ nor in the corpus")
    for number in range(runs):
        data = edited(chance, originals)
        try:
            SUBJECTS[name](data)
        except BaseException:
            found = keep / f"{name}-{seed}-{number}"
            found.write_bytes(data)
            traceback.print_exc()
            sys.exit(f"{name}: input {number} is kept as {found}")


def edited(chance: random.Random, originals: tuple[bytes, ...]) -> bytes:
    """A piece of an original (or nothing) with a few edits, or bytes at random."""
    if not originals or chance.random() < 0.2:
        return chance.randbytes(chance.randrange(300))
    data = bytearray(chance.choice(originals))
    if chance.random() < 0.3:
        start = chance.randrange(len(data) + 1)
        data = data[start : start + chance.randrange(600)]
    for _ in range(1 << chance.randrange(4)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((0, 0, 1, 1, 4, 30)))
        kind = chance.randrange(4)
        if kind == 0:
            data[at:end] = chance.randbytes(chance.randrange(4))
        elif kind == 1:
            data[at:end] = chance.choice(TOKENS)
        elif kind == 2:
            other = chance.choice(originals)
            start = chance.randrange(len(other) + 1)
            data[at:end] = other[start : start + chance.randrange(80)]
        else:
            data[at:end] = data[at:end] * chance.randrange(4)
    return bytes(data)


def _token(token: bytes) -> str:
    """A line of libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"\n'


def guided(name: str, runs: int, keep: Path) -> None:
    """Atheris, which stops the process itself after so many runs or with a finding."""
    atheris = importlib.import_module("atheris")  # has no types, and is not among what tests need

    found = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=keep))
    for number, seed in enumerate(seeds(name)):
        (found / f"seed-{number}").write_bytes(seed)
    tokens = found.with_suffix(".dict")
    tokens.write_text("".join(_token(token) for token in TOKENS))
    atheris.instrument_all()
    subject: Callable[[bytes], None] = SUBJECTS[name]
    words = [sys.argv[0], f"-runs={runs}", "-max_len=4000", f"-dict={tokens}", f"-artifact_prefix={found}/", str(found)]
    atheris.Setup(words, subject)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
