"""What Jenkins needs of a plan and of the profile."""

from __future__ import annotations

from transpiler.ir import EVENTS, CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, Silence, Use
from transpiler.targets.asking import Asked
from transpiler.targets.folder import NotFound
from transpiler.targets.jenkins import settings

PROJECT = ""
OWN_REGISTRY = False
NAMES_BY_ID = True
IN_VARIABLES = False
TRIGGER = "jenkins: JOB"
LABEL = "jenkins: {label: LABEL}"


def not_found(_plan: Plan, _profile: Profile) -> NotFound | None:
    """Nothing: a job names the path of its Jenkinsfile."""
    return None


def carries(_parameter: str) -> bool:
    """Whether a triggered job can get a parameter of this name: always, since the step `build` accepts any name."""
    return True


def is_named(_kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether the credential has an id."""
    return bool(names)


def credential(_kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    return "jenkins: NAME"


def _no_clock(site: settings.Settings) -> Silence | None:
    """Why no timer of Jenkins' and no pipeline of Zuul v2's that has one starts a build; None if one does."""
    if site.checkout == "zuul" and site.events.get(Event.SCHEDULE):
        return None
    keys = ((settings.NAME, "triggers", "cron"),)
    if site.kind == "multibranch":
        why = "the jobs of its branches, which a `multibranch` job makes, have no timer"
        return Silence(keys, why, "To run it, write `kind: scm` in the profile.", meant=True)
    hint = "To run it, write when, such as `jenkins: {triggers: {cron: 'H 3 * * *'}}`."
    return None if site.cron else Silence(keys, "the profile has no cron line for it", hint, meant=True)


def asked(_plan: Plan, _profile: Profile, _lost: frozenset[Use]) -> tuple[Asked, ...]:
    """None: Jenkins itself asks those whom the config names."""
    return ()


def silence(event: Event, _pipeline: PipelineProgram, profile: Profile) -> Silence | None:
    """Why no build that Zuul v2 starts is for this event; None if there can be one. A build says only which of Zuul's
    pipelines started it, and the first event with that pipeline counts."""
    site = settings.of(profile)
    if event is Event.SCHEDULE:
        return _no_clock(site)
    if site.checkout != "zuul":
        return None
    keys, names = ((settings.NAME, "events", event.value),), site.events.get(event, ())
    if not names:
        return Silence(
            keys, "the profile names no Zuul pipeline for it", "To run it, name a Zuul pipeline.", meant=True
        )
    earlier = EVENTS[: EVENTS.index(event)]
    if taken := [other for other in earlier if set(names) <= set(site.events.get(other, ()))]:
        why = f"its Zuul pipelines stand for `{taken[0]}`, too, and a build tells only which pipeline started it"
        return Silence(keys, why, "Name each Zuul pipeline for one event.", meant=False)
    return None
