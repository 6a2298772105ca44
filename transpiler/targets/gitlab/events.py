"""The rules that decide when pipelines run: the site's conditions are written once, in `workflow`, and the pipelines
refer to them by anchors, which have the names of the config's events.
"""

from __future__ import annotations

from collections.abc import Collection

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.view import Rule

# The more specific event comes first: at some sites, a pipeline on any branch is a change.
_ORDER = (Event.SCHEDULE, Event.TAG, Event.MERGE, Event.CHANGE)
_NEVER = "never"
_DEFAULT_BRANCH = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
_CHANGE = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_NO_SCHEDULE = '$CI_PIPELINE_SOURCE != "schedule"'


def workflow_rules(profile: Profile, used: Collection[Event], *, never: bool) -> tuple[Rule, ...]:
    """The rules of `workflow`. If the site has no condition for an event, its rule has `when: never`; such rules come
    last, because GitLab uses the first rule that matches. `never`: there are pipelines without events, which have such
    a rule of their own."""
    rules, site = [], settings.of(profile).rules
    events = sorted(used, key=lambda event: (not site.get(event), _ORDER.index(event)))
    for event in events:
        said = conditions(event, profile, used)
        if event is Event.CHANGE and said and not all("merge_request" in c for c in said):
            why = "one pipeline for a branch that has a merge request, not two"
            rules.append(Rule("", "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS", True, why))
        rules += [Rule(anchor, text, False) for anchor, text in zip(_anchors(event, profile), said, strict=False)]
        if not said:
            rules.append(Rule(event, "", True))
    return (*rules, Rule(_NEVER, "", True)) if never else tuple(rules)


def anchors(events: Collection[Event], profile: Profile) -> tuple[str, ...]:
    """The anchors of these events' rules. Rules with `when: never` come last. Without events, it is a rule that never
    matches."""
    site = settings.of(profile).rules
    ordered = sorted(events, key=lambda event: not site.get(event))
    return tuple(anchor for event in ordered for anchor in _anchors(event, profile)) or (_NEVER,)


def conditions(event: Event, profile: Profile, used: Collection[Event]) -> tuple[str, ...]:
    """The conditions of an event's rules in a file for these events."""
    found = _conditions(event, profile)
    by_clock = Event.SCHEDULE in used and event is not Event.SCHEDULE
    return tuple(map(_not_by_clock, found)) if by_clock else found


def _conditions(event: Event, profile: Profile) -> tuple[str, ...]:
    """The site's conditions for an event. If the profile names branches for merges, they replace the default branch in
    a condition; a condition that does not mention the default branch is limited to them."""
    conditions = settings.of(profile).rules.get(event, ())
    if event is not Event.MERGE or not profile.branches_said:
        return conditions
    branches = " || ".join(f'$CI_COMMIT_BRANCH == "{branch}"' for branch in profile.branches)
    guard = f"({branches})" if len(profile.branches) > 1 else branches
    return tuple(_guarded(condition, guard) for condition in conditions)


def _not_by_clock(condition: str) -> str:
    """The condition, which does not hold for what GitLab's clock starts: the rules of the jobs of all pipelines are
    asked then, also of those that the config does not let the clock start."""
    alone = "||" not in condition
    if alone and (_NO_SCHEDULE in condition or _CHANGE in condition):
        return condition
    return f"{_NO_SCHEDULE} && {condition if alone else f'({condition})'}"


def _guarded(condition: str, guard: str) -> str:
    text = condition.replace(_DEFAULT_BRANCH, guard)
    sure = _DEFAULT_BRANCH in condition and "||" not in condition
    return text if sure else f"{guard} && ({text})"


def _anchors(event: Event, profile: Profile) -> tuple[str, ...]:
    count = len(settings.of(profile).rules.get(event, ()))
    return (event.value, *(f"{event}-{number}" for number in range(2, count + 1)))
