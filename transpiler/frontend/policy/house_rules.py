"""The house rules of a site (`policy` in the profile): things that are correct, but that the site does not want.

Each rule is off, a warning or an error. A rule looks at the finished workflow and knows nothing of YAML. Sets of stages
are bit masks: no rule compares each stage with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.frontend.policy import deployments
from transpiler.frontend.policy.actions import forbidden
from transpiler.frontend.policy.provenance import Images, Origins, descendants, images
from transpiler.frontend.policy.services import Service, Services, services
from transpiler.ir import BuildFile, Deploy, Event, Stage, Workflow
from transpiler.profile import Profile
from transpiler.steps import kind_of

_SHOWN = 5
_ORDER = tuple(Event)
_NEVER = len(_ORDER)
_ANY, _UNKNOWN = "any", "unknown"
Finding: TypeAlias = tuple[str, Span | None, str]
"""Message, place and hint."""
Subject: TypeAlias = Service | str
"""The subject of a test: a service, or `unknown` if the image is not built by the pipeline; `any` is all of them."""


class View(NamedTuple):
    """What rules need of a workflow: its pipelines with what they do with images, and its services."""

    pipelines: tuple[Images, ...]
    services: Services
    profile: Profile


def check(workflow: Workflow, profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports every breach of a rule that is not off."""
    found = tuple(images(pipeline) for pipeline in workflow.pipelines)
    view = View(found, services(found), profile)
    for rule, find in RULES.items():
        severity = severity_of(profile.policy, rule)
        for message, span, hint in find(view) if severity else ():
            diagnostics.add(Diagnostic(rule, severity or Severity.NOTE, message, span, hint))


def severity_of(policy: Mapping[str, str], rule: str) -> Severity | None:
    """The severity of a breach of the rule; None if the rule is off."""
    return {"warn": Severity.WARNING, "error": Severity.ERROR}.get(policy.get(rule, "off"))


def report_breach(diagnostics: Diagnostics, profile: Profile, rule: str, message: str, span: Span, hint: str) -> None:
    """Reports a breach of a rule that can be decided at one place of the config, with the severity that the profile
    sets."""
    if severity := severity_of(profile.policy, rule):
        diagnostics.add(Diagnostic(rule, severity, message, span, hint))


def _untested_publish(view: View) -> Iterator[Finding]:
    for found in view.pipelines:
        before, shipping = found.before.masks, found.mask(found.shipped)
        # A `run` after something was shipped tests that image, so only stages that ship the same image must wait for
        # it.
        tests = found.mask(name for name in found.run if not before[name] & shipping)
        trials = _trials(found, tests) if shipping else {}
        after = descendants(found.pipeline.graph) if trials else {}
        for name, origins in found.shipped.items():
            wanted, stage = tests, found.stages[name]
            if trials and not _only_deploys(stage):
                for origin in origins:
                    wanted |= trials.get(origin, 0) & ~after[name]
            loose = wanted & ~before[name] & ~found.mask((name,))
            if loose:
                first = next(found.names(loose))
                yield (
                    f"`{name}` does not wait for {_listed(found, loose)}, so it runs even when tests fail.",
                    stage.span,
                    f"Add an arc such as `[{first}, {name}]`.",
                )


def _trials(found: Images, tests: int) -> Mapping[str, int]:
    """By the stage that built an image: the stages that test it after it was shipped."""
    tried: dict[str, int] = {}
    for name, origins in (*found.run.items(), *found.rehearsed.items()):
        bit = found.mask((name,)) & ~tests
        for origin in origins if bit else ():
            tried[origin] = tried.get(origin, 0) | bit
    return tried


def _only_deploys(stage: Stage) -> bool:
    return all(isinstance(step, Deploy) for step in stage.steps if kind_of(step).leaves)


def _listed(found: Images, stages: int) -> str:
    shown = ", ".join(f"`{name}`" for name in islice(found.names(stages), _SHOWN))
    more = stages.bit_count() - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _production_without_test(view: View) -> Iterator[Finding]:
    tests = [_tests(view, found) for found in view.pipelines]
    earliest: dict[Subject, int] = {}
    for found, masks in zip(view.pipelines, tests, strict=True):
        for subject in masks:
            earliest[subject] = min(earliest.get(subject, _NEVER), _first_event(found))
    for found, masks in zip(view.pipelines, tests, strict=True):
        rehearsed = frozenset[str]().union(*found.rehearsed.values())
        for stage, origins in _published(found):
            upstream = found.before.masks[stage.name] | found.mask((stage.name,))
            untested = any(
                not any(tested & upstream for tested in _of(subject, masks))
                and min(_of(subject, earliest), default=_NEVER) >= _first_event(found)
                for subject in view.services.of(found, origins) or (_ANY,)
            )
            # An image that is published to be deployed and tested is the candidate, not yet the production image.
            if untested and not origins & rehearsed:
                yield (
                    f"`{stage.name}` publishes an image that was not tested: no stage runs it before this one in "
                    f"pipeline `{found.pipeline.name}`, or in a pipeline for an earlier event.",
                    stage.span,
                    "Add a stage that runs the tests, and an arc from it to this stage.",
                )


def _tests(view: View, found: Images) -> Mapping[Subject, int]:
    """By service: the stages that run its image, or deploy it and test the deployment."""
    masks: dict[Subject, int] = {}
    for name, origins in (*found.run.items(), *found.rehearsed.items()):
        for subject in (*(view.services.of(found, origins) or (_UNKNOWN,)), _ANY):
            masks[subject] = masks.get(subject, 0) | found.mask((name,))
    return masks


def _of(subject: Subject, found: Mapping[Subject, int]) -> Iterator[int]:
    """The masks that apply to a service: an image of unknown origin may test any service."""
    return (found[key] for key in {subject, _UNKNOWN} if key in found)


def _publish_without_deploy(view: View) -> Iterator[Finding]:
    earliest: dict[Subject, int] = {}
    for found in view.pipelines:
        for origins in found.rehearsed.values():
            for subject in (*(view.services.of(found, origins) or (_UNKNOWN,)), _ANY):
                earliest[subject] = min(earliest.get(subject, _NEVER), _first_event(found))
    reported: set[Subject] = set()
    for found in view.pipelines:
        for stage, origins in _published(found):
            own = (view.services.of(found, origins) or {_ANY}) - reported
            missed = [s for s in own if min(_of(s, earliest), default=_NEVER) > _first_event(found)]
            if missed:
                reported |= own if origins else set()
                yield (
                    f"`{stage.name}` publishes an image, but no stage deploys and tests an image of its service.",
                    stage.span,
                    "Add a stage with `deploy` (and without `test: false`).",
                )


def _mixed_blubberfiles(view: View) -> Iterator[Finding]:
    reported: set[Service] = set()
    for found in view.pipelines:
        for _, origins in _published(found):
            for origin in sorted(origins):
                stage, build = found.stages[origin], found.builds[origin]
                others = view.services.counterparts(stage.directory, build.file)
                if not others or (stage.directory, build.file) in reported:
                    continue
                reported.add((stage.directory, build.file))
                tested = ", ".join(sorted(_shown(file) for file in others))
                yield (
                    f"The published image of `{origin}` is built from {_shown(build.file)}, but the tested image is "
                    f"built from {tested}.",
                    build.span,
                    "Build both from one file, with a variant for each.",
                )


def _shown(file: BuildFile) -> str:
    if file.path is None:
        return "an inline blubberfile"
    return f"`{file.path.literal}`" if file.path.literal else "a file that is known only while the pipeline runs"


def _published(found: Images) -> Iterator[tuple[Stage, Origins]]:
    """The stages that publish; if several publish the same build, only the first."""
    seen: set[Origins] = set()
    for name, origins in found.published.items():
        if found.pipeline.events and (not origins or origins not in seen):
            seen.add(origins)
            yield found.stages[name], origins


def _first_event(found: Images) -> int:
    return min((_ORDER.index(event) for event in found.pipeline.events), default=_NEVER)


def _action_not_allowed(view: View) -> Iterator[Finding]:
    for found in view.pipelines:
        for stage in found.pipeline.stages:
            yield from forbidden(found.pipeline, stage, view.profile)


def _of_each(view: View, find: Callable[[Images], Iterator[Finding]]) -> Iterator[Finding]:
    """What a rule that looks at one pipeline at a time finds."""
    for found in view.pipelines:
        yield from find(found)


RULES: Mapping[str, Callable[[View], Iterator[Finding]]] = {
    "untested-publish": _untested_publish,
    "production-without-test": _production_without_test,
    "publish-without-deploy": _publish_without_deploy,
    "mixed-blubberfiles": _mixed_blubberfiles,
    "release-without-test": lambda view: _of_each(view, deployments.untried),
    "release-on-change": lambda view: _of_each(view, deployments.on_change),
    "approve-after-release": lambda view: _of_each(view, deployments.approved_too_late),
    "action-not-allowed": _action_not_allowed,
}
"""All rules, except those that are checked while a config is read: `unused-stages`, `deploy-without-timeout` and
`image-name-outside`."""
