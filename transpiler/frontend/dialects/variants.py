"""Dialect B: each pipeline tests some variants in parallel, then tests one in a cluster and publishes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.dialects import helm, making
from transpiler.frontend.dialects.shape import pipelines
from transpiler.frontend.values.plain import FALSE, note_word
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence

_TEST, _PRODUCTION, _CANDIDATE, _REHEARSAL = "test", "production", "candidate", "rehearsal"
_TAKEN = (_PRODUCTION, _CANDIDATE, _REHEARSAL, "setup", "teardown")
"""Names that the stage of a test cannot have. A variant with such a name is tested in the stage `test-<variant>`."""


def version_0(root: Mapping, directory: Path | None, diagnostics: Diagnostics) -> Mapping:
    """The pipelines in version 0; the document has passed its schema. `directory` is the repository, or None."""
    publishing = [key.text for key, node in pipelines(root) if _production(key, node)]
    made = [
        (key, _pipeline(key, node, directory, diagnostics, own=len(publishing) > 1)) for key, node in pipelines(root)
    ]
    found = root.get("pipelines")
    return Mapping(tuple(made), found.span if found else root.span)


def helm_configs(root: Mapping) -> Iterator[helm.Named]:
    """The helm configs that the document's meaning depends on, whether or not they exist."""
    for key, node in pipelines(root):
        if _production(key, node):
            yield _helm_config(key, node)


def _helm_config(key: Scalar, node: Mapping) -> helm.Named:
    given = node.get("helmConfig")
    if isinstance(given, Scalar):
        return helm.Named(given.text, given.span, must_exist=True)
    return helm.Named(f"{key.text}/helm.yaml", key.span, must_exist=False)


def _pipeline(key: Scalar, node: Mapping, directory: Path | None, diagnostics: Diagnostics, *, own: bool) -> Mapping:
    tests = [(making.text(_free(v.text, _tests(key, node)), v.span), v) for v in _distinct(key, node, diagnostics)]
    production, published = _production(key, node), None
    stages = [_test(name, variant) for name, variant in tests]
    groups: list[list[making.Chain]] = [[(name,) for name, _ in tests]]
    if production:
        if own:
            published = making.own_name(key, "pipeline", diagnostics)
        chart = helm.chart(_helm_config(key, node), directory, diagnostics)
        shipped = _shipped(production, published, chart)
        stages += shipped
        groups.append([tuple(name for stage in shipped if isinstance(name := stage.get("name"), Scalar))])
    else:
        _note_off(node, diagnostics)
    if not production and (unused := node.key("helmConfig")):
        diagnostics.warning(
            "unused-helm-config",
            "`helmConfig` is not used: with `production: false` no image is published.",
            unused.span,
            "Remove it, or name the variant to publish under `variants.production`.",
        )
    arcs = making.execution(groups, key.span, diagnostics)
    made = making.mapping(
        node.span,
        execution=arcs if len(tests) > 1 else None,
        stages=making.sequence(_place(key, node), stages),
    )
    return Mapping((*making.kept(node, "blubberfile", "directory"), *made.entries), node.span)


def _place(key: Scalar, node: Mapping) -> Span:
    """The place that determines the stages: `variants`, or the pipeline's name if all is default."""
    found = node.key("variants")
    return found.span if found else key.span


def _variants(node: Mapping) -> Mapping | None:
    found = node.get("variants")
    return found if isinstance(found, Mapping) else None


def _tests(key: Scalar, node: Mapping) -> tuple[Scalar, ...]:
    variants = _variants(node)
    given = variants.get("test") if variants else None
    if isinstance(given, Sequence):
        return tuple(item for item in given.items if isinstance(item, Scalar))
    return (given,) if isinstance(given, Scalar) else (making.text(_TEST, _place(key, node)),)


def _distinct(key: Scalar, node: Mapping, diagnostics: Diagnostics) -> list[Scalar]:
    found: dict[str, Scalar] = {}
    for variant in _tests(key, node):
        if variant.text in found:
            message = f"The variant `{variant.text}` is listed twice under `variants.test`."
            diagnostics.error("duplicate-stage", message, variant.span, "Remove one of the two.")
        found.setdefault(variant.text, variant)
    return list(found.values())


def _free(name: str, tests: tuple[Scalar, ...]) -> str:
    if name not in _TAKEN:
        return name
    free, others = f"test-{name}", {test.text for test in tests}
    while free in others:
        free = f"test-{free}"
    return free


def _production(key: Scalar, node: Mapping) -> Scalar | None:
    """The variant that is published, or None."""
    variants = _variants(node)
    given = variants.get("production") if variants else None
    if not isinstance(given, Scalar):
        return making.text(_PRODUCTION, _place(key, node))
    off = given.kind is Kind.BOOL or (given.plain and given.text.lower() in FALSE)
    return None if off else given


def _note_off(node: Mapping, diagnostics: Diagnostics) -> None:
    variants = _variants(node)
    given = variants.get("production") if variants else None
    if isinstance(given, Scalar):
        note_word(given, diagnostics)


def _test(name: Scalar, variant: Scalar) -> Mapping:
    if name.text == variant.text:
        return making.mapping(variant.span, name=variant)
    return making.mapping(variant.span, name=name, build=variant, run=making.true(variant.span))


def _shipped(variant: Scalar, image_name: Scalar | None, chart: Node | None) -> list[Mapping]:
    """The stages after the tests: candidate, rehearsal and production, or production alone."""
    at = variant.span
    name = making.text(_PRODUCTION, at)
    if chart is None:
        built = making.image(at, image_name)
        return [making.mapping(at, name=name, build=making.variant(variant), publish=built)]
    deployed = making.mapping(
        chart.span,
        image=making.text("${candidate.imageName}", at),
        tag=making.text("${candidate.imageTag}", at),
        chart=chart,
    )
    again = making.image(at, image_name, id=making.text("${candidate.imageID}", at))
    candidate = making.text(_CANDIDATE, at)
    return [
        making.mapping(at, name=candidate, build=making.variant(variant), publish=making.image(at, image_name)),
        making.mapping(chart.span, name=making.text(_REHEARSAL, at), deploy=deployed),
        making.mapping(at, name=name, publish=again),
    ]
