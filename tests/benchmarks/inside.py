"""`python tests/benchmarks/inside.py usual|pipelines|stages DIRECTORY NUMBER`: seconds of compiling in one process.

`usual`: so many repositories one after another, each with all targets. The others: front end, graph and lowering of one
config, which no engine could hold. Prints one number; imports and what is read only once do not count.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import configs  # noqa: E402
from transpiler.driver import Request, compile_config, understand  # noqa: E402
from transpiler.lowering import lower  # noqa: E402

PROFILE = ".pipeline/profile.yaml"


def usual(place: Path, number: int) -> float:
    """Of all repositories."""
    roots = [configs.repository(place / str(n), n) for n in range(number + 1)]
    compile_config(Request(roots[-1], configs.CONFIG, str(roots[-1] / PROFILE)))
    begin = time.perf_counter()
    for root in roots[:-1]:
        outcome = compile_config(Request(root, configs.CONFIG, str(root / PROFILE)))
        assert outcome.files
    return time.perf_counter() - begin


def large(place: Path, text: str) -> float:
    """Of one config."""
    small = configs.make(place / "small", configs.pipelines(1))
    understand(Request(small, configs.CONFIG, "wikimedia"))
    root = configs.make(place / "large", text)
    begin = time.perf_counter()
    outcome = understand(Request(root, configs.CONFIG, "wikimedia"))
    assert outcome.workflow
    assert outcome.profile
    lower(outcome.workflow, outcome.profile)
    return time.perf_counter() - begin


if __name__ == "__main__":
    what, where, many = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(usual(where, many) if what == "usual" else large(where, getattr(configs, what)(many)))
