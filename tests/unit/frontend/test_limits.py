"""Every limit of the reader, each in a process of its own: a composer that recurses too deeply dies by a signal."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from transpiler.diagnostics import Diagnostics
from transpiler.frontend.yaml.reader import read
from transpiler.frontend.shape.schema import check
found = Diagnostics()
document = read(sys.stdin.buffer.read(), "config.yaml", found)
if document:
    check(document, "config", found)
print(*sorted({d.code for d in found}), sep=" ")
"""


def _codes(data: bytes) -> list[str]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode().split()


_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
_MERGE_BOMB = "m0: &m0 {k: 1}\n" + "".join(f"m{i}: &m{i} {{<<: *m{i - 1}, k{i}: 1}}\n" for i in range(1, 20_000))
_LONG_CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300))
_TEXT_BOMB = f"a: &a {'x' * 500_000}\nb: [{', '.join(['*a'] * 90_000)}]\n"
_WRONG_ITEMS = f"pipelines: [{', '.join(['{}'] * 40_000)}]\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("[" * 30_000, "too-deep", id="brackets that would overflow the C stack"),
        pytest.param("- " * 30_000, "too-deep", id="nested block lists"),
        pytest.param("{a: " * 30_000, "too-deep", id="nested flow mappings"),
        pytest.param("? " * 30_000, "too-deep", id="nested keys"),
        pytest.param("[" * 101 + "]" * 101, "too-deep", id="one level more than allowed"),
        pytest.param(_LONG_CHAIN, "too-deep", id="levels that only aliases add"),
        pytest.param("[" + "a," * 100_001 + "]", "too-large", id="too many values as written"),
        pytest.param(_BOMB, "too-large", id="billions of values through aliases"),
        pytest.param(_MERGE_BOMB, "too-large", id="mappings that merge each other in turn"),
        pytest.param(_TEXT_BOMB, "too-large", id="gigabytes of text through aliases"),
        pytest.param("a" * (1 << 20) + "b", "file-too-large", id="one byte more than a mebibyte"),
        pytest.param(
            "concurrency: " + "9" * 10_000 + "\n", "missing-key", id="a number that Python refuses to convert"
        ),
        pytest.param("concurrency: 1e999999\n", "missing-key wrong-type", id="a number beyond every float"),
        pytest.param(_WRONG_ITEMS, "wrong-type", id="a long list where a mapping belongs"),
    ],
)
def test_ends_with_a_diagnostic(text: str, code: str) -> None:
    assert _codes(text.encode()) == code.split()


def test_a_hundred_levels_are_read() -> None:
    assert _codes(("[" * 99 + "x" + "]" * 99).encode()) == ["wrong-type"]


def test_a_thousand_pipelines_are_checked() -> None:
    stages = "[{name: test}, {name: candidate, build: production, publish: {image: true}}]"
    pipelines = (f"  p{i}: {{stages: {stages}}}\n" for i in range(1000))
    assert _codes(f"pipelines:\n{''.join(pipelines)}".encode()) == []
