"""Small configs that ask for much: each ends, within bounds of memory and processor time that the kernel keeps."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from transpiler.frontend.yaml.decode import MAX_BYTES

# The address space that the compiler may take, and what it may hold at most: several times what a usual config does.
SPACE, HELD, SECONDS = 2 << 30, 700 << 20, 60
_PROGRAM = """
import resource, sys
from pathlib import Path
from transpiler import report
from transpiler.driver import Request, compile_config
outcome = compile_config(Request(Path(sys.argv[1]), ".pipeline/config.yaml", "wikimedia", project="team/ores"))
text = report.text(outcome.diagnostics, outcome.sources)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(peak, len(text), *sorted({d.code for d in outcome.diagnostics if d.severity.value == "error"}))
"""


def stages(*stages: str) -> str:
    return f"pipelines: {{p: {{stages: [{', '.join(stages)}]}}}}\n"


def unit(arguments: str) -> str:
    return stages(f"{{name: u, build: t, run: {{arguments: {arguments}}}}}")


def nested(inner: str, start: str, end: str, depth: int) -> str:
    return start * depth + inner + end * depth


EACH = unit(nested("x", "{$each: t, $in: [a, b], $yield: ", "}", 30))
SOURCES = unit(nested("[a, b]", "{$each: t, $in: ", ", $yield: ['${.t}', '${.t}']}", 30))
ALIASES = "a0: &a0 [x, x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
MERGED = (
    "m0: &m0 [x, x]\n"
    + "".join(f"m{i}: &m{i} {{$merge: *m{i - 1}, $with: *m{i - 1}}}\n" for i in range(1, 40))
    + unit("*m39")
)
MANY = "pipelines:\n" + "".join(f"  p{i}: {{stages: [{{name: a}}, {{name: b, build: t}}]}}\n" for i in range(3000))
ARCS = "pipelines: {{p: {{stages: [{}], execution: [{}]}}}}\n".format(
    ", ".join(f"{{name: s{i}, build: t}}" for i in range(200)),
    ", ".join(f"[s{i}, s{j}]" for i in range(100) for j in range(100, 200)),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        pytest.param(EACH, id="each in the yield of each"),
        pytest.param(SOURCES, id="each over each"),
        pytest.param(ALIASES, id="aliases of aliases"),
        pytest.param(MERGED, id="a list merged with itself, again and again"),
        pytest.param(unit("[" + ", ".join(["'${setup.tag}'"] * 20_000) + "]"), id="many references"),
        pytest.param(unit("['" + "${setup.tag}" * 50_000 + "']"), id="a text of many references"),
        pytest.param(unit(f"[{'x' * 900_000}]"), id="a long text"),
        pytest.param(unit("['" + "''" * 400_000 + "']"), id="a text of quotes"),
        pytest.param(stages("{" + "k" * 900_000 + ": 1}"), id="a long key"),
        pytest.param(stages("{name: " + "n" * 900_000 + "}"), id="a long name"),
        pytest.param(unit(nested("x", "[", "]", 95)), id="lists as deep as they may be"),
        pytest.param(unit(nested("x", "{$merge: ", ", $with: []}", 45)), id="merges as deep as they may be"),
        pytest.param(MANY, id="many pipelines"),
        pytest.param(stages(*(f"{{name: s{i}, build: t}}" for i in range(3000))), id="many stages"),
        pytest.param(ARCS, id="many arcs"),
        pytest.param("?" * 900_000, id="one character, a mebibyte of it"),
        pytest.param("&a " * 300_000, id="anchors without end"),
    ],
)
def test_it_ends_in_bounded_memory(tmp_path: Path, config: str) -> None:
    assert len(config) < MAX_BYTES
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / ".pipeline/config.yaml").write_text(config)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    words = [sys.executable, "-c", _PROGRAM, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, check=False, preexec_fn=limited)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    peak, said, *codes = done.stdout.decode().split()
    assert int(peak) < HELD
    assert int(said) < 4 * MAX_BYTES
    assert codes
