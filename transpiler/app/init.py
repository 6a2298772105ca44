"""`transpipe init`: writes a first config for a repository that has none."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from transpiler import first_config as first
from transpiler.app import place as places
from transpiler.app.place import Place, WrongUsage
from transpiler.app.results import Exit
from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.driver import Outcome, Request, compile_config
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.files import exists, is_file, is_folder
from transpiler.first_config import Seen, Survey
from transpiler.freshness import header, writing
from transpiler.frontend.profiles import load


class FirstConfig(NamedTuple):
    """The result of the command. `text` is the config, "" if none was proposed; `survey` is what the config was made
    from, None if no survey was made; `foreign` are CI definitions that transpipe did not write; `outcome` is the result
    of compiling the config. `profile` is the text of a first profile, "" if none is needed."""

    place: Place
    text: str = ""
    written: bool = False
    exists: bool = False
    survey: Survey | None = None
    foreign: tuple[str, ...] = ()
    outcome: Outcome | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    profile: str = ""
    targets: tuple[str, ...] = ()

    @property
    def status(self) -> Exit:
        """FINDINGS if no config was proposed, or one with errors."""
        fine = self.text and self.outcome and not self.outcome.failed and not self.diagnostics
        return Exit.FINE if fine else Exit.FINDINGS


def first_config(
    path: str | None, profile: str | None, project: str, targets: tuple[str, ...], *, shown_only: bool
) -> FirstConfig:
    """Surveys a repository and writes its first config, or with `shown_only` only returns it; and a profile that
    chooses the targets, if they are given or can be seen and there is no profile yet. Raises WrongUsage and OSError."""
    place = places.repository(path)
    if exists(place.root / place.config):
        return FirstConfig(place, exists=True)
    wrong = Diagnostics()
    adopted = _adopted(place, profile, wrong, shown_only=shown_only)
    if wrong.failed:
        return FirstConfig(place, diagnostics=tuple(wrong))
    name = places.profile(place, None if adopted else profile)
    site = load.load(name, place.root, wrong)
    if not site:
        return FirstConfig(place, diagnostics=tuple(wrong))
    reads_blubber = site.builder.kind == "buildkit" and site.container == "docker"
    found = first.survey(place.root, blubber_read=reads_blubber)
    if not found.services:
        return FirstConfig(place, survey=found)
    chosen = _targets(place, name, targets, found)
    branch = "" if found.branch in site.branches or not _is_free(place, name) else found.branch
    names = tuple(seen.target for seen in chosen)
    text, outcome = _proposed(place, found, project or site.project, name, names)
    wanted = chosen or branch or (profile and _is_free(place, name))
    own = (
        {OWN_PROFILE: first.profile_text(first.Site(chosen, name, branch=branch, podman=_for_podman(found)))}
        if wanted
        else {}
    )
    made = {place.config: text} | own
    if not shown_only:
        writing.check_paths(place.root, tuple(made), wrong)
        if wrong.failed:
            return FirstConfig(place, diagnostics=tuple(wrong))
        for file, content in made.items():
            writing.write(place.root, file, content)
    foreign = tuple(name for name in found.definitions if not _ours(place.root / name))
    return FirstConfig(
        place,
        text,
        not shown_only,
        survey=found,
        foreign=foreign,
        outcome=outcome,
        profile=made.get(OWN_PROFILE, adopted),
        targets=names,
    )


def _adopted(place: Place, profile: str | None, wrong: Diagnostics, *, shown_only: bool) -> str:
    """The text of a new profile that extends the shared one at this URL, which is written together with its copy; "" if
    the profile is no URL, or could not be fetched, which is reported. Raises WrongUsage and OSError."""
    if not profile or "://" not in profile:
        return ""
    from transpiler.app.profiles.adopt import adopt  # few runs ask a server

    if shown_only:
        raise WrongUsage("--stdout writes nothing, so there would be no copy of the shared profile")
    if exists(place.root / OWN_PROFILE):
        raise WrongUsage(f"there is a {OWN_PROFILE} already: let it extend the shared profile")
    files = adopt(profile, OWN_PROFILE, wrong)
    writing.check_paths(place.root, tuple(files), wrong)
    for file, content in {} if wrong.failed else files.items():
        writing.write(place.root, file, content)
    return files.get(OWN_PROFILE, "")


def _for_podman(found: Survey) -> bool:
    """Whether all build files have the name that only podman looks for."""
    return all(Path(service.file).name.startswith("Containerfile") for service in found.services)


def _targets(place: Place, profile: str, asked: tuple[str, ...], found: Survey) -> tuple[Seen, ...]:
    """The targets of a first profile; those that were asked for have no reason. None if there is to be no first
    profile, because the repository has one or uses one that is not built in. Raises WrongUsage if targets were asked
    for then."""
    free = _is_free(place, profile)
    if asked and not free:
        raise WrongUsage(f"the profile {profile} says for which targets: add `targets: [{', '.join(asked)}]` to it")
    if not free:
        return ()
    seen = {target.target: target for target in found.targets}
    # Which server runs a target counts for one that was asked for, too.
    return tuple(Seen(name, "", seen[name].setting if name in seen else "") for name in asked) or found.targets


def _is_free(place: Place, profile: str) -> bool:
    """Whether there can be a first profile."""
    return profile in load.built_in() and not exists(place.root / OWN_PROFILE)


def _proposed(place: Place, found: Survey, project: str, profile: str, targets: tuple[str, ...]) -> tuple[str, Outcome]:
    """The config, and the outcome of compiling it. Steps that the site's profile does not support are comments in
    it."""
    text = first.propose(found, project)
    outcome = _compiled(place, text, profile, targets)
    if not outcome.diagnostics:
        return text, outcome
    wrong = outcome.diagnostics[0]
    text = first.propose(found, project, publishes=f"Not yet. {wrong.message} {wrong.hint}")
    return text, _compiled(place, text, profile, targets)


def _compiled(place: Place, text: str, profile: str, targets: tuple[str, ...]) -> Outcome:
    """The outcome as at the top of a repository: the steps to propose do not depend on where engines find outputs."""
    return compile_config(Request(place.root, place.config, profile, targets, content=text.encode()))


def _ours(path: Path) -> bool:
    files = path.rglob("*") if is_folder(path) else (path,)
    texts = (file.read_bytes().decode("utf-8", "replace") for file in files if is_file(file))
    return all(header.parse(text) is not None for text in texts)
