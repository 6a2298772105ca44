"""What pushing to the site's registry takes: where images are pushed to, and the login for it."""

from __future__ import annotations

from transpiler import ir, registry_login
from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines, call, command
from transpiler.profile import Registry
from transpiler.program import CredentialUse
from transpiler.quoting import sh

_VARIABLES = ("REGISTRY_USER", "REGISTRY_PASSWORD")


def credentials(registry: Registry, *, optional: bool = False) -> tuple[CredentialUse, ...]:
    """The registry's credential, if pushing needs one. The id "" means the registry that comes with the engine."""
    if registry.method != "docker-push" or (registry.public and not registry.credential):
        return ()
    return (CredentialUse(registry.credential, ir.CredentialKind.USERNAME_PASSWORD, _VARIABLES, optional),)


def elsewhere(draft: Draft) -> bool:
    """Whether images are pushed to another registry than they are named after."""
    registry = draft.site.profile.registry
    return registry.push_name != registry.name


def login(draft: Draft, *, optional: bool = False) -> Lines:
    """The lines that write the login for what follows; none if pushing needs no login. `optional`: the program may have
    none."""
    registry = draft.site.profile.registry
    if not logs_in(draft):
        return ()
    name, lines = registry_login.function(draft.site.engine)
    draft.functions[name] = lines
    known = registry.push_name.partition("/")[0]
    host = "${push_registry%%/*}" if elsewhere(draft) else "${registry%%/*}"
    word = f'"{host}"' if registry_login.key(known) == known else sh(registry_login.key(known))
    user, password = (f'"${{{name}-}}"' if optional else f'"${name}"' for name in _VARIABLES)
    return command(name, f'"{place(draft)}"', word, f"{user} {password}")


def logout(draft: Draft) -> Lines:
    """The line that removes that login."""
    return (f'rm -r "{place(draft)}"',) if logs_in(draft) else ()


def logs_in(draft: Draft) -> bool:
    """Whether pushing needs a login."""
    return bool(credentials(draft.site.profile.registry))


def place(draft: Draft) -> str:
    """Where the login is, as text for the inside of double quotes."""
    return draft.file(registry_login.place(draft.site.engine))


def using(draft: Draft) -> str:
    """The assignment, with a space after it, before a command that needs the login; "" if none does."""
    return registry_login.using(draft.site.engine, f'"{place(draft)}"') + " " if logs_in(draft) else ""


def pusher(draft: Draft, options: str = "", *, started: bool = False) -> str:
    """The command that pushes the image whose name follows; `options` are those of docker's own command. `started`: a
    program starts it, which knows no function of the shell's."""
    registry = draft.site.profile.registry
    if registry.method == "command":
        return " ".join(map(sh, registry.command)) if started else call(registry.command)
    return " ".join(filter(None, (f"{draft.site.engine} push", options)))
