"""When anything runs: the site's conditions, each once in `workflow`, and how the pipelines refer to them.

The anchors have the names of the config's events, so that a pipeline's rules read as the config does.
"""

from __future__ import annotations

from collections.abc import Collection

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.view import Rule

# What is more special comes first: a site may take every branch's pipeline for a change.
_ORDER = (Event.TAG, Event.MERGE, Event.CHANGE)
_NEVER = "never"
_DEFAULT_BRANCH = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"


def workflow_rules(profile: Profile, used: Collection[Event], *, never: bool) -> tuple[Rule, ...]:
    """When anything runs. An event that the site has no condition for never comes: its rule holds nothing up, last.
    So does the rule for pipelines without events, if there are any (`never`)."""
    rules, site = [], settings.of(profile).rules
    events = sorted(used, key=lambda event: (not site.get(event), _ORDER.index(event)))
    for event in events:
        conditions = _conditions(event, profile)
        if event is Event.CHANGE and conditions and not all("merge_request" in c for c in conditions):
            why = "one pipeline for a branch that has a merge request, not two"
            rules.append(Rule("", "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS", True, why))
        rules += [Rule(anchor, text, False) for anchor, text in zip(_anchors(event, profile), conditions, strict=False)]
        if not conditions:
            rules.append(Rule(event, "", True))
    return (*rules, Rule(_NEVER, "", True)) if never else tuple(rules)


def anchors(events: Collection[Event], profile: Profile) -> tuple[str, ...]:
    """The anchors of the rules that these events stand for; those that never come are last. Without events, a rule
    that never holds."""
    site = settings.of(profile).rules
    ordered = sorted(events, key=lambda event: not site.get(event))
    return tuple(anchor for event in ordered for anchor in _anchors(event, profile)) or (_NEVER,)


def _conditions(event: Event, profile: Profile) -> tuple[str, ...]:
    """The site's conditions for an event. The branches that the profile names stand for the default branch; a condition
    that does not ask for that holds on these branches alone."""
    conditions = settings.of(profile).rules.get(event, ())
    if event is not Event.MERGE or not profile.branches_said:
        return conditions
    branches = " || ".join(f'$CI_COMMIT_BRANCH == "{branch}"' for branch in profile.branches)
    guard = f"({branches})" if len(profile.branches) > 1 else branches
    return tuple(_guarded(condition, guard) for condition in conditions)


def _guarded(condition: str, guard: str) -> str:
    text = condition.replace(_DEFAULT_BRANCH, guard)
    sure = _DEFAULT_BRANCH in condition and "||" not in condition
    return text if sure else f"{guard} && ({text})"


def _anchors(event: Event, profile: Profile) -> tuple[str, ...]:
    count = len(settings.of(profile).rules.get(event, ()))
    return (event.value, *(f"{event}-{number}" for number in range(2, count + 1)))
