"""The page of `transpipe audit --html`: one file that a browser shows without any network.

The page has a small script, which draws only what can be seen. The data is in blocks that the script unpacks when it
needs them: JSON, deflated, in base64, so no name or snippet of a user's can be read as HTML or as code. The policy in
the page's head lets the browser run this script and use this style, by their digests, and load nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from transpiler import catalogue
from transpiler.drawing.svg import STYLE
from transpiler.files import exists, is_file
from transpiler.resources import read_text
from transpiler.targets import TARGETS

_FOLDER = "audit_page"
_SCRIPTS = ("data.js", "table.js", "filters.js", "repository.js", "main.js")
_A_BLOCK = 50
_MOST_DIAGNOSTICS = 200
_MOST_PIPELINES = 100
_LONGEST_PICTURE = 300_000
"""Of one repository: what is above these is counted, but not shown, so that opening it stays fast."""


class Page:
    """Collects the repositories; keeps a line of each, and everything else packed."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []
        self._blocks: list[str] = []

    def add(self, data: Mapping[str, Any], pictures: Sequence[tuple[str, str]]) -> None:
        """Adds a repository: its data as `audit --format json` has it, and for each of its pipelines the graph in words
        and as SVG."""
        self._rows.append(_row(data))
        self._waiting.append(_detail(data, pictures))
        if len(self._waiting) == _A_BLOCK:
            self._pack()

    def write(self, file: Path, totals: Mapping[str, Any]) -> None:
        """Writes the page, by a rename: nobody sees half of it. What is no file, such as a pipe, is written to. Raises
        OSError."""
        self._pack()
        if exists(file) and not is_file(file):
            with file.open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(self._pieces(totals))
            return
        new = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            with new.open("x", encoding="utf-8", newline="\n") as stream:
                stream.writelines(self._pieces(totals))
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)

    def _pack(self) -> None:
        if self._waiting:
            self._blocks.append(packed(self._waiting))
            self._waiting = []

    def _pieces(self, totals: Mapping[str, Any]) -> Iterator[str]:
        script = "\n".join(read_text(_FOLDER, name) for name in _SCRIPTS)
        style = f"{read_text(_FOLDER, 'page.css')}\n{STYLE}"
        policy = (
            f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        )
        head, _, foot = read_text(_FOLDER, "page.html").partition("<!-- blocks -->\n")
        number = f"{totals['repositories']:,}"
        for name, value in (("policy", html.escape(policy)), ("style", style), ("number", number)):
            head = head.replace(f"<!-- {name} -->", value)
        yield head
        yield _block("about", packed(_about(totals)))
        yield _block("rows", packed(self._rows))
        yield from (_block(str(number), block) for number, block in enumerate(self._blocks))
        yield foot.replace("<!-- script -->", script)


def packed(data: object) -> str:
    """Data as base64 of deflated JSON, which `unpacked` in `data.js` reads."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8", "backslashreplace"))).decode()


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _block(name: str, content: str) -> str:
    return f'<script type="application/octet-stream" id="data-{name}">{content}</script>\n'


def _about(totals: Mapping[str, Any]) -> dict[str, Any]:
    codes = {*totals["diagnostics"], *totals["house_rules"]}
    made = time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    return {
        "version": metadata.version("transpipe"),
        "made": time.strftime("%Y-%m-%d %H:%M UTC", made),
        "inBlock": _A_BLOCK,
        "totals": totals,
        "targets": {name: target.title for name, target in TARGETS.items()},
        "codes": dict(_explained(codes)),
    }


def _explained(codes: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    for code in sorted(codes):
        entry = catalogue.entry(code)
        yield code, {"title": entry.title, "meaning": entry.meaning, "fix": entry.fix}


def _row(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the table shows of a repository, and what it is filtered by."""
    states = dict.fromkeys(output["state"] for output in data["outputs"])
    return {
        "name": data["name"],
        "project": data["project"] or "",
        "status": data["status"],
        "outputs": [*states],
        "dialect": data["dialect"] or "",
        "profile": data["profile"] or "",
        "pipelines": len(data["pipelines"]),
        "errors": data["counts"]["error"],
        "warnings": data["counts"]["warning"],
        "rules": [*dict.fromkeys(breach["rule"] for breach in data["house_rules"])],
        "losses": [target for target, lost in (data["losses"] or {}).items() if lost],
        "codes": [*dict.fromkeys(diagnostic["code"] for diagnostic in data["diagnostics"])],
    }


def _detail(data: Mapping[str, Any], pictures: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the page shows of a repository that is opened."""
    kept = ("failure", "config", "targets", "outputs", "house_rules", "cost", "losses")
    pipelines = [
        {
            "name": pipeline["name"],
            "events": pipeline["events"],
            "stages": len(pipeline["stages"]),
            "notation": notation if len(notation) <= _LONGEST_PICTURE else "",
            "picture": picture if len(picture) <= _LONGEST_PICTURE else "",
        }
        for pipeline, (notation, picture) in zip(data["pipelines"], pictures, strict=True)
    ]
    return {
        **{key: data[key] for key in kept},
        "pipelines": pipelines[:_MOST_PIPELINES],
        "morePipelines": len(pipelines[_MOST_PIPELINES:]),
        "diagnostics": data["diagnostics"][:_MOST_DIAGNOSTICS],
        "moreDiagnostics": len(data["diagnostics"][_MOST_DIAGNOSTICS:]),
    }
