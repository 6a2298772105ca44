"""One stage, from YAML to IR: which steps it takes, in their order, and what each leaves for the next to read."""

from __future__ import annotations

import re
from collections.abc import Mapping as Mappings

from transpiler.diagnostics import Span
from transpiler.expressions import List, Text, literal
from transpiler.frontend.build_files import build_file, inside
from transpiler.frontend.context import Context
from transpiler.frontend.sizes import check_name
from transpiler.frontend.steps import build, run
from transpiler.frontend.steps import publish as shipping
from transpiler.frontend.values.evaluate import text, text_items
from transpiler.frontend.values.merge import merged
from transpiler.frontend.values.plain import flag, is_empty, known_keys, plain
from transpiler.frontend.values.scope import Binding, Dotless, Scope
from transpiler.ir import BINDS, Build, Copy, Deploy, Export, Mail, Promote, Publish, Run, Stage, Step, Trigger
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence
from transpiler.profile import Profile
from transpiler.records import dataclass, replace
from transpiler.targets import TARGETS

_STEPS: Mappings[str, type[Step]] = {
    "build": Build, "run": Run, "copy": Copy, "publish": Publish, "promote": Promote, "deploy": Deploy,
    "exports": Export, "trigger": Trigger,
}  # fmt: skip
"""The steps by their keys, in the order in which they run."""

_EXPORT_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SUBJECT = "[Pipeline] ${setup.projectShortName} ${setup.pipeline}/${.stage} failed"
_BODY = (
    "The stage ${.stage} of the pipeline ${setup.pipeline} of ${setup.project} failed.\n"
    "Its log: ${setup.logURL}\n"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a stage takes from its pipeline: the pipeline's own keys and its name."""

    name: str
    node: Mapping


@dataclass(slots=True)
class _Reading:
    """A stage that is being read: the scope grows step by step."""

    context: Context
    node: Mapping
    pipeline: Surroundings
    scope: Scope
    taken: list[Step]

    def take(self, step: Step | None, bound: Mappings[str, Binding]) -> None:
        if step is not None:
            self.taken.append(step)
        self.scope = self.scope.bind(**bound)


def read_stage(
    context: Context, node: Mapping, pipeline: Surroundings, scope: Scope
) -> tuple[Stage, Mappings[str, Binding]]:
    """The stage, and all that it binds."""
    name = scope.stage
    if context.merges:
        whole = merged(node)
        assert isinstance(whole, Mapping)
        node = whole
    wanted = _wanted_steps(context, node)
    reading = _Reading(context, node, pipeline, scope.bind(stage=Binding(name)), [])
    for i, step in enumerate(wanted):
        later = frozenset(key for s in list(wanted)[i + 1 :] for key in BINDS.get(_STEPS[s], ()))
        reading.scope = replace(reading.scope, later=later)
        _read_step(reading, step, wanted[step])
    if not wanted:
        context.diagnostics.warning(
            "idle-stage", f"The stage `{name}` takes no step and does nothing.", node.span,
            "Add `build: VARIANT` or `run: true`; a stage with nothing but a name builds and runs that variant.",
        )  # fmt: skip
    default = pipeline.node.get("notify")
    notify = _merged(merged(default) if default is not None else None, node.get("notify"))
    mail = _mail(context, notify, reading.scope, node.span)
    stage = Stage(name, _directory(context, node, pipeline.node), tuple(reading.taken), mail, node.span)
    return stage, reading.scope.own


def _wanted_steps(context: Context, node: Mapping) -> dict[str, Node]:
    """The steps that are not empty, in the order in which they run; both `build` and `run` for a bare name."""
    if [k.text for k, _ in node.entries] == ["name"]:
        name = node.get("name")
        span = name.span if name else node.span
        bare = Scalar(name.text if isinstance(name, Scalar) else "", Kind.STR, span)
        return {"build": bare, "run": Scalar("true", Kind.BOOL, span, plain=True)}
    found = {step: node.get(step) for step in _STEPS}
    publish = found["publish"]
    image = publish.get("image") if isinstance(publish, Mapping) else None
    for value in (*found.values(), image):
        flag(context, value, default=False)  # for its note on `yes` and the like
    wanted = {step: value for step, value in found.items() if value is not None and not is_empty(value)}
    if "publish" in wanted and not shipping.publishes(wanted["publish"]):
        del wanted["publish"]
    return wanted


def _read_step(reading: _Reading, step: str, value: Node) -> None:
    context, scope = reading.context, reading.scope
    match step:
        case "build":
            file, named_at = build_file(context, reading.node, reading.pipeline.node, reading.pipeline.name, scope)
            reading.take(*build.build(context, value, scope, file, named_at))
        case "run":
            reading.take(*run.run(context, value, scope))
        case "copy":
            reading.take(*build.copy(context, value, scope))
        case "publish":
            reading.take(*shipping.publish(context, value, scope))
        case "promote":
            reading.take(*shipping.promote(context, value, scope))
        case "deploy":
            reading.take(*shipping.deploy(context, value, scope))
        case "exports":
            _read_exports(reading, value)
        case "trigger":
            reading.take(_trigger(context, value, scope), {})


def _read_exports(reading: _Reading, node: Node) -> None:
    for key, value in node.entries if isinstance(node, Mapping) else ():
        plain(reading.context, key)
        if key.text in reading.scope.own:
            reading.context.error(
                "already-bound", f"`{key.text}` is already bound in the stage `{reading.scope.stage}`.", key.span,
                "Give the export another name.",
            )  # fmt: skip
            continue
        if not _EXPORT_NAME.fullmatch(key.text):
            reading.context.error(
                "bad-name", f"`{key.text}` could not be read back: a name is letters, digits, `.`, `_` and `-`.",
                key.span, "Give the export such a name.",
            )  # fmt: skip
            continue
        found = text(reading.context, value, reading.scope)
        check_name(reading.context, key.text, "export's name", key.span)
        bound = Binding(found.literal, empty=_counts_as_empty(value))
        reading.take(Export(key.text, found, key.span), {key.text: bound})


def _counts_as_empty(node: Node) -> bool:
    """The numbers 0, false and null take a reader's default, as PipelineLib's do."""
    if not isinstance(node, Scalar):
        return False
    match node.kind:
        case Kind.NULL:
            return True
        case Kind.BOOL:
            return node.text.lower() == "false"
        case Kind.INT | Kind.FLOAT:
            return not node.text.strip("+-0.")
    return False


def _trigger(context: Context, node: Node, scope: Scope) -> Trigger | None:
    keys = node if isinstance(node, Mapping) else Mapping((), node.span)
    name_node = keys.get("name")
    name = plain(context, name_node)
    if name not in context.profile.triggers:
        known = ", ".join(f"`{t}`" for t in context.profile.triggers) or "none"
        context.error(
            "trigger-not-allowed", f"The profile `{context.profile.name}` lets no config start a job `{name}`.",
            (name_node or node).span,
            f"It allows {known}. Add to {context.profile.where_to_add}: "
            f"`triggers: {{{name or 'NAME'}: {{{_job(context.profile)}}}}}`.",
        )  # fmt: skip
        return None
    given = keys.get("parameters")
    parameters = []
    for key, value in given.entries if isinstance(given, Mapping) else ():
        plain(context, key)
        check_name(context, key.text, "parameter's name", key.span)
        parameters.append((key.text, text(context, value, scope)))
    propagate = flag(context, keys.get("propagate"), default=True)
    return Trigger(name, tuple(parameters), propagate, flag(context, keys.get("wait"), default=False), node.span)


def _job(profile: Profile) -> str:
    """The line that names a job for the first of the profile's targets."""
    return TARGETS[next(iter(profile.targets), next(iter(TARGETS)))].needs.TRIGGER


def _directory(context: Context, stage: Mapping, pipeline: Mapping) -> str:
    node = stage.get("directory") or pipeline.get("directory")
    found = inside(context, plain(context, node, default="."), node.span) if node is not None else None
    return found or "."


def _merged(base: Node | None, over: Node | None) -> Node | None:
    """One mapping over another at every depth."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return base if over is None else over
    merged: list[tuple[Scalar, Node]] = [(k, _merged(v, over.get(k.text)) or v) for k, v in base.entries]
    merged += [entry for entry in over.entries if base.key(entry[0].text) is None]
    return Mapping(tuple(merged), over.span)


def _mail(context: Context, node: Node | None, scope: Scope, span: Span) -> Mail | None:
    email = node.get("email") if isinstance(node, Mapping) else None
    if not isinstance(email, Mapping) or is_empty(email):
        return None
    known_keys(context, email, ("to", "subject", "body"), "notify.email")
    scope = scope.within(Dotless.LITERAL)
    to_node = email.get("to")
    if to_node is None or is_empty(to_node):
        context.error("mail-without-address", "`notify.email` has no `to`.", email.span, "Add `to: ADDRESS`.")
        return None
    to = List((text(context, to_node, scope),)) if isinstance(to_node, Scalar) else text_items(context, to_node, scope)
    if not isinstance(to_node, Scalar | Sequence) and not to.items:
        return None
    return Mail(
        to,
        _mail_text(context, email.get("subject"), _SUBJECT, scope, span),
        _mail_text(context, email.get("body"), _BODY, scope, span),
        email.span,
    )


def _mail_text(context: Context, node: Node | None, default: str, scope: Scope, span: Span) -> Text:
    found = text(context, node, scope) if node is not None else literal("")
    return found if found.parts else text(context, Scalar(default, Kind.STR, span), scope)
