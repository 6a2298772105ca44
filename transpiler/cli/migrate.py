"""`transpipe migrate`: the config as version 0 has it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from transpiler.app import tell
from transpiler.app.tell import Exit
from transpiler.cli.options import OnePath, ProfileName, Project

if TYPE_CHECKING:
    from transpiler.app.place import Place
    from transpiler.diagnostics import Diagnostic
    from transpiler.driver import Request
    from transpiler.migration import Judged, Migration


def migrate(
    path: OnePath = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change; write nothing.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the config; write nothing.")] = False,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Write the config in the form of version 0, with its comments, and prove that it means the same."""
    from transpiler.app import place as places
    from transpiler.driver import Request

    if diff and stdout:
        raise typer.BadParameter("--diff and --stdout exclude each other")
    place = places.find(path)
    content = (place.root / place.config).read_bytes()
    request = Request(place.root, place.config, places.profile(place, profile), project=project, content=content)
    raise typer.Exit(_migrate(place, request, content, "diff" if diff else "stdout" if stdout else "write"))


def _migrate(place: Place, request: Request, content: bytes, mode: Literal["diff", "stdout", "write"]) -> Exit:
    from transpiler import migration
    from transpiler.app.patch import patch
    from transpiler.driver import understand
    from transpiler.freshness import writing
    from transpiler.records import replace

    sources: dict[str, str] = {}

    def judge(candidate: bytes) -> Judged:
        outcome = understand(replace(request, content=candidate))
        for name, text in outcome.sources.items():
            sources.setdefault(name, text)
        return migration.Judged(outcome.workflow, outcome.diagnostics)

    found = migration.migrate(content, place.config, place.root, judge)
    diagnostics = found.diagnostics
    if mode == "write" and found.content not in (None, content) and writing.leads_out(place.root, place.config):
        diagnostics = (*diagnostics, _outside(place))
        found = found._replace(content=None)
    tell.put(tell.text(place, diagnostics, sources, colour=tell.coloured(sys.stderr)), sys.stderr)
    if found.content is None:
        return Exit.FINDINGS
    if mode == "stdout":
        tell.put(found.content.decode())
    elif mode == "diff":
        tell.put(patch(content.decode(), found.content.decode(), f"a/{place.config}", f"b/{place.config}"))
    elif found.content != content:
        writing.write(place.root, place.config, found.content.decode())
    tell.put(_told(place, found, content, written=mode == "write"), sys.stderr)
    return Exit.FINE


def _outside(place: Place) -> Diagnostic:
    from transpiler.diagnostics import Diagnostic, Severity

    message = f"`{place.config}` leads out of the repository: it is not written there."
    hint = "Run `transpipe migrate` in the repository that holds the file, or print the config with `--stdout`."
    return Diagnostic("config-outside", Severity.ERROR, message, None, hint)


def _told(place: Place, found: Migration, content: bytes, *, written: bool) -> str:
    from collections import Counter

    from transpiler.frontend.dialects import TITLES, Dialect
    from transpiler.migration.fixes import can_be_mended

    if found.content == content:
        left = any(can_be_mended(diagnostic) for diagnostic in found.diagnostics)
        why = "what is noted above cannot be written otherwise without a change of meaning"
        return f"nothing to do: {why if left else 'the config is version 0 as it should be'}\n"
    mended = Counter(diagnostic.code for diagnostic in found.mended)
    done = ["rewritten from " + TITLES[found.dialect]] if found.dialect is not Dialect.V0 else []
    done += [f"mended {', '.join(f'{n} {code}' for code, n in sorted(mended.items()))}"] if mended else []
    name = f"{place.shown + '/' if place.shown else ''}{place.config}"
    return f"{'; '.join(done)}\n" + (f"wrote {name}; now run `transpipe generate`\n" if written else "")
