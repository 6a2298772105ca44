"""The step `run`, from YAML to IR: the image, what its container gets, and the services beside it."""

from __future__ import annotations

from transpiler.diagnostics import Span
from transpiler.expressions import literal
from transpiler.frontend.containers import read_given
from transpiler.frontend.context import Context
from transpiler.frontend.credentials import check_variables
from transpiler.frontend.services import read_services
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import text_or_default
from transpiler.frontend.values.plain import integer, is_empty, known_keys
from transpiler.frontend.values.scope import RUNTIME, Binding
from transpiler.ir import Build, Credential, Run
from transpiler.nodes import Mapping, Node


def read(draft: StageDraft, node: Node) -> None:
    """`run`: true, or a mapping."""
    context, scope = draft.context, draft.scope
    keys = node if isinstance(node, Mapping) else Mapping((), node.span)
    known_keys(context, keys, ("image", "arguments", "env", "credentials", "services", "tail"), "run")
    image_node = keys.get("image")
    image_node = None if image_node is not None and is_empty(image_node) else image_node
    if image_node is None and "imageID" not in scope.own:
        owner = scope.owner("imageID") or "other-stage"
        context.error(
            "no-image",
            f"`run` has no image: stage `{scope.stage}` has neither `build` nor `image`.",
            node.span,
            f"Add `build:` to this stage, or `run: {{image: '${{{owner}.imageID}}'}}`.",
        )
        image = literal("", node.span)
    else:
        image = text_or_default(context, image_node, "${.imageID}", scope, node.span)
    given = read_given(context, keys, scope)
    services = read_services(context, keys.get("services"), scope)
    shared = (credential for service in services for credential in service.credentials)
    check_variables(context, (*_of_build(draft), *given.credentials, *shared))
    tail = integer(keys.get("tail")) or 0
    if image_node is not None and image.literal and given.arguments.items:
        _note_checkout(context, image.literal, image_node.span)
    step = Run(
        image, given.arguments, given.env, given.credentials, tail, given.secret_env, node.span, services=services
    )
    draft.take(step, {"container": RUNTIME, "output": RUNTIME if tail else Binding("")})


def _of_build(draft: StageDraft) -> tuple[Credential, ...]:
    """The credentials that the stage's build gets."""
    return next((step.secrets for step in draft.steps if isinstance(step, Build)), ())


def _note_checkout(context: Context, image: str, span: Span) -> None:
    """Notes that an image which no stage has built holds nothing of the repository, as a container on other CI systems
    does."""
    context.diagnostics.note(
        "checkout-not-in-image",
        f"The container of `{image}` has only the files of that image: the repository is not in it.",
        span,
        "If the command needs the repository, copy it into an image in a `build`, and run that one.",
    )
