"""The documentation as a site and as a man page: `sphinx-build -W docs OUTPUT`, with the extra `docs` installed.

The pages are plain Markdown that reads well on a forge. What only the site needs is made here: the tabs of the first
page, the table of contents, and an anchor for each key of a generated table.
"""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

project = "transpipe"
version = release = metadata.version("transpipe")
extensions = ["myst_parser", "sphinx_design"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
lexers["gitattributes"] = TextLexer()
suppress_warnings = ["misc.highlighting_failure"]  # examples of broken YAML are broken

html_theme = "furo"
html_title = f"transpipe {version}"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False

man_pages = [("commands", "transpipe", "compile pipelines to the formats of CI engines", [], 1)]
man_show_urls = False

linkcheck_ignore = [r"https?://"]  # links to other sites are looked at by hand

_TABS = re.compile(r"^<!-- tabs -->\n(.*?)^<!-- end tabs -->\n", re.MULTILINE | re.DOTALL)
_REGION = re.compile(r"(<!-- generated: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_PART = re.compile(r"^## (.*)\n\n((?:- .*\n(?:  .*\n)*)+)", re.MULTILINE)


def _prepare(_app: Any, page: str, source: list[str]) -> None:
    """Changes a page's Markdown before it is parsed."""
    text = _REGION.sub(lambda found: found[1] + _with_anchors(found[2], found[3]) + found[4], source[0])
    # A file that is no page: a reader of the site finds it in the repository.
    text = re.sub(r"\[([^\]]+)\]\(\.\./([^)#]+)[^)]*\)", r"\1 (`\2` in the repository)", text)
    if page == "index":
        text = _TABS.sub(lambda found: _tabs(found[1]), text)
        text += "".join(_contents(title, links) for title, links in _PART.findall(text))
    source[0] = text


def _with_anchors(table: str, rows: str) -> str:
    """The rows of a generated table of keys, each with the anchor `<table>-<key>`, such as `build-variant`."""

    def named(row: re.Match[str]) -> str:
        anchor = f"{table}-{row[1]}".replace(".", "-").lower()
        return f'| <a id="{anchor}"></a>`{row[1]}` |'

    return re.sub(r"^\| `([A-Za-z$][\w.$-]*)` \|", named, rows, flags=re.MULTILINE)


def _tabs(parts: str) -> str:
    """Sections with a title of the third level as tabs."""
    _, *found = re.split(r"^### (.*)\n", parts, flags=re.MULTILINE)
    items = zip(found[::2], found[1::2], strict=True)
    shown = "".join(f"::::{{tab-item}} {title}\n{content.strip()}\n::::\n\n" for title, content in items)
    return f":::::{{tab-set}}\n\n{shown}:::::\n"


def _contents(title: str, links: str) -> str:
    """The pages of a part, for the navigation."""
    found = re.findall(r"^- \[([^\]]+)\]\((\w[\w-]*)\.md\)", links, re.MULTILINE)
    pages = "\n".join(f"{name} <{page}>" for name, page in found)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _prepare)
