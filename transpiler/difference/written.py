"""Values of a workflow as people write them, for the `before` and `after` of a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpiler.expressions import List, Loop, Map, Ref, Source, Text
from transpiler.ir import Deploy, Mail, Promote, Promotion, Publish, Stage, Trigger
from transpiler.program import CredentialUse


def text(value: Text) -> str:
    """A string, with its references in the notation of a config."""
    return "".join(part if isinstance(part, str) else _reference(part) for part in value.parts)


def value(given: Text | List[Any] | Map | Loop[Any] | None) -> str:
    """Any value on one line."""
    match given:
        case Text():
            return text(given)
        case List(items):
            return ", ".join(value(item) for item in items)
        case Map(entries):
            return ", ".join(f"{text(key)}: {_nested(held)}" for key, held in entries)
        case Loop():
            return f"each of {value(given.source)}: {value(given.item)}"
        case _:
            return ""


def credential(use: CredentialUse) -> str:
    """A credential's kind and variables."""
    unless = ", if the run may have it" if use.optional else ""
    return f"{use.kind} as {', '.join(use.variables)}{unless}" if use.variables else f"{use.kind}{unless}"


def published(stage: Stage) -> Iterator[str]:
    """The names with tags under which a stage publishes images."""
    for step in stage.steps:
        if isinstance(step, Publish):
            name = text(step.name)
            yield f"{name}:{text(step.tag)}"
            yield from (f"{name}:{value(tag)}" for tag in step.tags.items)


def promoted(stage: Stage) -> Iterator[str]:
    """The charts whose versions a stage proposes."""
    for step in stage.steps:
        for item in step.items.items if isinstance(step, Promote) else ():
            yield (
                f"each of {value(item.source)}: {_promotion(item.item)}" if isinstance(item, Loop) else _promotion(item)
            )


def deployed(stage: Stage) -> Iterator[str]:
    """The charts that a stage deploys, and how."""
    for step in stage.steps:
        if isinstance(step, Deploy):
            version = f" {text(step.version)}" if step.version else ""
            how = f"image {text(step.image)}:{text(step.tag)}, {'tested' if step.test else 'not tested'}"
            yield f"{text(step.chart)}{version} {_where(step)} ({how})"


def triggered(stage: Stage) -> Iterator[str]:
    """The jobs that a stage starts."""
    for step in stage.steps:
        if isinstance(step, Trigger):
            given = ", ".join(f"{name}={text(held)}" for name, held in step.parameters)
            how = ["waits" if step.wait else "does not wait", *(["fails with it"] if step.propagate else [])]
            yield f"{step.name}({given}), {' and '.join(how)}"


def mail(given: Mail | None) -> str:
    """Whom a stage's failure is told, and the subject."""
    return f"to {value(given.to)}: {text(given.subject)}" if given else ""


def _where(step: Deploy) -> str:
    """Where a release goes, and that it stays if it does."""
    cluster = step.cluster or "the default cluster"
    release = step.release
    if not release:
        return f"on {cluster} as a rehearsal"
    namespace = f", namespace {release.namespace}" if release.namespace else ""
    named = f"{release.environment}, " if release.environment else ""
    values = f", with {', '.join(map(text, release.values))}" if release.values else ""
    url = f", at {release.url}" if release.url else ""
    return f"to {named}{cluster}{namespace} as the release {release.name}, which stays{url}{values}"


def _promotion(item: Promotion) -> str:
    where = value(item.environments) or "all environments"
    return f"{text(item.chart)} {text(item.version)} for {where}"


def _nested(held: Text | List[Any] | Map) -> str:
    inner = value(held)
    return inner if isinstance(held, Text) else f"{{{inner}}}" if isinstance(held, Map) else f"[{inner}]"


def _reference(part: Ref) -> str:
    default = f"|{part.default}" if part.default else ""
    before = {Source.STAGE: f"{part.stage}.", Source.SETUP: "setup.", Source.LOOP: "."}.get(part.source, "")
    return f"${{{before}{part.key}{default}}}"
