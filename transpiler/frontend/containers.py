"""What a container gets, whether `run` or one of its services starts it: arguments, environment, credentials."""

from __future__ import annotations

from transpiler.diagnostics import Span
from transpiler.expressions import List, Loop, Map, Source, Text, Value, refs
from transpiler.frontend.context import Context
from transpiler.frontend.credentials import VARIABLE, name_hint, read_credentials
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.values.evaluate import text_items, value
from transpiler.frontend.values.scope import Dotless, Scope
from transpiler.frontend.values.setup import PROVIDED
from transpiler.ir import Credential, SecretVariable, Variable
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence
from transpiler.records import dataclass, replace
from transpiler.variables import is_reserved


@dataclass(frozen=True, slots=True)
class Given:
    """`secret_env` are those variables of the environment whose values hold a credential."""

    arguments: List[Text]
    env: List[Variable]
    secret_env: List[SecretVariable]
    credentials: tuple[Credential, ...]


def read_given(context: Context, keys: Mapping, scope: Scope) -> Given:
    """What the keys `arguments`, `env` and `credentials` of a mapping give to its container."""
    credentials = read_credentials(context, keys.get("credentials"))
    arguments = text_items(context, _noted(context, keys.get("arguments")), scope)
    secrets = frozenset(variable for credential in credentials for variable in credential.variables)
    readable = frozenset({*PROVIDED, *context.profile.environment, *secrets})
    env = _env(context, keys.get("env"), replace(scope, dotless=Dotless.ENVIRONMENT, environment=readable))
    _check_names(context, env, secrets, keys.span)
    plain_ones, secret_ones = _parted(env, secrets)
    return Given(arguments, plain_ones, secret_ones, credentials)


def _parted(env: List[Variable], secrets: frozenset[str]) -> tuple[List[Variable], List[SecretVariable]]:
    """The environment without the variables that a credential's own variables replace, and, separately, the variables
    whose values contain a credential."""
    plain_ones: list[Variable | Loop[Variable]] = []
    secret_ones: list[SecretVariable] = []
    for item in env.items:
        if isinstance(item, Loop) or item.name.literal is None:
            plain_ones.append(item)
        elif item.name.literal not in secrets:
            if _holds(item, secrets):
                secret_ones.append(SecretVariable(item.name.literal, item.value))
            else:
                plain_ones.append(item)
    return List(tuple(plain_ones), env.span), List(tuple(secret_ones))


def _holds(variable: Variable, secrets: frozenset[str]) -> bool:
    """Whether the value of a variable reads a credential."""
    return any(ref.source is Source.ENVIRONMENT and ref.key in secrets for ref in refs(variable.value))


def _noted(context: Context, node: Node | None) -> Node | None:
    """Reports notes for the numbers and booleans in a list or mapping of strings: they are used as they are written."""
    values: tuple[Node, ...] = ()
    if isinstance(node, Sequence):
        values = node.items
    elif isinstance(node, Mapping):
        values = tuple(v for _, v in node.entries)
    for found in values:
        if isinstance(found, Scalar) and found.plain and found.kind in (Kind.INT, Kind.FLOAT, Kind.BOOL):
            context.diagnostics.note(
                "number-as-string",
                f"transpipe passes `{found.text}` on as the string `{found.text}`.",
                found.span,
                f"Write `'{found.text}'`.",
                fixes.quoted(context.document, found),
            )
    return node


def _env(context: Context, node: Node | None, scope: Scope) -> List[Variable]:
    """The variables, whichever form the config uses."""
    if node is None:
        return List(())
    entries = [node] if isinstance(node, Mapping) else list(getattr(node, "items", ()))
    for part in entries:
        _noted(context, part)
    found = value(context, node, scope)
    if isinstance(found, Map):
        return List(tuple(_split(context, found, node)), node.span)
    if isinstance(found, List):
        return List(tuple(item for part in found.items for item in _split(context, part, node)), node.span)
    if found.literal != "":
        context.error(
            "wrong-type",
            "`env`: expected a mapping, or a list of mappings with one entry each.",
            node.span,
            "Write `env: {NAME: VALUE}`.",
        )
    return List((), node.span)


def _check_names(context: Context, env: List[Variable], secrets: frozenset[str], at: Span) -> None:
    """Reports names that docker would cut at the `=`, and names that a variable with a credential cannot have, because
    the shell carries it."""
    for item in env.items:
        entry = item.item if isinstance(item, Loop) else item
        known, holds_secret = entry.name.literal, _holds(entry, secrets)
        if known is not None and (not known or "=" in known):
            message = f"`{known}` is not a valid variable name."
            hint = "Write a name that is not empty and contains no `=`."
        elif holds_secret and isinstance(item, Loop):
            message = "A variable that `$each` generates cannot hold a credential: `ps` would show it."
            hint = "Write a separate entry for the variable, outside `$each`."
        elif holds_secret and (known is None or not VARIABLE.fullmatch(known) or is_reserved(known)):
            message = "A variable that holds a credential cannot have this name."
            hint = name_hint(known)
        else:
            continue
        context.error("variable-name", message, entry.name.span or at, hint)


def _split(context: Context, item: Value | Loop[Value], node: Node) -> list[Variable | Loop[Variable]]:
    match item:
        case Map(entries=entries):
            named = [Variable(name, found) for name, found in entries if isinstance(found, Text)]
            if len(named) == len(entries):
                return [*named]
        case Loop(item=Map(entries=((name, Text() as found),))):
            return [Loop(item.names, item.source, item.delimiter, Variable(name, found), item.span)]
    message = "An item of `env`: expected a mapping with one entry, whose value is a string."
    context.error("wrong-type", message, item.span or node.span, "Write `{NAME: VALUE}`.")
    return []
