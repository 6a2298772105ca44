"""Makes the pictures of the documentation, `docs/pictures/`, from what the commands print.

    python tests/tools/pictures.py

writes them, and so does `pytest tests/product/docs --update-golden`.
"""

from __future__ import annotations

import html
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/pictures"
_CELL, _LINE, _MARGIN = 7.8, 18, 14
_COLOURS = {"31": "removed", "32": "added", "36": "place"}
_PAINTED = re.compile(r"\x1b\[(\d+)m(.*?)\x1b\[0m")
_STYLE = """\
.terminal { --ink: #1f2328; --ground: #f6f8fa; --removed: #cf222e; --added: #116329; --place: #0550ae;
  font: 13px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }
@media (prefers-color-scheme: dark) {
  .terminal { --ink: #f0f6fc; --ground: #151b23; --removed: #ff7b72; --added: #7ee787; --place: #79c0ff; }
}
.terminal .ground { fill: var(--ground); }
.terminal text { fill: var(--ink); white-space: pre; }
.terminal .removed { fill: var(--removed); }
.terminal .added { fill: var(--added); }
.terminal .place { fill: var(--place); }
"""


def graph() -> str:
    """The graph of the README's config."""
    words = (sys.executable, "-m", "transpiler", "graph", "--format", "svg", str(ROOT / "golden/readme"))
    return subprocess.run(words, check=True, capture_output=True, text=True, env=_environment()).stdout


def diff() -> str:
    """A change of the README's config, as a terminal shows what it means."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ores"
        shutil.copytree(ROOT / "golden/readme/.pipeline", root / ".pipeline")
        shutil.copy(ROOT / "golden/readme/Dockerfile", root)
        (root / ".pipeline/profile.yaml").write_text(
            "extends: default\ntargets: [jenkins, gitlab]\n"
            "credentials: {npm: {kind: secret-text, jenkins: npm, gitlab: NPM_TOKEN}}\n"
        )
        git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
        for words in ((*git, "init", "-q", "-b", "main"), (*git, "add", "--all"), (*git, "commit", "-q", "-m", "x")):
            subprocess.run(words, cwd=root, check=True, env=_environment())
        config = root / ".pipeline/config.yaml"
        text = config.read_text()
        for old, new in (
            ("      - [build, lint]\n", "      - [build, unit, lint]\n"),
            ('arguments: [lint, "it\'s"]', "arguments: [lint, --strict], credentials: [{id: npm, name: NPM_TOKEN}]"),
        ):
            assert old in text
            text = text.replace(old, new)
        config.write_text(text)
        return terminal("transpipe diff", _on_a_terminal((sys.executable, "-m", "transpiler", "diff"), root))


PICTURES: Mapping[str, Callable[[], str]] = {"graph.svg": graph, "diff.svg": diff}
"""Each picture by its file's name."""

IN_A_BROWSER = "audit.svg"
"""The picture that needs a browser: `tests/product/test_audit_page.py` makes it."""


def terminal(command: str, printed: str) -> str:
    """A command and what it prints as SVG."""
    lines = [f"$ {command}", *printed.rstrip("\n").split("\n")]
    plain = [_PAINTED.sub(r"\2", line) for line in lines]
    width = 2 * _MARGIN + max(map(len, plain)) * _CELL
    height = 2 * _MARGIN + len(lines) * _LINE
    texts = [
        f'<text x="{_MARGIN}" y="{_MARGIN + (i + 1) * _LINE - 5}">{_spans(line)}</text>'
        for i, line in enumerate(lines)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="terminal" width="{width:.0f}" height="{height}" '
            f'viewBox="0 0 {width:.0f} {height}" role="img" aria-labelledby="title">',
            f'<title id="title">{html.escape(command)}</title>',
            f"<style>{_STYLE}</style>",
            '<rect class="ground" width="100%" height="100%" rx="8"/>',
            *texts,
            "</svg>\n",
        ]
    )


def _spans(line: str) -> str:
    pieces: list[str] = []
    at = 0
    for found in _PAINTED.finditer(line):
        pieces.append(html.escape(line[at : found.start()]))
        pieces.append(f'<tspan class="{_COLOURS[found[1]]}">{html.escape(found[2])}</tspan>')
        at = found.end()
    return "".join(pieces) + html.escape(line[at:])


def _on_a_terminal(words: Sequence[str], cwd: Path) -> str:
    """What a command prints on a terminal, with its colours."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, cwd=cwd, stdout=theirs, env=_environment()) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 2**16)
            except OSError:  # the terminal is gone with the process
                break
            if not piece:
                break
            said += piece
    os.close(ours)
    assert process.returncode == 0, said
    return said.decode().replace("\r\n", "\n")


def _environment() -> dict[str, str]:
    """Nothing of the user's own, and the same commits every time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "TRANSPIPE_"))}
    when = "2026-01-01T00:00:00Z"
    fixed = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
    kept.pop("NO_COLOR", None)
    return kept | fixed | {"GIT_CONFIG_SYSTEM": os.devnull, "TERM": "xterm", "PYTHONPATH": str(ROOT)}


def write() -> None:
    """Writes all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in PICTURES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write()
