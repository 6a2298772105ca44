"""What a site provides and asks for, before and after: targets and what they lose, house rules, settings.

A setting that shows in programs is told there. Settings are compared here only where targets read them themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum

from transpiler.difference.model import Change, How, Side, Topic
from transpiler.difference.things import changed, compared_fields, members, place
from transpiler.profile import Profile
from transpiler.program import Use
from transpiler.records import replace

_ASKING = ("approval", "approvers")
"""The settings that say in which environment people approve."""

_ELSEWHERE = frozenset(
    {
        *("name", "targets", "settings", "credentials", "triggers", "policy", "actions", "unsupported"),
        *("required_stages", "project", "publishing_events", "other_events", "environment"),
        *("builder", "run_timeout", "kubernetes", "promotion", "proxy", "pull"),  # they show in programs alone
    }
)
"""The fields of a profile that are compared in another way. All others are settings that targets may read."""

_OF_PLAN = frozenset({"source", "project", "pipelines", "concurrency", "uses", "folder"})
"""The fields of a plan that are compared in another way."""

_TITLES = {
    "branches_said": "branches on engines that know the default branch",
    "mail_command": "notify.command",
    "mail_from": "notify.from",
    "container": "container.command",
}


def compare_rules(old: Side | None, new: Side | None) -> Iterator[Change]:
    """House rules that were switched, and the breaches of them that came and went."""
    if old and new:
        yield from changed(Topic.RULE, _rules(old.profile), _rules(new.profile), place())
        at = replace(place(), after="accepted")
        yield from members(Topic.LOSS, _accepted(old), _accepted(new), at)
    before, after = (dict.fromkeys(side.breaches) if side else {} for side in (old, new))
    for how, here, there in ((How.ADDED, after, before), (How.REMOVED, before, after)):
        for rule, message in here:
            if (rule, message) not in there:
                given = {"after": message} if how is How.ADDED else {"before": message}
                yield replace(place(), topic=Topic.BREACH, how=how, name=rule, **given)


def compare_project(old: Side | None, new: Side | None) -> Iterator[Change]:
    """What holds for the whole config."""
    yield from changed(Topic.PROJECT, _whole(old), _whole(new), place())
    if old and new:
        theirs = compared_fields(new.plan)
        for field, before in compared_fields(old.plan).items():
            if field not in _OF_PLAN and before != theirs[field]:
                after = theirs[field]
                yield replace(place(), topic=Topic.PROJECT, name=field, before=_word(before), after=_word(after))


def compare_settings(old: Side, new: Side) -> Iterator[Change]:
    """Settings of the site that all targets read."""
    before, after = (
        _flat({name: held for name, held in compared_fields(side.profile).items() if name not in _ELSEWHERE})
        for side in (old, new)
    )
    yield from changed(Topic.SETTING, before, after, place())


def compare_target(name: str, old: Side | None, new: Side | None) -> Iterator[Change]:
    """What a target, which is there on one side at least, is told and loses. A side is None if it does not compile for
    this target."""
    at = place(target=name)
    if not old or not new:
        how = How.ADDED if new else How.REMOVED
        yield replace(at, topic=Topic.TARGET, how=how, name=name)
    yield from _losses(at, name, old, new)
    if old and new:
        for change in changed(Topic.SETTING, _flat(old.profile.settings[name]), _flat(new.profile.settings[name]), at):
            asks = change.name.partition(".")[0] in _ASKING and (_gated(old) or _gated(new))
            yield replace(change, topic=Topic.APPROVAL) if asks else change
        before, after = _names(old, name), _names(new, name)
        both = [key for key in after if key in before]
        yield from changed(Topic.SETTING, {key: before[key] for key in both}, {key: after[key] for key in both}, at)


def _gated(side: Side) -> bool:
    return any(stage.approval for pipeline in side.plan.pipelines for stage in pipeline.stages)


def _rules(profile: Profile) -> dict[str, str]:
    actions = {f"actions on {event}": ", ".join(allowed) or "none" for event, allowed in profile.actions.items()}
    required = {f"required stage {stage.name}": "error" for stage in profile.required_stages}
    return {**{rule: severity for rule, severity in profile.policy.items() if severity != "off"}, **actions, **required}


def _accepted(side: Side) -> list[str]:
    return sorted(side.profile.unsupported)


def _whole(side: Side | None) -> dict[str, str]:
    if not side:
        return {}
    plan = side.plan
    said = {"project": plan.project, "concurrency": plan.concurrency and str(plan.concurrency), "folder": plan.folder}
    return {name: value for name, value in said.items() if value}


def _losses(at: Change, target: str, old: Side | None, new: Side | None) -> Iterator[Change]:
    before, after = (_lost(side, target) if side else {} for side in (old, new))
    for how, here, there in ((How.ADDED, after, before), (How.REMOVED, before, after)):
        for key, why in here.items():
            if key not in there:
                name, pipeline, stage = key
                given = {"after": why} if how is How.ADDED else {"before": why}
                yield replace(at, topic=Topic.LOSS, how=how, name=name, pipeline=pipeline, stage=stage, **given)


def _lost(side: Side, target: str) -> dict[tuple[str, str, str], str]:
    uses = {(_use(use), use.pipeline, use.stage): why for name, use, why in side.lost if name == target}
    silent = {(f"event {event}", p, ""): silence.why for name, p, event, silence in side.silent if name == target}
    return {**uses, **silent}


def _use(use: Use) -> str:
    return f"{use.feature} {use.detail}" if use.detail else use.feature.value


def _names(side: Side, target: str) -> dict[str, str]:
    """The target's names of the credentials and jobs that the plan uses."""
    stages = [stage for pipeline in side.plan.pipelines for stage in pipeline.stages]
    ids = dict.fromkeys(use.id for stage in stages for use in stage.credentials)
    jobs = dict.fromkeys(stage.trigger.name for stage in stages if stage.trigger)
    profile = side.profile
    return {
        **{f"credential {id_}": ", ".join(profile.names(id_, target)) for id_ in ids},
        **{f"trigger {name}": profile.job(name, target) for name in jobs},
    }


def _flat(value: object, at: str = "") -> dict[str, str]:
    """The values in a record, each under the names that lead to it; empty ones are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = compared_fields(value)
    elif isinstance(value, Mapping):
        inner = {str(_word(key)): held for key, held in value.items()}
    else:
        word = _word(value)
        return {at: word} if word else {}
    found: dict[str, str] = {}
    for name, held in inner.items():
        title = _TITLES.get(name, name) if not at else f"{at}.{name}"
        found |= _flat(held, title)
    return found


def _word(value: object) -> str:
    match value:
        case None | False | "":
            return ""
        case True:
            return "yes"
        case Enum():
            return str(value.value)
        case tuple() | list() | frozenset():
            return ", ".join(
                f"({word})" if isinstance(item, tuple) else word for item in value if (word := _word(item))
            )
        case _:
            if is_dataclass(value) and not isinstance(value, type):
                return "; ".join(f"{name} {word}" for name, word in _flat(value).items())
            return str(value)
