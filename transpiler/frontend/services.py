"""The services of a `run`, from YAML to IR."""

from __future__ import annotations

from transpiler.expressions import List
from transpiler.frontend.containers import read_given
from transpiler.frontend.context import Context
from transpiler.frontend.values.evaluate import text, text_items
from transpiler.frontend.values.plain import duration, is_empty, plain
from transpiler.frontend.values.scope import Scope
from transpiler.ir import READY_WITHIN, Service
from transpiler.nodes import Mapping, Node, Sequence

_LONGEST = 3600
_THE_CONTAINER_ITSELF = "localhost"


def read_services(context: Context, node: Node | None, scope: Scope) -> tuple[Service, ...]:
    """The services in a list; those with a mistake are reported and left out."""
    found: dict[str, Service] = {}
    for item in node.items if isinstance(node, Sequence) else ():
        service = _service(context, item, scope) if isinstance(item, Mapping) else None
        if service is None:
            continue
        if service.name in found:
            context.error(
                "duplicate-service",
                f"Two services of this stage have the name `{service.name}`.",
                item.span,
                "Rename one of them.",
            )
        found[service.name] = service
    return tuple(found.values())


def _service(context: Context, node: Mapping, scope: Scope) -> Service | None:
    name_node, image_node = node.get("name"), node.get("image")
    if name_node is None or image_node is None:
        return None
    name, image = plain(context, name_node), text(context, image_node, scope)
    if name == _THE_CONTAINER_ITSELF:
        message = f"`{name}` is the name by which every container reaches itself."
        context.error("bad-value", message, name_node.span, "Give the service another name.")
    if image.literal == "":
        message = f"The service `{name}` has no image."
        context.error("bad-value", message, image_node.span, "Write the name of an image, such as `postgres:17`.")
    given = read_given(context, node, scope)
    ready = node.get("ready")
    keys = ready if isinstance(ready, Mapping) else Mapping((), node.span)
    return Service(
        name,
        image,
        given.arguments,
        given.env,
        given.credentials,
        given.secret_env,
        text_items(context, command, scope) if (command := keys.get("command")) else List(()),
        _timeout(context, keys.get("timeout")),
        node.span,
    )


def _timeout(context: Context, node: Node | None) -> int:
    seconds = duration(context, node) if node is not None and not is_empty(node) else READY_WITHIN
    if node is not None and seconds > _LONGEST:
        message = f"`timeout`: a service may take at most {_LONGEST // 60} minutes until it is ready."
        context.error("bad-value", message, node.span, f"Write at most `{_LONGEST // 60}m`.")
    return seconds
