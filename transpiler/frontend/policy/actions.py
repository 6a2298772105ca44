"""Which actions a site allows for which event (`policy.actions` in the profile): a house rule with its own list.

An action is what a step does; reading a credential counts as one. An event without a list allows every action.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler.diagnostics import Span
from transpiler.ir import EVENTS, Event, Pipeline, Stage
from transpiler.profile import Profile
from transpiler.steps import credentials, kind_of

CREDENTIALS = "credentials"


def forbidden(pipeline: Pipeline, stage: Stage, profile: Profile) -> Iterator[tuple[str, Span | None, str]]:
    """The message, place and hint for each action of the stage that the profile does not allow; events with the same
    list and the same breach are reported together."""
    if not profile.actions:
        return
    taken = _taken(stage)
    breaches: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Event]] = {}
    for event in pipeline.events:
        allowed = profile.actions.get(event)
        if allowed is not None and (missing := tuple(action for action in taken if action not in allowed)):
            breaches.setdefault((missing, allowed), []).append(event)
    for (missing, allowed), events in breaches.items():
        others = _listed(allowed) or "nothing"
        yield (
            f"Stage `{stage.name}` of pipeline `{pipeline.name}` uses {_listed(missing)}, which the profile "
            f"`{profile.name}` does not allow for {_listed(events)}. It allows {others}.",
            taken[missing[0]],
            _hint(events, taken, missing, allowed, profile),
        )


def _taken(stage: Stage) -> Mapping[str, Span | None]:
    """The actions of a stage, in order, with the position of the first of each."""
    found: dict[str, Span | None] = {}
    for step in stage.steps:
        kind = kind_of(step)
        if kind.acts:
            found.setdefault(kind.name, step.span)
        for credential in credentials(step):
            found.setdefault(CREDENTIALS, credential.span or step.span)
    return found


def _hint(
    events: list[Event],
    taken: Mapping[str, object],
    missing: tuple[str, ...],
    allowed: tuple[str, ...],
    profile: Profile,
) -> str:
    # Nobody who builds a change wants to wait for the clock instead.
    others = [e for e in EVENTS[:-1] if e not in events and set(taken) <= set(profile.actions.get(e, taken))]
    move = f"Move the stage to a pipeline with `events: [{', '.join(others)}]`, or add" if others else "Add"
    lists = ", ".join(f"{event}: [{', '.join((*allowed, *missing))}]" for event in events)
    return f"{move} to {profile.where_to_add}: `policy: {{actions: {{{lists}}}}}`."


def _listed(words: tuple[str, ...] | list[Event]) -> str:
    return ", ".join(f"`{word}`" for word in words)
