"""Checks of a profile that its schema cannot do: strings that are commands or paths, and keys that must agree, though
they may be in different files.

`check_data` checks the merged data before they are decoded, `check_profile` the decoded profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from transpiler.diagnostics import Diagnostics, Fix, Span
from transpiler.frontend.profiles.data import outputs
from transpiler.frontend.profiles.deployments import check_deployments
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.suggestions import Near, nearest
from transpiler.image_names import is_host
from transpiler.ir import CredentialKind
from transpiler.nodes import Mapping as MappingNode
from transpiler.nodes import Scalar, Sequence
from transpiler.profile import Profile
from transpiler.profile_values import Data, texts, words
from transpiler.program import Feature
from transpiler.steps import STEPS
from transpiler.variables import is_ours

_Path: TypeAlias = tuple[str, ...]

_LONGEST_NAME = 255
_COMMANDS: tuple[_Path, ...] = (("registry", "command"), ("notify", "command"), ("kubernetes", "helm"))
"""The keys whose value is a command, written as in a shell."""


def check_data(data: Data, place: Callable[[_Path], Span | None], diagnostics: Diagnostics) -> None:
    """Reports strings that are no commands, and paths that no output may have. `place` gives the position of a key."""
    for key, why in _wrong_commands(data):
        message = f"`{'.'.join(key)}` is not a command: {why}."
        diagnostics.error("profile-command", message, place(key), "Write a program, and then its arguments.")
    for target, paths in outputs(data).items():
        for name, path in paths.items():
            if why := _no_output(path):
                message = f"`{path}` in `targets.{target}` cannot be the path of an output: {why}."
                hint = "Write a path below the repository's root, relative to the root."
                diagnostics.error("output-outside", message, place(("targets", target, name)), hint)


def _wrong_commands(data: Data) -> Iterator[tuple[_Path, str]]:
    for path in _COMMANDS:
        try:
            command = words(_at(data, path))
        except ValueError:
            yield path, f"a quote in `{_at(data, path)}` is not closed, or a backslash is its last character"
            continue
        required = path == ("kubernetes", "helm")
        if (command or required) and not "".join(command[:1]).strip():
            yield path, "it does not begin with a program"
    update = texts(_at(data, ("promote", "update")))
    if update and not update[0].strip():
        yield ("promote", "update"), "its first word is empty"


def _at(data: Data, path: _Path) -> Any:
    value: Any = data
    for key in path:
        value = value.get(key)
    return value


def _no_output(path: str) -> str:
    """Why no output can have this normalised path; "" if one can."""
    parts = path.split("/")
    if path.startswith("/") or parts[0] == "..":
        return "it is outside the repository"
    if path == ".":
        return "it is the repository's root"
    if ".git" in map(str.casefold, parts):
        return "it is in `.git`"
    if any(len(part.encode()) > _LONGEST_NAME for part in parts):
        return "no file can have that name"
    return ""


def check_profile(profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports keys that do not agree with each other."""
    _check_logins(profile, diagnostics)
    if profile.registry.method == "command" and not profile.registry.command:
        message = "`registry.method` is `command`, but `registry.command` is not set."
        hint = "Add `command: COMMAND`; the command gets the image's name as its last argument."
        diagnostics.error("profile-without-command", message, profile.place("registry", "method"), hint)
    bound = {key for kind in STEPS for key in kind.binds}
    for name in (name for name in profile.environment if is_ours(name) or name in bound):
        message = f"`environment` names the variable `{name}`, but programs find a value of their own in it."
        hint = "Give the CI job a variable of another name, for example in capital letters."
        diagnostics.error("variable-name", message, profile.place("environment"), hint)
    _check_kinds(profile, diagnostics)
    check_deployments(profile, diagnostics)
    _check_missing(profile, diagnostics)
    _check_effects(profile, diagnostics)
    for path, config in _kube_configs(profile):
        if config.startswith("~") or "$" in config:
            message = f"`{'.'.join(path)}` is `{config}`, but neither `~` nor a variable is expanded in it."
            hint = "Write the whole path, or leave the key out: helm then uses the `KUBECONFIG` of its environment."
            diagnostics.error("profile-path", message, profile.place(*path), hint)
    for feature in sorted(profile.unsupported - set(Feature)):
        near = nearest(feature, list(Feature))
        hint = near.hint(f"The features are {', '.join(Feature)}.")
        message, place = f"There is no feature `{feature}`.", profile.place("unsupported")
        diagnostics.error("profile-unknown-feature", message, place, hint, _renamed(profile, feature, near))


def _renamed(profile: Profile, feature: str, near: Near) -> Fix | None:
    """Writes another name for a feature in the one profile that names it."""
    lists = ((d, d.root.get("unsupported")) for d in profile.documents if isinstance(d.root, MappingNode))
    named = [(d, n) for d, found in lists for n in (found.items if isinstance(found, Sequence) else ())]
    places = [(d, n.span) for d, n in named if isinstance(n, Scalar) and n.text == feature]
    return fixes.word(*places[0], feature, near.name) if near.sure and len(places) == 1 else None


def _check_logins(profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports credentials that do not exist, and registries that are no hosts."""
    for path, id_, kind in _own_credentials(profile):
        if id_ and id_ not in profile.credentials:
            keys = ".".join(path)
            message = f"`{keys}` is `{id_}`, but `credentials` has no entry `{id_}`."
            hint = f"Add `credentials: {{{id_}: {{kind: {kind}, …}}}}`."
            diagnostics.error("profile-unknown-credential", message, profile.place(*path), hint)
    for host in profile.registries:
        if not is_host(host):
            message = f"`registries` has the key `{host}`, which is not the host of a registry."
            hint = "Write the host alone, with its port if it has one, such as `registry.example.org:5000`."
            diagnostics.error("profile-registry-host", message, profile.place("registries", host), hint)


def _check_kinds(profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports credentials of the site's own steps that are of another kind than the step needs."""
    for path, id_, kind in _own_credentials(profile):
        site = profile.credentials.get(id_)
        if site and site.kind is not kind:
            message = f"`{'.'.join(path)}` is `{id_}`, but the kind of that credential is `{site.kind}`."
            hint = f"Name a credential of the kind `{kind}`."
            diagnostics.error("profile-credential-kind", message, profile.place(*path), hint)


_NO_EFFECT: tuple[tuple[_Path, _Path, Callable[[Profile], bool], str], ...] = (
    (
        ("registry", "command"),
        ("registry", "method"),
        lambda p: bool(p.registry.command) and p.registry.method != "command",
        "Write `method: command` beside it, to push with that command.",
    ),
    (
        ("cache", "write"),
        ("registry", "method"),
        lambda p: p.cache.is_on and bool(p.cache.write) and p.container == "podman" and p.registry.method == "command",
        "podman pushes layers itself: write `write: []` if it is only to read, or push with `method: docker-push`.",
    ),
    (
        ("report", "gerrit", "url"),
        ("report", "gerrit", "credential"),
        lambda p: bool(p.report.gerrit) and not p.report.gerrit_credential,
        "Write `credential: ID` beside it, with the credential to comment with.",
    ),
    (
        ("promote", "topic"),
        ("promote", "propose"),
        lambda p: bool(p.promotion.topic) and p.promotion.propose != "gerrit",
        "Write `propose: gerrit` beside it, to propose changes on Gerrit.",
    ),
    (
        ("promote", "gerrit"),
        ("promote", "propose"),
        lambda p: bool(p.promotion.gerrit) and p.promotion.propose != "gerrit",
        "Write `propose: gerrit` beside it, to propose changes on Gerrit.",
    ),
)
"""Keys that have an effect only with another one; when they have none, and what to write."""


def _check_effects(profile: Profile, diagnostics: Diagnostics) -> None:
    """Warns of keys without effect, unless a file that is nearer than theirs has changed the other key."""
    for key, other, without, hint in _NO_EFFECT:
        if without(profile) and profile.nearest(*key) <= profile.nearest(*other):
            message = f"`{'.'.join(key)}` has no effect, because of `{'.'.join(other)}`."
            diagnostics.warning("profile-no-effect", message, profile.place(*key), hint)


def _check_missing(profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports keys that must not be empty."""
    if profile.builder.kind == "buildkit" and not profile.builder.frontend:
        hint = "Name a BuildKit frontend for Blubber files, or write `kind: dockerfile`."
        message = "`builder.frontend` is empty, but `builder.kind` is `buildkit`."
        diagnostics.error("profile-empty", message, profile.place("builder", "frontend"), hint)


def _own_credentials(profile: Profile) -> Iterator[tuple[_Path, str, CredentialKind]]:
    """The credentials of the site's own steps: the key that names one, its id, and the kind that it must have."""
    login, file = CredentialKind.USERNAME_PASSWORD, CredentialKind.FILE
    yield ("registry", "credential"), profile.registry.credential, login
    yield from ((("registries", host), id_, login) for host, id_ in profile.registries.items())
    yield ("promote", "credential"), profile.promotion.credential, login
    yield ("report", "gerrit", "credential"), profile.report.gerrit_credential, login
    yield from ((("environments", name, "credential"), e.credential, file) for name, e in profile.environments.items())


def _kube_configs(profile: Profile) -> Iterator[tuple[_Path, str]]:
    """Each path of a kube config with its key; a cluster without one uses that of `kubernetes`."""
    shared = next((c.config for name, c in profile.kubernetes.clusters.items() if name == "ci"), "")
    yield ("kubernetes", "config"), shared
    for name, cluster in profile.kubernetes.clusters.items():
        if cluster.config != shared:
            yield ("kubernetes", "clusters", name, "config"), cluster.config
