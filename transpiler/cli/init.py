"""`transpipe init`: a first config for the repository, written where none is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from transpiler import first_config as starting
from transpiler.app import place as places
from transpiler.app import tell
from transpiler.app.place import Place
from transpiler.app.tell import Exit, Said
from transpiler.diagnostics import Diagnostics
from transpiler.driver import Outcome, Request, compile_config
from transpiler.first_config import LOOKED_FOR, Survey
from transpiler.freshness import header, writing
from transpiler.frontend.profiles import load


def first_config(path: str | None, profile: str | None, project: str, *, shown_only: bool, colour: bool) -> Said:
    """Surveys a repository and writes its first config, or only shows it. Raises WrongUsage and OSError."""
    place = places.repository(path)
    if (place.root / place.config).exists():
        more = "`transpipe lint` checks it, `transpipe migrate` renews older forms."
        return Said(Exit.FINDINGS, talk=f"There is a {place.config} already. {more}\n")
    name = places.profile(place, profile)
    found_wrong = Diagnostics()
    site = load.load(name, place.root, found_wrong)
    if not site:
        return Said(Exit.FINDINGS, talk=tell.text(place, found_wrong, {}, colour=colour))
    reads_blubber = site.builder.kind == "buildkit" and site.container == "docker"
    found = starting.survey(place.root, blubber_read=reads_blubber)
    if not found.services:
        looked = "".join(f"  {line}\n" for line in LOOKED_FOR)
        talk = f"There is nothing here that transpipe knows how to build. It looked for\n{looked}"
        return Said(Exit.FINDINGS, talk=talk)
    text, outcome = _proposed(place, found, project or site.project, name)
    if not shown_only:
        writing.check_paths(place.root, (place.config,), found_wrong)
        if found_wrong.failed:
            return Said(Exit.FINDINGS, talk=tell.text(place, found_wrong, {}, colour=colour))
        writing.write(place.root, place.config, text)
    talk = tell.text(place, outcome.diagnostics, {**outcome.sources, place.config: text}, colour=colour)
    talk += "".join(f"{line}\n" for line in _told(place, found, written=not shown_only))
    return Said(Exit.FINDINGS if outcome.failed else Exit.FINE, text if shown_only else "", talk)


def _proposed(place: Place, found: Survey, project: str, profile: str) -> tuple[str, Outcome]:
    """The config, and what compiling it says. What the site is not ready for stands in it as a comment."""
    project = project or found.project or place.root.resolve().name
    text = starting.propose(found, project)
    outcome = _compiled(place, text, profile)
    if not outcome.diagnostics:
        return text, outcome
    first = outcome.diagnostics[0]
    text = starting.propose(found, project, publishes=f"Not yet. {first.message} {first.hint}")
    return text, _compiled(place, text, profile)


def _compiled(place: Place, text: str, profile: str) -> Outcome:
    return compile_config(Request(place.root, place.config, profile, content=text.encode()))


def _told(place: Place, found: Survey, *, written: bool) -> Iterator[str]:
    foreign = [name for name in found.definitions if not _ours(place.root / name)]
    if written:
        yield f"wrote {place.config}"
    for service in found.services:
        made = ", ".join(image.variant for image in service.recipe.images)
        yield f"  from {service.file} ({made})"
    if found.passed:
        yield f"  not from {', '.join(found.passed)}: Blubber files come first" if found.services[0].is_blubber else (
            f"  not from {', '.join(found.passed)}: the profile's builder reads no Blubber files"
        )
    if found.submodules:
        yield f"Submodules ({', '.join(found.submodules)}) are checked out too: that is what `fetch` does by default."
    if foreign:
        more = (
            f"{', '.join(foreign)}: not written by transpipe, and left alone. Where `transpipe generate` would write "
            "one of these it stops: have it compile for other engines (`-t`), or give it other paths in the profile."
        )
        yield from textwrap.wrap(more, 110)
    if written:
        yield "next: transpipe lint, transpipe run --dry-run, transpipe generate"


def _ours(path: Path) -> bool:
    files = path.rglob("*") if path.is_dir() else (path,)
    texts = (file.read_bytes().decode("utf-8", "replace") for file in files if file.is_file())
    return all(header.parse(text) is not None for text in texts)
