"""The documentation as a site and as a man page: builds without a warning, and everything has a place to link to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer
from support.catalogue import CATALOGUE

from product.docs.regions import REGIONS
from transpiler.cli import app
from transpiler.report import page
from transpiler.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def build(form: str, to: Path) -> Path:
    """What a builder of Sphinx makes of the documentation; a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", form, "-d", str(to / "doctrees")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(to / form)], capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return to / form


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("html", tmp_path_factory.mktemp("site"))


def ids(file: Path) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', file.read_text(encoding="utf-8")))


def commands(command: click.Command, path: str = "transpipe") -> dict[str, click.Command]:
    """All commands by the words that call them."""
    found = {path: command}
    for name, inner in (getattr(command, "commands", None) or {}).items():
        found |= commands(inner, f"{path} {name}")
    return found


ALL = commands(typer.main.get_command(app))


def test_every_diagnostic_has_the_place_that_explain_prints(site: Path) -> None:
    assert {code for code in CATALOGUE if page(code).partition("#")[2] not in ids(site / "diagnostics.html")} == set()
    assert {page(code).partition("#")[0] for code in CATALOGUE} == {"docs/diagnostics.md"}


def test_every_command_has_a_place(site: Path) -> None:
    there = ids(site / "commands.html")
    assert [path for path in ALL if path.replace(" ", "-") not in there] == []


@pytest.mark.parametrize("name", ["language", "profile"])
def test_every_key_has_a_place(site: Path, name: str) -> None:
    there = ids(site / f"{name}.html")
    text = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    tables = {table: REGIONS[table]() for table in re.findall("<!-- generated: (\\S+) -->", text)}
    keys = [
        (table, key)
        for table, rows in tables.items()
        if rows.startswith("| key |")
        for key in re.findall(r"^\| `([^`]+)` \|", rows, re.MULTILINE)
    ]
    assert len(keys) > 50
    assert [at for at in keys if "-".join(at).replace(".", "-").lower() not in there] == []


def test_the_first_page_shows_the_outputs_in_tabs_and_leads_everywhere(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    titles = [target.title for target in TARGETS.values()]
    assert re.findall(r'<label[^>]* class="sd-tab-label"[^>]*>\s*([^<]+?)\s*</label>', text) == titles
    pages = {file.stem for file in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - set(re.findall(r'href="([\w-]+)\.html"', text)) == set()


def test_it_can_be_searched_and_asks_no_other_server(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    known = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    assert "language" in known["docnames"]
    loaded = [
        found
        for file in site.glob("*.html")
        for found in re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', file.read_text(encoding="utf-8")
        )
    ]
    assert loaded == []


def test_links_to_pages_and_their_parts_lead_somewhere(site: Path) -> None:
    build("linkcheck", site.parent)


def test_the_man_page_agrees_with_help(tmp_path: Path) -> None:
    text = (build("man", tmp_path) / "transpipe.1").read_text(encoding="utf-8").replace("\\-", "-").replace("\\&", "")
    plain = re.sub(r"\\f[A-Z]", "", text)
    for path, command in ALL.items():
        _, heading, part = plain.partition(f".SH {path.upper()}\n")
        assert heading, path
        own = part.partition("\n.SH ")[0]
        options = [name for param in command.params if not getattr(param, "hidden", False) for name in param.opts]
        assert [name for name in options if name.startswith("-") and name not in own] == [], path
