"""One stage, from YAML to IR: its steps, in order, and the values that each binds for the next ones."""

from __future__ import annotations

from collections.abc import Mapping as Mappings

from transpiler.frontend import approvals, notify
from transpiler.frontend.build_files import inside
from transpiler.frontend.context import Context
from transpiler.frontend.stage_keys import allow_failure, attempts, timeout
from transpiler.frontend.steps import StageDraft, reader
from transpiler.frontend.values.merge import merged
from transpiler.frontend.values.plain import flag, is_empty, plain
from transpiler.frontend.values.scope import RUNTIME, Binding, Scope
from transpiler.ir import Stage
from transpiler.nodes import Kind, Mapping, Node, Scalar
from transpiler.records import replace
from transpiler.steps import BY_NAME, STEPS


def read_stage(
    context: Context, node: Mapping, pipeline_name: str, pipeline: Mapping, scope: Scope
) -> tuple[Stage, Mappings[str, Binding]]:
    """The stage that a mapping describes, and all values that it binds; `pipeline` has the keys that the stage
    inherits."""
    name = scope.stage
    if context.merges:
        whole = merged(node)
        assert isinstance(whole, Mapping)
        node = whole
    wanted = _wanted_steps(context, node)
    approval = approvals.read(context, node, is_member=scope.written in scope.members)
    first = {"stage": Binding(name)} | ({approvals.BINDS: RUNTIME} if approval else {})
    draft = StageDraft(context, node, pipeline_name, pipeline, scope.bind(first), [])
    for i, step in enumerate(wanted):
        later = frozenset(key for other in list(wanted)[i + 1 :] for key in BY_NAME[other].binds)
        draft.scope = replace(draft.scope, later=later)
        reader(step)(draft, wanted[step])
    if not wanted and approval is None:
        context.diagnostics.warning(
            "idle-stage",
            f"The stage `{name}` has no steps and does nothing.",
            node.span,
            "Add `build: VARIANT` or `run: true`; a stage with only a `name` builds and runs the variant of that name.",
        )
    mail = notify.read(context, node, pipeline, draft.scope)
    steps, directory = tuple(draft.steps), _directory(context, node, pipeline)
    limit, tries = timeout(context, node.get("timeout"), steps), attempts(context, node.get("attempts"), wanted)
    may_fail = allow_failure(context, node.get("allowFailure"), steps)
    bound = {key: Binding(unsure=True, is_list=known.is_list) for key, known in draft.scope.own.items()}
    stage = Stage(name, directory, steps, mail, node.span, limit, tries, may_fail, approval)
    return stage, bound if may_fail else draft.scope.own


def _wanted_steps(context: Context, node: Mapping) -> dict[str, Node]:
    """The steps that are not empty, in the order in which they run; both `build` and `run` for a bare name."""
    if [k.text for k, _ in node.entries] == ["name"]:
        name = node.get("name")
        span = name.span if name else node.span
        bare = Scalar(name.text if isinstance(name, Scalar) else "", Kind.STR, span)
        return {"build": bare, "run": Scalar("true", Kind.BOOL, span, plain=True)}
    found = {kind.name: node.get(kind.name) for kind in STEPS}
    publish = found["publish"]
    image = publish.get("image") if isinstance(publish, Mapping) else None
    for value in (*found.values(), image):
        flag(context, value, default=False)  # called for its note on `yes` and the like
    wanted = {step: value for step, value in found.items() if value is not None and not is_empty(value)}
    if image is None or is_empty(image):
        wanted.pop("publish", None)
    return wanted


def _directory(context: Context, stage: Mapping, pipeline: Mapping) -> str:
    node = stage.get("directory") or pipeline.get("directory")
    found = inside(context, plain(context, node, default="."), node.span) if node is not None else None
    return found or "."
