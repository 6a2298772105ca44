"""Logins before a program pulls: which registries a step pulls from that want one, and the lines around its pull.

Each pull has a configuration of its own in `$values`, which is removed after it. A run that may not have the credential
pulls without a login, and says so where that fails.
"""

from __future__ import annotations

from collections.abc import Iterable

from transpiler import registry_login
from transpiler.ir import CredentialKind
from transpiler.lowering.body import Body
from transpiler.lowering.origins import Origin, Place
from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines, command, join_commands
from transpiler.profile import Profile
from transpiler.program import CredentialUse
from transpiler.quoting import sh
from transpiler.records import dataclass

_NOT_PULLED = (
    "not_pulled() { # STATUS, then REGISTRY PASSWORD for each registry: what may be why, and the end",
    "    status=$1",
    "    shift",
    "    while [ $# -gt 0 ]; do",
    '        [ -n "$2" ] || echo "No login to $1: this run has no credential for it, so pulls only public images." >&2',
    "        shift 2",
    "    done",
    '    exit "$status"',
    "}",
)
_PUSHERS = ("REGISTRY_USER", "REGISTRY_PASSWORD")


@dataclass(frozen=True, slots=True)
class Login:
    """A login to the registry `host`, "" for the one that comes with the engine."""

    host: str
    credential: CredentialUse

    @property
    def password(self) -> str:
        """The shell word that holds the password, which is empty where the run may not have it."""
        return f'"${{{self.credential.variables[1]}-}}"'

    @property
    def word(self) -> str:
        """The registry as a shell word, as configurations call it."""
        return sh(registry_login.key(self.host)) if self.host else self.shown

    @property
    def shown(self) -> str:
        """The registry as a shell word, as people call it."""
        return sh(self.host) if self.host else '"${registry%%/*}"'


def of_build(sources: Iterable[Origin], profile: Profile) -> tuple[Login, ...]:
    """The logins of a build: what it is built from stands in a file that may change without the program, so that any
    registry of the profile may be meant. `sources` are the origins of images that the config names in it."""
    published = _published(profile) if Place.PUBLISHED in sources else ()
    return tuple({login.word: login for login in (*published, *_all(profile))}.values())


def of_image(origin: Origin, profile: Profile) -> tuple[Login, ...]:
    """The logins for one image."""
    match origin:
        case Place.DAEMON:
            return ()
        case Place.PUBLISHED:
            return _published(profile)
        case Place.UNKNOWN:
            return _all(profile)
    wanted = registry_login.key(origin)
    return tuple(login for login in _all(profile) if registry_login.key(login.host) == wanted)


def _all(profile: Profile) -> tuple[Login, ...]:
    numbers = {id_: i for i, id_ in enumerate(dict.fromkeys(profile.registries.values()), start=1)}
    return tuple(
        Login(host, _use(id_, _variables(id_, numbers[id_], profile))) for host, id_ in profile.registries.items()
    )


def _variables(id_: str, number: int, profile: Profile) -> tuple[str, str]:
    if id_ == profile.registry.credential:
        return _PUSHERS
    return (f"pull_user_{number}", f"pull_password_{number}")


def _published(profile: Profile) -> tuple[Login, ...]:
    """The login to the registry that images are published in."""
    site = profile.registry
    if said := tuple(
        login
        for login in _all(profile)
        if site.public and registry_login.key(login.host) == registry_login.key(site.public)
    ):
        return said
    comes_with_engine = not site.public and site.method == "docker-push"
    return (Login(site.public, _use(site.credential, _PUSHERS)),) if site.credential or comes_with_engine else ()


def _use(id_: str, variables: tuple[str, str]) -> CredentialUse:
    return CredentialUse(id_, CredentialKind.USERNAME_PASSWORD, variables, optional=True)


def note(logins: tuple[Login, ...], draft: Draft, body: Body) -> None:
    """Has the stage get what the logins need."""
    body.credentials += (login.credential for login in logins)
    body.logins += (login.host or "registry" for login in logins)
    draft.registry |= any(not login.host for login in logins)


def using(logins: tuple[Login, ...], draft: Draft) -> str:
    """The assignment, with a space after it, before a command that is logged in; "" without logins."""
    return registry_login.using(draft.site.engine, _place(draft)) + " " if logins else ""


def _place(draft: Draft) -> str:
    return f'"{draft.file(registry_login.place(draft.site.engine))}"'


def around(
    logins: tuple[Login, ...], pull: Lines, draft: Draft, *, first: Lines = (), last: Lines = (), status: str = ""
) -> Lines:
    """The lines of one command that pulls, logged in; without logins the command as it is. `first` are lines that pull
    before it; `last` are lines that follow it whatever its end, for which `status` is a variable that is 0."""
    if not logins:
        ending = (f'[ "${status}" = 0 ] || exit "${status}"',)
        return (*first, *(_then(pull, status, last, ending) if status else pull))
    place = _place(draft)
    name, lines = registry_login.adding_function(draft.site.engine)
    draft.functions[name] = lines
    draft.functions["not_pulled"] = _NOT_PULLED
    added = (
        line
        for login in logins
        for line in command(f"{name} {place}", login.word, f'"${{{login.credential.variables[0]}-}}"', login.password)
    )
    asked = " ".join(f"{login.shown} {login.password}" for login in logins)
    logged_in = (f"{using(logins, draft)}{pull[0]}", *pull[1:])
    if status:
        pulled = _then(logged_in, status, last, (f'[ "${status}" = 0 ] || not_pulled "${status}" {asked}',))
    else:
        pulled = (*join_commands(logged_in, " \\"), f"    || not_pulled $? {asked}")
    return (*added, *first, *pulled, f"rm -r {place}")


def _then(pull: Lines, status: str, last: Lines, ending: Lines) -> Lines:
    return (*join_commands(pull, " \\"), f"    || {status}=$?", *last, *ending)
