"""`transpipe migrate`: rewrites a config in the form of version 0."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from transpiler import migration
from transpiler.app import place as places
from transpiler.app.patch import patch
from transpiler.app.place import Place
from transpiler.app.results import Exit
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.driver import Request, understand
from transpiler.freshness import writing
from transpiler.migration import Migration
from transpiler.migration.rounds import Judged
from transpiler.records import replace

Mode: TypeAlias = Literal["write", "diff", "stdout"]


class Migrated(NamedTuple):
    """The result of the command. `output` is the config or the patch, if one was to be printed; `changed`: the config
    differs from before; `sources` are the texts of the files that diagnostics point to."""

    place: Place
    migration: Migration
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]
    output: str = ""
    changed: bool = False
    written: bool = False

    @property
    def status(self) -> Exit:
        """FINDINGS if the migration was refused."""
        return Exit.FINDINGS if self.migration.content is None else Exit.FINE


def migrate(path: str | None, profile: str | None, project: str, mode: Mode) -> Migrated:
    """Writes the config in the form of version 0, or only returns it, as `mode` says. Raises WrongUsage and OSError."""
    place = places.find(path)
    content = (place.root / place.config).read_bytes()
    request = Request(
        place.root,
        place.config,
        places.profile(place, profile),
        folder=place.folder,
        project=project,
        content=content,
    )
    sources: dict[str, str] = {}

    def judge(candidate: bytes) -> Judged:
        outcome = understand(replace(request, content=candidate))
        for name, text in outcome.sources.items():
            sources.setdefault(name, text)
        return Judged(outcome.workflow, outcome.diagnostics)

    found = migration.migrate(content, place.config, place.root, judge)
    diagnostics, changed = found.diagnostics, found.content not in (None, content)
    if mode == "write" and changed and writing.leads_out(place.root, place.config):
        found, diagnostics = found._replace(content=None), (*diagnostics, _outside(place))
    if found.content is None:
        return Migrated(place, found, diagnostics, sources)
    text = found.content.decode()
    if mode == "write" and changed:
        writing.write(place.root, place.config, text)
    shown = {
        "write": "",
        "stdout": text,
        "diff": patch(content.decode(), text, f"a/{place.config}", f"b/{place.config}"),
    }
    return Migrated(place, found, diagnostics, sources, shown[mode], changed, mode == "write")


def _outside(place: Place) -> Diagnostic:
    message = f"`{place.config}` is a link that leads out of the repository, so transpipe does not change it."
    hint = "Run `transpipe migrate` in the repository that contains the file, or print the new config with `--stdout`."
    return Diagnostic("config-outside", Severity.ERROR, message, None, hint)
