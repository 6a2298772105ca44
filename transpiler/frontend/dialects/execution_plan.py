"""Dialect C: stages that build a variant, and a plan of the order in which they run. In the plan, a list of names is a
group of stages that run in parallel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.dialects import artifacts, making
from transpiler.frontend.dialects.shape import pipelines
from transpiler.frontend.values.plain import TRUE, is_empty, note_word
from transpiler.nodes import Mapping, Node, Scalar, Sequence

_READABLE = re.compile(r"[A-Za-z0-9_-]+")


class _Stage(NamedTuple):
    """A stage's name, and its stages in version 0: the stage itself, one for each further test deployment, and one that
    proposes the tested version."""

    name: Scalar
    parts: tuple[Mapping, ...]

    @property
    def chain(self) -> making.Chain:
        return tuple(name for part in self.parts if isinstance(name := part.get("name"), Scalar))


def version_0(root: Mapping, diagnostics: Diagnostics) -> Mapping:
    """The pipelines in version 0; the document has passed its schema."""
    own = sum(_publishes(node) for _, node in pipelines(root)) > 1
    made = []
    for key, node in pipelines(root):
        name = making.own_name(key, "pipeline", diagnostics) if own and _publishes(node) else None
        made.append((key, _pipeline(key, node, name, diagnostics)))
    found = root.get("pipelines")
    return Mapping(tuple(made), found.span if found else root.span)


def _pipeline(key: Scalar, node: Mapping, image_name: Scalar | None, diagnostics: Diagnostics) -> Mapping:
    stages, execution = _given(node.get("stages")), node.get("execution")
    place = node.key("stages") or node.key("execution") or key
    groups: list[list[Scalar]] | None = None
    if isinstance(execution, Sequence) and execution.items:
        groups = _distinct(execution, diagnostics)
    if stages is not None:
        taken = {name.text for stage in stages if (name := _name(stage))}
        read = [_stage(stage, image_name, taken, diagnostics) for stage in stages]
    elif groups is not None:
        read = [_Stage(name, (making.mapping(name.span, name=name),)) for group in groups for name in group]
    else:
        read = _default(key, image_name)
    arcs = None
    if groups is not None and execution is not None:
        chains = {stage.name.text: stage.chain for stage in read}
        planned = [[chains.get(name.text, (name,)) for name in group] for group in groups]
        # The name in the plan, so that a mistake in it is reported at that place.
        planned = [
            [(name, *chain[1:]) if len(chain) > 1 else (name,) for name, chain in zip(group, row, strict=True)]
            for group, row in zip(groups, planned, strict=True)
        ]
        arcs = making.execution(planned, execution.span, diagnostics)
        named = {name.text for group in groups for name in group}
        read = [stage if stage.name.text in named else stage._replace(parts=stage.parts[:1]) for stage in read]
    written = making.sequence(place.span, [part for stage in read for part in stage.parts])
    made = making.mapping(node.span, execution=arcs, stages=written)
    return Mapping((*making.kept(node, "blubberfile", "directory"), *made.entries), node.span)


def _given(stages: Node | None) -> list[Mapping] | None:
    if not isinstance(stages, Sequence):
        return None
    return [stage for stage in stages.items if isinstance(stage, Mapping)]


def _distinct(execution: Sequence, diagnostics: Diagnostics) -> list[list[Scalar]]:
    """The names of each group, without those that were named before."""
    known: dict[str, Scalar] = {}
    groups = []
    for item in execution.items:
        group = []
        for name in item.items if isinstance(item, Sequence) else (item,):
            if not isinstance(name, Scalar):
                continue
            if first := known.get(name.text):
                message = f"`execution` names `{name.text}` twice; the first is on line {first.span.line}."
                diagnostics.error("stage-named-twice", message, name.span, "Remove one of the two: each runs once.")
            else:
                known[name.text] = name
                group.append(name)
        groups.append(group)
    return groups


def _default(key: Scalar, image_name: Scalar | None) -> list[_Stage]:
    test, production = making.text("test", key.span), making.text("production", key.span)
    published = making.mapping(key.span, name=production, build=production, publish=making.image(key.span, image_name))
    return [_Stage(test, (making.mapping(key.span, name=test),)), _Stage(production, (published,))]


def _publishes(node: Mapping) -> bool:
    """Whether any stage of a pipeline publishes an image."""
    stages, execution = _given(node.get("stages")), node.get("execution")
    if stages is None:
        return execution is None or is_empty(execution)
    return any(True for stage in stages for _ in _images(stage))


def _items(stage: Mapping, kind: str) -> Iterator[Mapping]:
    publish = stage.get("publish")
    for item in publish.items if isinstance(publish, Sequence) else ():
        if isinstance(item, Mapping) and isinstance(word := item.get("type"), Scalar) and word.text == kind:
            yield item


def _images(stage: Mapping) -> Iterator[Mapping]:
    return _items(stage, "image")


def _name(stage: Mapping) -> Scalar | None:
    name = stage.get("name")
    return name if isinstance(name, Scalar) else None


def _stage(stage: Mapping, image_name: Scalar | None, taken: set[str], diagnostics: Diagnostics) -> _Stage:
    name = _name(stage)
    assert name is not None
    if [key.text for key, _ in stage] == ["name"]:
        return _Stage(name, (stage,))
    variant = stage.get("variant") or name
    assert isinstance(variant, Scalar)
    charts = _charts(stage)
    promotes = _true(stage.get("deploy"), diagnostics)
    publish = _publish(stage, image_name, diagnostics)
    _check_shipping(stage, promotes, charts, diagnostics, published=publish is not None)
    copies = artifacts.copies(_items(stage, "files"), diagnostics)
    runs = publish is None and not charts and promotes is None
    if copies and not runs:
        key = stage.key("publish")
        diagnostics.note(
            "run-for-files",
            f"The stage `{name.text}` runs its image although it also publishes or deploys it: its "
            "files are copied from the container.",
            key.span if key else stage.span,
            "If the image should not run, publish the files in a separate stage.",
        )
    steps = making.mapping(
        stage.span,
        build=making.variant(variant),
        run=making.true(name.span) if runs or copies else None,
        copy=copies,
        publish=publish,
        promote=_promotion(promotes) if promotes and not charts else None,
        deploy=_deploy(charts[0]) if charts else None,
    )
    whole = Mapping((*making.kept(stage, "name"), *steps.entries), stage.span)
    further = (*_further(name, charts, taken), *(_proposal(name, promotes, taken) if promotes and charts else ()))
    return _Stage(name, (whole, *further))


def _true(node: Node | None, diagnostics: Diagnostics) -> Scalar | None:
    if not isinstance(node, Scalar):
        return None
    note_word(node, diagnostics)
    return node if node.text.lower() in TRUE else None


def _charts(stage: Mapping) -> list[Scalar]:
    given = stage.get("testDeploy")
    items = given.items if isinstance(given, Sequence) else ()
    return [chart for item in items if isinstance(item, Mapping) and isinstance(chart := item.get("chart"), Scalar)]


def _publish(stage: Mapping, image_name: Scalar | None, diagnostics: Diagnostics) -> Mapping | None:
    images = list(_images(stage))
    if not images:
        return None
    for second in images[1:]:
        message = "A stage can publish its image only once."
        diagnostics.error("bad-value", message, second.span, "List all tags in one item with `type: image`.")
    word = images[0].get("type")
    span = word.span if word else images[0].span
    return making.image(span, image_name, tags=images[0].get("tags"))


def _check_shipping(
    stage: Mapping, promotes: Scalar | None, charts: list[Scalar], diagnostics: Diagnostics, *, published: bool
) -> None:
    keys = [key for key, used in ((stage.key("testDeploy"), charts), (stage.key("deploy"), promotes)) if key and used]
    name = _name(stage)
    if not published:
        for key in keys:
            message = f"`{key.text}` needs an image, but the stage `{name.text if name else ''}` publishes none."
            diagnostics.error("nothing-to-deploy", message, key.span, "Add `publish: [{type: image}]` to the stage.")
    elif (len(charts) > 1 or len(keys) > 1) and name and not _READABLE.fullmatch(name.text):
        diagnostics.error(
            "bad-name",
            f"The name `{name.text}` cannot be used in a reference, and what the stage does after its "
            "first test deployment needs one.",
            name.span,
            "Use only letters, digits, `_` and `-` in the stage's name.",
        )


def _promotion(deploy: Scalar, version: str = "") -> Sequence:
    """The long form of `promote: true`. For the short form there would be a note, about something that the user did not
    write."""
    span = deploy.span
    chart = making.mapping(
        span,
        chart=making.text("${setup.projectShortName}", span),
        version=making.text(version, span) if version else None,
    )
    return making.sequence(span, (chart,))


def _deploy(chart: Scalar, image: str = "", tag: str = "") -> Mapping:
    span: Span = chart.span
    return making.mapping(
        span,
        image=making.text(image, span) if image else None,
        tag=making.text(tag, span) if tag else None,
        chart=making.mapping(span, name=chart),
    )


def _further(name: Scalar, charts: list[Scalar], taken: set[str]) -> Iterator[Mapping]:
    for number, chart in enumerate(charts[1:], 2):
        own = _untaken(f"{name.text}-deploy-{number}", f"-{number}", taken)
        deploy = _deploy(chart, f"${{{name.text}.imageName}}", f"${{{name.text}.imageTag}}")
        yield making.mapping(chart.span, name=making.text(own, chart.span), deploy=deploy)


def _proposal(name: Scalar, deploy: Scalar, taken: set[str]) -> Iterator[Mapping]:
    """The stage for `deploy: true` after test deployments. In the same stage, `promote` would run before them."""
    own = _untaken(f"{name.text}-promote", "-2", taken)
    promote = _promotion(deploy, f"${{{name.text}.imageTag}}")
    yield making.mapping(deploy.span, name=making.text(own, deploy.span), promote=promote)


def _untaken(name: str, suffix: str, taken: set[str]) -> str:
    while name in taken:
        name += suffix
    taken.add(name)
    return name
