"""Dialect A: the config is a list of jobs, grouped by their `stage`; one pipeline, `main`, of version 0."""

from __future__ import annotations

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.dialects import making
from transpiler.nodes import Mapping, Node, Scalar, Sequence

PIPELINE = "main"
_BLUBBERFILE = "blubber.yaml"
_TEST, _PRODUCTION = "test", "production"


def version_0(root: Node, diagnostics: Diagnostics) -> Mapping | None:
    """The root in version 0 for a list that the dialect's schema has accepted; None after an error."""
    items = _distinct(root, diagnostics)
    groups: dict[str, list[making.Chain]] = {}
    for item in items:
        groups.setdefault(_text(item, "stage").text, []).append((_text(item, "name"),))
    arcs = making.execution(tuple(groups.values()), root.span, diagnostics)
    if arcs is None:
        return None
    stages = _stages(items, diagnostics)
    default = next((_text(item, "name").span for item in items if item.get("blubberfile") is None), None)
    pipeline = making.mapping(
        root.span,
        blubberfile=making.text(_BLUBBERFILE, default) if default else None,
        execution=arcs if len(items) > 1 else None,
        stages=making.sequence(root.span, stages),
    )
    at = _text(items[0], "name").span if items else root.span
    whole = Mapping(((making.text(PIPELINE, at), pipeline),) if items else (), root.span)
    return making.mapping(root.span, pipelines=whole)


def _distinct(root: Node, diagnostics: Diagnostics) -> list[Mapping]:
    """The items, without those that have the name of an earlier one."""
    found: dict[str, Mapping] = {}
    for item in root.items if isinstance(root, Sequence) else ():
        assert isinstance(item, Mapping)
        name = _text(item, "name")
        if name.text in found:
            line = _text(found[name.text], "name").span.line
            message = f"Two items have the name `{name.text}`; the other is on line {line}."
            diagnostics.error("duplicate-stage", message, name.span, "Rename one of them.")
        else:
            found[name.text] = item
    return list(found.values())


def _text(item: Mapping, key: str) -> Scalar:
    node = item.get(key)
    assert isinstance(node, Scalar)
    return node


def _stages(items: list[Mapping], diagnostics: Diagnostics) -> list[Node]:
    publishing = sum(_text(item, "stage").text == _PRODUCTION for item in items)
    known = {_TEST, _PRODUCTION}
    made: list[Node] = []
    for item in items:
        name, stage = _text(item, "name"), _text(item, "stage")
        if stage.text not in known:
            known.add(stage.text)
            diagnostics.note(
                "other-stage",
                f"transpipe builds and runs items in `{stage.text}` like those in `{_TEST}`, and "
                f"publishes only those in `{_PRODUCTION}`.",
                stage.span,
                f"Write `stage: {_PRODUCTION}` if the image should be published.",
            )
        several = stage.text == _PRODUCTION and publishing > 1
        made.append(_stage(item, making.own_name(name, "item", diagnostics) if several else None))
    return made


def _stage(item: Mapping, image: Scalar | None) -> Mapping:
    stage = _text(item, "stage")
    built = item.get("variant") or stage
    assert isinstance(built, Scalar)
    publishes = stage.text == _PRODUCTION
    steps = making.mapping(
        item.span,
        build=making.variant(built),
        run=None if publishes else making.true(stage.span),
        publish=making.image(stage.span, image) if publishes else None,
    )
    return Mapping((*making.kept(item, "name", "blubberfile", "directory"), *steps.entries), item.span)
