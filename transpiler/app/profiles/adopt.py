"""Writes the first profile of a repository that extends a shared one."""

from __future__ import annotations

import json

from transpiler.app.profiles.sources import fetch
from transpiler.diagnostics import Diagnostics, Span
from transpiler.fast_path.digests import copy_of
from transpiler.frontend.profiles.shared import Source, compose
from transpiler.frontend.profiles.shared_mistakes import check_source
from transpiler.frontend.yaml.reader import read
from transpiler.git_fetch import Fetched
from transpiler.nodes import Mapping

USUAL = "transpipe.yaml"
"""The path of a shared profile in its repository, if none is given."""

_HEAD = """\
# What this repository needs of its site; the rest is in the profile that it extends.
# `transpipe profile update` moves to a newer commit of that profile, `transpipe profile show` prints all of it.
"""


def adopt(address: str, own: str, found: Diagnostics) -> dict[str, str]:
    """The texts of a profile at the path `own` and of the copy beside it. `address` is `URL` or `URL#PATH`. None if
    something is wrong, which is reported."""
    git, _, path = address.partition("#")
    text = f"extends: {{git: {json.dumps(git)}, path: {json.dumps(path or USUAL)}}}\n"
    document = read(text.encode(), own, found)
    extends = document.root.get("extends") if document and isinstance(document.root, Mapping) else None
    if not isinstance(extends, Mapping):
        return {}
    own_mistakes = Diagnostics()
    if not check_source(extends, own_mistakes, pinned=False):
        for one in own_mistakes:
            found.error(one.code, one.message.replace("extends.", "--profile: "), None, "Write `--profile URL#PATH`.")
        return {}
    with Fetched() as fetched:
        wanted = Source(git, "", path or USUAL)
        failures = Diagnostics()
        sections = fetch(wanted, "HEAD", Span(own, 1, 1, 1, 1), fetched, failures)
    for one in failures:
        found.error(one.code, one.message, None, one.hint)
    if not sections:
        return {}
    source = sections[0].source
    lines = [f"  git: {json.dumps(source.git)}", f"  commit: {source.commit}", f"  path: {json.dumps(source.path)}"]
    return {own: "\n".join([_HEAD + "extends:", *lines, ""]), copy_of(own): compose(sections)}
