"""Where PyYAML was built without libyaml everything is the same, only slower: bytes, positions, limits, and a note.

The C extension is hidden by a `sitecustomize` in the processes that this starts, and in those that they start: tests of
the compiler run there once more as they are.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.catalogue import CATALOGUE
from support.repositories import CONFIG

from product.test_golden import CASES, GOLDEN
from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.yaml import composer, reader
from transpiler.frontend.yaml.syntax import explain
from transpiler.nodes import Mapping, Node, Scalar, Sequence
from transpiler.records import replace

ROOT = Path(__file__).resolve().parents[2]
HIDING = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "yaml._yaml":
            raise ImportError("hidden by a test")

sys.meta_path.insert(0, Hidden())
"""
NOTE = "this Python's PyYAML has no libyaml"


@pytest.fixture
def hidden(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python finds no libyaml."""
    (tmp_path / "hiding").mkdir()
    (tmp_path / "hiding/sitecustomize.py").write_text(HIDING)
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(tmp_path / "hiding"), before)))}


def ran(environment: dict[str, str], *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a process of Python does there."""
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_it_is_hidden(hidden: dict[str, str]) -> None:
    assert ran(hidden, "-c", "import yaml; print(yaml.__with_libyaml__)").stdout == "False\n"


@pytest.mark.parametrize(
    ("tests", "least"),
    [
        pytest.param(
            ("tests/product/test_golden.py::test_golden",),
            30,
            id="outputs and their reading back",
            marks=pytest.mark.slow,
        ),
        pytest.param(("tests/unit/frontend/test_reader.py",), 100, id="positions"),
        pytest.param(("tests/product/test_bad.py",), 200, id="positions of mistakes", marks=pytest.mark.slow),
        pytest.param(("tests/unit/frontend/test_limits.py",), 15, id="limits", marks=pytest.mark.slow),
        pytest.param(("tests/product/test_bombs.py",), 15, id="bombs", marks=pytest.mark.slow),
        pytest.param(
            ("tests/unit/migration", "tests/product/test_fixes.py"),
            120,
            id="migration and fixes",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_same_holds_without(hidden: dict[str, str], tests: tuple[str, ...], least: int) -> None:
    done = ran(hidden, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(done.stdout.splitlines()[-1].split()[0]) >= least


def test_the_command_writes_the_same_and_says_once_why_it_is_slow(hidden: dict[str, str], tmp_path: Path) -> None:
    case = GOLDEN / "wikimedia"
    roots = [str(shutil.copytree(case, tmp_path / name)) for name in ("one", "two")]
    for root in roots:
        (Path(root) / "Jenkinsfile").unlink()
    done = ran(hidden, "-m", "transpiler", "generate", *roots)
    assert (done.returncode, done.stdout, done.stderr.count(NOTE)) == (0, "", 1), done.stderr
    for root in roots:
        assert (Path(root) / "Jenkinsfile").read_bytes() == (case / "Jenkinsfile").read_bytes()
    lint = ran(hidden, "-m", "transpiler", "lint", "--format", "json", roots[0])
    assert (lint.returncode, lint.stderr.count(NOTE), NOTE in lint.stdout) == (0, 1, False)
    fresh = ran(hidden, "-m", "transpiler", "generate", "--check", roots[0])
    assert (fresh.returncode, fresh.stderr) == (0, ""), "a commit that changes nothing reads no YAML"
    for words in (("--version",), ("--help",)):
        assert ran(hidden, "-m", "transpiler", *words).stderr == ""
    explained = ran(hidden, "-m", "transpiler", "explain", "no-image")
    assert (explained.returncode, explained.stderr.count(NOTE)) == (0, 1)


def test_with_libyaml_there_is_no_note() -> None:
    assert NOTE not in ran(dict(os.environ), "-m", "transpiler", "explain", "no-image").stderr


@pytest.mark.parametrize(
    ("text", "code"), [("[" * 30_000, "too-deep"), ("? " * 30_000, "too-deep"), ('"\\UFFFFFFFF"', "yaml-syntax")]
)
def test_no_exception_of_the_python_loader_escapes(
    hidden: dict[str, str], tmp_path: Path, text: str, code: str
) -> None:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / CONFIG).write_text(text)
    done = ran(hidden, "-m", "transpiler", "lint", str(tmp_path))
    assert (done.returncode, f"[{code}]" in done.stdout, "Traceback" in done.stderr) == (1, True, False), done


# ---- both loaders in one process ----


class _Python(composer._Bounded, yaml.SafeLoader):
    """The loader that there is without libyaml."""


def read(text: str, loader: type, monkeypatch: pytest.MonkeyPatch) -> tuple[Node | None, list[str]]:
    """The nodes with their positions, and the codes of what is wrong. Of an empty value in braces libyaml gives the
    position of the next token, and PyYAML the end of the last one: these positions do not count."""
    found = Diagnostics()
    with monkeypatch.context() as patch:
        patch.setattr(composer, "_Loader", loader)
        document = reader.read(text.encode(), "config.yaml", found)
    return _placed(document.root) if document else None, [diagnostic.code for diagnostic in found]


def _placed(node: Node) -> Node:
    match node:
        case Scalar(text="", plain=True):
            return replace(node, span=Span("", 1, 1, 1, 1))
        case Sequence():
            return replace(node, items=tuple(map(_placed, node.items)))
        case Mapping():
            return replace(node, entries=tuple((key, _placed(value)) for key, value in node.entries))
    return node


PIECES = (
    '"\\U00110000"',
    '"\\UFFFFFFFF"',
    "!%ff ",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "'",
    '"',
    "[",
    "{",
    "]",
    "}",
    ": ",
    "- ",
    "? ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u2028",
    "\x85",
    "|\n",
    ">-\n",
    " # c",
    ",",
    "---\n",
    "...\n",
    "%FOO\n",
    "@",
    "\\",
    "é",
    "😀",
    "<<: *a",
    "!<x> ",
    '"\\ud800"',
    "%TAG ! x\n---\n",
)


def test_a_tab_that_only_libyaml_takes_for_a_space_is_not_called_indentation() -> None:
    said = {"a: [b\t]": "This line contains a tab.", "a:\n\tb: 1": "This line is indented with a tab."}
    for text, message in said.items():
        with pytest.raises(yaml.MarkedYAMLError) as refused:
            yaml.compose(text, yaml.SafeLoader)
        assert explain(refused.value, text).message == message


def test_what_both_loaders_take_they_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that are nearly right; where one refuses a text, the other may do so in other words or not at all."""
    texts = [entry["example"] for entry in CATALOGUE.values()]
    texts += [(GOLDEN / case / CONFIG).read_text() for case in CASES]
    alike = 0
    for seed in range(400):
        chance = random.Random(seed)
        text = chance.choice(texts)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(PIECES) + text[at + chance.choice((0, 0, 1)) :]
        quick, slow = (read(text, loader, monkeypatch) for loader in (composer._Loader, _Python))
        if quick[0] and slow[0]:
            assert quick == slow, text
            alike += 1
    assert alike > 100
