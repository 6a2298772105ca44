"""`transpipe profile init`: writes a first profile for a repository that has none."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from transpiler import first_config as first
from transpiler.app import place as places
from transpiler.app.place import Place, WrongUsage
from transpiler.app.results import Exit
from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.files import exists
from transpiler.first_config import Seen, Site
from transpiler.freshness import writing
from transpiler.frontend.profiles import load
from transpiler.targets import TARGETS


class FirstProfile(NamedTuple):
    """The result of the command: the text of the profile, what must be created on the engines, and what is wrong with
    what was given."""

    place: Place
    text: str = ""
    to_create: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def status(self) -> Exit:
        """FINDINGS if nothing was written."""
        return Exit.FINDINGS if self.diagnostics else Exit.FINE


def seen(path: str | None) -> tuple[Place, tuple[Seen, ...]]:
    """The repository, which has no profile yet, and the targets that it seems to need. Raises WrongUsage and
    OSError."""
    place = places.repository(path)
    if exists(place.root / OWN_PROFILE):
        raise WrongUsage(f"there is a {place.call(OWN_PROFILE)} already: `transpipe profile show` prints it")
    return place, first.survey(place.root).targets


def first_profile(place: Place, site: Site, *, shown_only: bool) -> FirstProfile:
    """Writes the profile, or with `shown_only` only returns it. Nothing is written if it would have an error. Raises
    OSError."""
    text, wrong = first.profile_text(site), Diagnostics()
    with tempfile.TemporaryDirectory(prefix="transpipe-") as folder:
        own = Path(folder, OWN_PROFILE)
        own.parent.mkdir()
        own.write_text(text, encoding="utf-8")
        load.load(str(own), Path(folder), wrong)
    if wrong.failed:
        return FirstProfile(place, text, diagnostics=tuple(wrong))
    if not shown_only:
        writing.check_paths(place.root, (OWN_PROFILE,), wrong)
        if wrong.failed:
            return FirstProfile(place, text, diagnostics=tuple(wrong))
        writing.write(place.root, OWN_PROFILE, text)
    return FirstProfile(place, text, tuple(first.to_create(site)))


def chosen(asked: tuple[str, ...], found: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """The targets that were asked for, else those that can be seen, else the usual ones."""
    known = {one.target: one for one in found}
    names = asked or tuple(known) or tuple(name for name, target in TARGETS.items() if target.usual)
    return tuple(known.get(name, Seen(name, "")) for name in names)
