"""Prints the result of `transpipe init`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from transpiler.app.init import FirstConfig
from transpiler.app.results import Exit
from transpiler.cli import tell
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.first_config import LOOKED_FOR, Survey

_SMALLEST = """\
Tests of a library run in an image, too. A Dockerfile is enough, and a stage of it called `test` is run as one:
  FROM python:3.12 AS test
  COPY . /src
  WORKDIR /src
  ENTRYPOINT ["python", "-m", "unittest"]
Write one, and run `transpipe init` again.
"""


def print_result(found: FirstConfig) -> Exit:
    """Prints the result, with the config itself on stdout if it was not to be written; returns the exit status."""
    if found.text and not found.written:
        tell.put(found.text)
    tell.put("".join(f"{line}\n" for line in _lines(found)), sys.stderr)
    return found.status


def _lines(made: FirstConfig) -> Iterator[str]:
    place = made.place
    sources = {**made.outcome.sources, place.config: made.text} if made.outcome else {}
    diagnostics = (*made.diagnostics, *(made.outcome.diagnostics if made.outcome else ()))
    if text := tell.text(place, diagnostics, sources, colour=tell.coloured(sys.stderr)):
        yield text.removesuffix("\n")
    if made.exists:
        yield (
            f"There is a {place.config} already. `transpipe lint` checks it, `transpipe migrate` renews older forms."
        )
    elif made.survey and not made.survey.services:
        yield "There is nothing here that transpipe knows how to build. It looked for"
        yield from (f"  {line}" for line in LOOKED_FOR)
        yield from _SMALLEST.splitlines()
    elif made.survey and made.text:
        yield from _of_config(made, made.survey)


def _of_config(made: FirstConfig, found: Survey) -> Iterator[str]:
    foreign, written = made.foreign, made.written
    if written:
        yield f"wrote {made.place.config}"
    if made.profile:
        reasons = {seen.target: seen.reason for seen in found.targets}
        why = "; ".join(reasons[name] for name in made.targets if name in reasons)
        what = "wrote" if written else "with"
        named = f": targets {', '.join(made.targets)}{f' ({why})' if why else ''}" if made.targets else ""
        yield f"{what} {OWN_PROFILE}{named}"
    for service in found.services:
        variants = ", ".join(image.variant for image in service.recipe.images)
        yield f"  from {service.file} ({variants})"
    if found.passed:
        yield (
            f"  not from {', '.join(found.passed)}: Blubber files come first"
            if found.services[0].is_blubber
            else (f"  not from {', '.join(found.passed)}: the profile's builder reads no Blubber files")
        )
    if found.submodules:
        yield f"Submodules ({', '.join(found.submodules)}) are checked out too: that is what `fetch` does by default."
    if foreign:
        more = (
            f"{', '.join(foreign)}: not written by transpipe, and left alone. Where `transpipe generate` would write "
            "one of these it stops: have it compile for other engines (`-t`), or give it other paths in the profile."
        )
        yield from textwrap.wrap(more, 110)
    if not made.targets and not made.profile and made.outcome and made.outcome.profile:
        profile = made.outcome.profile
        yield (
            f"It compiles for {', '.join(profile.targets)}, as the profile `{profile.name}` says; "
            "`transpipe profile init` writes a profile of your own."
        )
    if written:
        yield "next: transpipe lint, transpipe run --dry-run, transpipe generate"
