"""The step `trigger`, from YAML to IR: starts another job."""

from __future__ import annotations

from transpiler.frontend.context import Context
from transpiler.frontend.sizes import check_name
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import text
from transpiler.frontend.values.plain import flag, plain
from transpiler.frontend.values.scope import Scope
from transpiler.ir import Trigger
from transpiler.nodes import Mapping, Node
from transpiler.profile import Profile
from transpiler.targets import TARGETS


def read(draft: StageDraft, node: Node) -> None:
    """`trigger`: a mapping with the name of a job that the profile allows."""
    draft.take(_trigger(draft.context, node, draft.scope), {})


def _trigger(context: Context, node: Node, scope: Scope) -> Trigger | None:
    keys = node if isinstance(node, Mapping) else Mapping((), node.span)
    name_node = keys.get("name")
    name = plain(context, name_node)
    if name not in context.profile.triggers:
        known = ", ".join(f"`{t}`" for t in context.profile.triggers) or "none"
        context.error(
            "trigger-not-allowed",
            f"The profile `{context.profile.name}` does not allow configs to start the job `{name}`.",
            (name_node or node).span,
            f"It allows {known}. Add to {context.profile.where_to_add}: "
            f"`triggers: {{{name or 'NAME'}: {{{_job(context.profile)}}}}}`.",
        )
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
    """The profile line that names a job for the first of the profile's targets."""
    return TARGETS[next(iter(profile.targets), next(iter(TARGETS)))].needs.TRIGGER
