"""Values of a workflow as people write them, for the `before` and `after` of a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transpiler.durations import shown
from transpiler.expressions import List, Loop, Map, Ref, Source, Text
from transpiler.ir import Approval, Deploy, Mail, Promote, Promotion, Publish, Stage, Trigger
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


NOT_DEPLOYED: Mapping[str, str] = {
    "chart": "no chart",
    "environment": "to no environment",
    "cluster": "the default cluster",
    "namespace": "no namespace",
    "release": "as a rehearsal",
    "url": "no URL",
    "values": "without files of values",
    "image": "no image",
    "test": "not tested",
}
"""The parts of a deployment, each as it is without."""


def deployed(stage: Stage) -> dict[str, str]:
    """The deployment of a stage in parts; none if it deploys nothing."""
    for step in stage.steps:
        if isinstance(step, Deploy):
            return {part: said for part, said in _deployment(step) if said}
    return {}


NOT_ASKED: Mapping[str, str] = {"by": "by anybody", "message": "no question of its own", "timeout": "without a limit"}
"""The parts of an approval, each as it is without."""


def approval(asked: Approval | None) -> dict[str, str]:
    """Who is asked before a stage, in parts; none if nobody is."""
    if not asked:
        return {}
    return {
        "by": f"by {', '.join(asked.by)}" if asked.by else NOT_ASKED["by"],
        **({"message": asked.message} if asked.message else {}),
        **({"timeout": f"within {shown(asked.timeout)}"} if asked.timeout else {}),
    }


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


def _deployment(step: Deploy) -> Iterator[tuple[str, str]]:
    yield "chart", f"{text(step.chart)} {text(step.version)}" if step.version else text(step.chart)
    if step.release and step.release.environment:
        yield "environment", f"to {step.release.environment}"
    yield "cluster", f"cluster {step.cluster}" if step.cluster else NOT_DEPLOYED["cluster"]
    if step.release:
        yield "namespace", f"namespace {step.release.namespace}" if step.release.namespace else ""
        yield "release", f"as the release {step.release.name}, which stays"
        yield "url", f"at {step.release.url}" if step.release.url else ""
        yield "values", f"with {', '.join(map(text, step.release.values))}" if step.release.values else ""
    else:
        yield "release", NOT_DEPLOYED["release"]
    yield "image", f"image {text(step.image)}:{text(step.tag)}"
    yield "test", "tested" if step.test else NOT_DEPLOYED["test"]


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
