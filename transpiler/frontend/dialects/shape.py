"""Recognises the dialect of a document by its shape: by keys that only one dialect has.

It looks at keys and never at whether values are right; it accepts a document of any shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.shape.foreign import refused
from transpiler.frontend.values.plain import TRUE
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence


class Dialect(StrEnum):
    """The forms of a config, as `version` names them. A is a list without top-level keys, so its name here is
    invented."""

    V0 = "0"
    A = "proposal-a"
    B = "proposal-b"
    C = "proposal-c"


TITLES = {Dialect.V0: "version 0", Dialect.A: "proposal A", Dialect.B: "proposal B", Dialect.C: "proposal C"}

LATER_PIPELINE_KEYS = ("dockerfile", "fetch", "notify", "events")
LATER_STAGE_KEYS = (
    "blubberfile",
    "dockerfile",
    "directory",
    "timeout",
    "attempts",
    "allowFailure",
    "approve",
    "matrix",
    "build",
    "run",
    "copy",
    "promote",
    "exports",
    "trigger",
    "notify",
)
_MOST_NAMES = 8
_UNSTAGED = "`stages` defines each name."
_FIXES = {
    "variants": "each variant is a stage: `stages: [{name: test}]`.",
    "helmConfig": "a stage has `deploy: {chart: {name: NAME}}` instead.",
    "testDeploy": "the key is `deploy: {chart: {name: URL}}`.",
    "deploy": "the key is `promote: true`.",
    "variant": "the key is `build: VARIANT`.",
    "publish": "an image is `publish: {image: {tags: […]}}`, and files are `copy` with `archive: true`.",
}
"""How to write a key of an older dialect in version 0."""


class Sign(NamedTuple):
    """Something that only these dialects have. `what` names it; `decides`: it is enough to decide the dialect; `fix`
    says how to write it in version 0."""

    of: frozenset[Dialect]
    what: str
    span: Span
    decides: bool = False
    fix: str = ""


def recognise(document: Document, diagnostics: Diagnostics) -> Dialect | None:
    """The document's dialect: by `version`, else by shape; None after an error, if it has parts of several dialects
    or is a file of another program."""
    root = document.root
    if refused(root, diagnostics):
        return None
    if isinstance(root, Sequence):
        return Dialect.A
    if not isinstance(root, Mapping):
        return Dialect.V0
    declared = _declared(root, diagnostics)
    signs = tuple(_signs(root))
    if declared == "":
        return None
    if declared is not None:
        return _checked(Dialect(declared), signs, root, diagnostics)
    dialect = _by_shape(root, signs)
    strange = None if dialect is Dialect.V0 else next((sign for sign in signs if dialect not in sign.of), None)
    if strange:
        own = next(sign for sign in signs if sign.of == {dialect})
        message = (
            f"{own.what} belongs to {TITLES[dialect]}, but {strange.what} on line {strange.span.line} belongs to "
            f"{_of(strange)}: a config must use one dialect."
        )
        only = all(sign.what == own.what for sign in signs if sign.of == {dialect})
        hint = f"Write the whole config in version 0. There {own.fix}"
        if only and own.what.startswith("The bare name"):
            hint = f"In version 0 {own.fix}"
        diagnostics.error("mixed-dialects", message, own.span, hint)
        return None
    _note_readings(root, dialect, signs, diagnostics)
    return dialect


def pipelines(root: Mapping) -> Iterator[tuple[Scalar, Mapping]]:
    """The pipelines that are mappings, or empty (which means all defaults)."""
    found = root.get("pipelines") or root.get("pipeline")
    for key, node in found if isinstance(found, Mapping) else ():
        if isinstance(node, Mapping):
            yield key, node
        elif isinstance(node, Scalar) and node.kind is Kind.NULL:
            yield key, Mapping((), key.span)


def _declared(root: Mapping, diagnostics: Diagnostics) -> str | None:
    """The dialect that `version` names; None without `version`, "" after an error."""
    node = root.get("version")
    if node is None or (isinstance(node, Scalar) and node.kind is Kind.NULL):
        return None
    word = node.text if isinstance(node, Scalar) else ""
    if word in (Dialect.V0, Dialect.B, Dialect.C):
        return word
    shown = f"`{word}`" if word else "This"
    hint = f"Write `0`, or `{Dialect.B}` or `{Dialect.C}` for an earlier proposal."
    diagnostics.error("unknown-version", f"{shown} is not a version of this format.", node.span, hint)
    return ""


def _checked(declared: Dialect, signs: tuple[Sign, ...], root: Mapping, diagnostics: Diagnostics) -> Dialect | None:
    strange = next((s for s in signs if declared not in s.of and (s.decides or declared is not Dialect.V0)), None)
    if strange is None:
        return declared
    at = root.key("version")
    line = f" on line {at.span.line}" if at else ""
    message = f"{strange.what} belongs to {_of(strange)}, but `version`{line} is `{declared}`."
    others = [dialect for dialect in Dialect if dialect in strange.of]
    hint = f"Write `version: {others[0]}` if the whole config belongs to it; otherwise remove `version`."
    if strange.fix and declared is Dialect.V0:
        hint = f"Write `version: {others[0]}`, or stay with version 0. There {strange.fix}"
    diagnostics.error("version-contradicted", message, strange.span, hint)
    return None


def _of(sign: Sign) -> str:
    return " or ".join(TITLES[dialect] for dialect in Dialect if dialect in sign.of)


def _by_shape(root: Mapping, signs: tuple[Sign, ...]) -> Dialect:
    decided = {dialect for sign in signs if sign.decides for dialect in sign.of}
    later = any(sign.of == {Dialect.V0} for sign in signs)
    if Dialect.B in decided:
        return Dialect.B
    if Dialect.C in decided or (not later and any(sign.of == {Dialect.C} for sign in signs)):
        return Dialect.C
    found = [node for _, node in pipelines(root)]
    only_defaults = all(key.text in ("blubberfile", "directory") for node in found for key, _ in node)
    return Dialect.B if found and only_defaults else Dialect.V0


def _signs(root: Mapping) -> Iterator[Sign]:
    """The signs of dialects in a document, in file order."""
    for _, pipeline in pipelines(root):
        stages = pipeline.get("stages")
        for key, value in pipeline:
            if key.text in ("variants", "helmConfig"):
                yield _sign(key, Dialect.B)
            elif key.text in LATER_PIPELINE_KEYS:
                yield Sign(frozenset({Dialect.V0}), f"`{key.text}`", key.span)
            elif key.text == "execution":
                yield from _of_execution(key, value, bare=stages is None)
            elif key.text == "stages":
                yield Sign(frozenset({Dialect.C, Dialect.V0}), "`stages`", key.span)
        for stage in stages.items if isinstance(stages, Sequence) else ():
            for key, value in stage if isinstance(stage, Mapping) else ():
                yield from _of_stage(key, value)


def _of_execution(key: Scalar, value: Node, *, bare: bool) -> Iterator[Sign]:
    items = value.items if isinstance(value, Sequence) else ()
    name = next((item for item in items if isinstance(item, Scalar) and item.kind is not Kind.NULL), None)
    if name:
        what = f"The bare name `{name.text}` in `execution`"
        yield Sign(frozenset({Dialect.C}), what, name.span, decides=True, fix=_as_arcs(items))
    elif bare and items:
        yield Sign(frozenset({Dialect.C}), "`execution` without `stages`", key.span, fix=_UNSTAGED)
    else:
        yield Sign(frozenset({Dialect.C, Dialect.V0}), "`execution`", key.span)


def _as_arcs(items: tuple[Node, ...]) -> str:
    """How bare names in `execution` are written in version 0: an arc of all, if nothing but names is there."""
    names = [item.text for item in items if isinstance(item, Scalar)]
    arc = ", ".join(names) if len(names) == len(items) <= _MOST_NAMES else "unit, candidate"
    return f"`execution` is a list of arcs, each a list: write `execution: [[{arc}]]`."


def _of_stage(key: Scalar, value: Node) -> Iterator[Sign]:
    match key.text:
        case "variant" | "testDeploy":
            older, later = True, False
        case "publish" | "deploy":
            older = isinstance(value, Sequence) and bool(value.items)
            if key.text == "deploy":
                older = isinstance(value, Scalar) and value.text.lower() in TRUE
            # `publish: {type: image}` is an item of C's list without the list: it has the form of no dialect.
            later = isinstance(value, Mapping) and bool(value.entries) and value.key("type") is None
        case name:
            older, later = False, name in LATER_STAGE_KEYS
    if older:
        yield _sign(key, Dialect.C)
    elif later:
        yield Sign(frozenset({Dialect.V0}), f"`{key.text}`", key.span)


def _sign(key: Scalar, dialect: Dialect) -> Sign:
    what = {"publish": "A list under `publish`", "deploy": "`deploy: true`", "variant": "`variant` in a stage"}
    return Sign(frozenset({dialect}), what.get(key.text, f"`{key.text}`"), key.span, decides=True, fix=_FIXES[key.text])


def _names_in(item: Node) -> Iterator[Scalar]:
    """The names in an item of `execution`."""
    yield from (name for name in (item.items if isinstance(item, Sequence) else (item,)) if isinstance(name, Scalar))


def _note_flat(key: Scalar, diagnostics: Diagnostics) -> None:
    """Notes that bare names in `execution`, without `stages`, make a config one of C: PipelineLib refuses them."""
    diagnostics.note(
        "execution-reading",
        "transpipe reads this `execution` as proposal C: its items run one after another, those of a list side by "
        "side, and each name is a variant that is built and run. Version 0 needs lists here, and `stages` that defines "
        "each name.",
        key.span,
        f"If that is right, write `version: {Dialect.C}` at the top level; if not, write the config in version 0.",
    )


def _note_readings(root: Mapping, dialect: Dialect, signs: tuple[Sign, ...], diagnostics: Diagnostics) -> None:
    """Notes how an `execution` was read that is a plan in C and a list of arcs in version 0."""
    if dialect not in (Dialect.C, Dialect.V0) or any(sign.of == {Dialect.V0} for sign in signs):
        return
    for _, pipeline in pipelines(root):
        key, value = pipeline.key("execution"), pipeline.get("execution")
        items = value.items if isinstance(value, Sequence) else ()
        flat = any(isinstance(item, Scalar) for item in items)
        names = [name.text for item in items for name in _names_in(item)]
        if not key or len(names) < 2 or len(set(names)) < len(names) or (flat and pipeline.get("stages") is not None):
            continue
        if flat:
            _note_flat(key, diagnostics)
            continue
        arcs = "an arc whose stages run one after another"
        plan = "a group of stages that run side by side, one group after another"
        this, other = (plan, Dialect.V0) if dialect is Dialect.C else (arcs, Dialect.C)
        diagnostics.note(
            "execution-reading",
            f"transpipe reads this `execution` as {TITLES[dialect]}: each list is {this}. In {TITLES[other]}, each "
            f"list would be {arcs if dialect is Dialect.C else plan}.",
            key.span,
            f"If that is right, write `version: {dialect}` at the top level; if not, "
            + ("write the whole config in version 0." if dialect is Dialect.C else f"write `version: {other}`."),
        )
