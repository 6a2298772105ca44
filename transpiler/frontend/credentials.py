"""Credentials that a config names: which of them a step may have, and the variables that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Mappings

from transpiler.frontend.context import Context
from transpiler.frontend.values.plain import plain
from transpiler.ir import Credential, CredentialKind
from transpiler.nodes import Mapping, Node, Sequence
from transpiler.targets import TARGETS
from transpiler.variables import ENGINE, RESERVED, is_reserved

VARIABLE = re.compile(r"[A-Z_][A-Za-z0-9_]*")
"""Upper case only: the variables of the stage programs themselves begin with lower-case letters."""

_FILE_KEYS = (("keyFileVariable",), "`keyFileVariable`")
_VARIABLE_KEYS: Mappings[CredentialKind, tuple[tuple[str, ...], str]] = {
    CredentialKind.SECRET_TEXT: (("name",), "`name`"),
    CredentialKind.USERNAME_PASSWORD: (
        ("name", "usernameVariable", "passwordVariable"),
        "`usernameVariable` and `passwordVariable`, or `name`",
    ),
    CredentialKind.FILE: _FILE_KEYS,
    CredentialKind.SSH_KEY: _FILE_KEYS,
}
"""For each kind of credential, the keys that name its variables, and the words for them in messages."""


def read_credentials(context: Context, node: Node | None) -> tuple[Credential, ...]:
    """The credentials in a list; those with a mistake are reported and left out."""
    entries = [item for item in node.items if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
    return tuple(credential for item in entries if (credential := _credential(context, item)))


def check_variables(context: Context, credentials: Iterable[Credential]) -> None:
    """Reports a variable of two credentials of one stage: its program would see only one of them."""
    owners: dict[str, str] = {}
    for credential in credentials:
        for variable in credential.variables:
            owner = owners.setdefault(variable, credential.id)
            if owner != credential.id:
                context.error(
                    "credential-clash",
                    f"The variable `{variable}` cannot hold both `{owner}` and `{credential.id}`.",
                    credential.span or context.document.root.span,
                    "Give each credential of a stage a variable of its own.",
                )


def _credential(context: Context, node: Mapping) -> Credential | None:
    keys = {key.text: plain(context, value) for key, value in node.entries}
    kind = _allowed_kind(context, keys.get("id", ""), node.get("id") or node)
    if kind is None:
        return None
    taken, wanted = _VARIABLE_KEYS[kind]
    name = kind.value.replace("-", " ")
    for key, _ in node.entries:
        if key.text not in ("id", *taken):
            context.error(
                "credential-variable",
                f"`{key.text}` cannot be used for a {name}.",
                key.span,
                f"A {name} needs {wanted}.",
            )
    variables = _variables(kind, keys)
    if not all(variables):
        context.error(
            "credential-variable",
            f"`{keys['id']}` is a {name}, which needs {wanted}.",
            node.span,
            f"Add {wanted}, with the name of a variable.",
        )
        return None
    for variable in variables:
        if not VARIABLE.fullmatch(variable) or is_reserved(variable):
            context.error(
                "variable-name",
                f"A credential cannot be bound to the variable `{variable}`.",
                node.span,
                name_hint(variable),
            )
            return None
    return Credential(keys["id"], kind, variables, node.span)


def _allowed_kind(context: Context, name: str, node: Node) -> CredentialKind | None:
    """The kind of a credential that configs may read; None after an error."""
    profile = context.profile
    site = profile.credentials.get(name)
    if name in profile.own_credentials:
        message = f"The site keeps `{name}` for its own steps: no config may read it."
        hint = "Add another credential to the profile, with only the rights that this run needs."
    elif site is None:
        message = f"The profile `{profile.name}` does not allow configs to read the credential `{name}`."
        needs = [target.needs for name, target in TARGETS.items() if name in profile.targets]
        kind = CredentialKind.SECRET_TEXT
        called = "".join(f", {need.credential(kind)}" for need in needs if not need.NAMES_BY_ID)
        hint = f"Add to {profile.where_to_add}: `credentials: {{{name or 'ID'}: {{kind: {kind}{called}}}}}`."
    else:
        return site.kind
    if message not in context.lacking:
        context.lacking.add(message)
        context.error("credential-not-allowed", message, node.span, hint)
    return None


def _variables(kind: CredentialKind, keys: Mappings[str, str]) -> tuple[str, ...]:
    """The variables that hold a credential; "" for each one that is not named."""
    name = keys.get("name", "")
    match kind:
        case CredentialKind.SECRET_TEXT:
            return (name,)
        case CredentialKind.USERNAME_PASSWORD:
            user = keys.get("usernameVariable") or (name and f"{name}_USERNAME")
            return (user, keys.get("passwordVariable") or (name and f"{name}_PASSWORD"))
    return (keys.get("keyFileVariable", ""),)


def name_hint(name: str | None) -> str:
    """The hint for a variable that cannot hold a credential."""
    if name and is_reserved(name):
        names = ", ".join(f"`{reserved}`" for reserved in sorted(RESERVED))
        return f"Choose a name other than {names}, and one that does not begin with `{ENGINE}`."
    return "Use a name of capital letters, digits and `_`, known when the config is compiled."
