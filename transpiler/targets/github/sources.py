"""Where the values that a program may read come from on GitHub: expressions over its contexts, as environment
variables.

No value of an event ever stands in a program: its variables bring it there. Forgejo and Gitea have the same contexts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from transpiler.profile import Profile
from transpiler.program import EVENT, CredentialUse, setup_variable
from transpiler.quoting import sh
from transpiler.targets.github import settings

TIME = "timestamp"
_OWN_BRANCH = "github.ref_type == 'branch' && github.ref_name || ''"
BRANCH = f"${{{{ github.base_ref || github.event.merge_group.base_ref || {_OWN_BRANCH} }}}}"
_REMOTE = "${{ github.server_url }}/${{ github.repository }}.git"
RUN_PAGE = "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"

# A push is one of a tag, or to a branch on which a push is a merge: the workflow runs for no other.
_PUSHED = "github.event_name == 'push' && (github.ref_type == 'tag' && 'tag' || 'merge')"
_BY_CLOCK = "github.event_name == 'schedule' && 'schedule'"

_SETUP: Mapping[str, str] = MappingProxyType(
    {
        EVENT: f"${{{{ {_PUSHED} || {_BY_CLOCK} || 'change' }}}}",
        "project": "${{ github.repository }}",
        "commit": "${{ github.sha }}",
        "branch": BRANCH,
        "remote": _REMOTE,
        "tag": "${{ github.ref_type == 'tag' && github.ref_name || '' }}",
        "logURL": RUN_PAGE,
    }
)

# What Jenkins' checkout returns, as far as GitHub knows it too.
CHECKOUT: Mapping[str, str] = MappingProxyType(
    {
        "GIT_BRANCH": BRANCH,
        "GIT_LOCAL_BRANCH": BRANCH,
        "GIT_COMMIT": "${{ github.sha }}",
        "GIT_PREVIOUS_COMMIT": "${{ github.event.before || '' }}",
        "GIT_URL": _REMOTE,
    }
)

# The names that Zuul v2 gave, which configs still read; GitHub has no number for a patch set.
_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "ZUUL_BRANCH": BRANCH,
        "ZUUL_CHANGE": "${{ github.event.pull_request.number || '' }}",
        "ZUUL_PATCHSET": "",
        "ZUUL_COMMIT": "${{ github.sha }}",
        "ZUUL_REF": "${{ github.ref }}",
        "ZUUL_PROJECT": "${{ github.repository }}",
        "ZUUL_PIPELINE": "${{ github.event_name }}",
        "ZUUL_UUID": "${{ github.run_id }}",
        "ZUUL_URL": "${{ github.server_url }}",
    }
)

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_RUNNERS_OWN = re.compile("GITHUB_|RUNNER_|CI$", re.IGNORECASE)


def setup_variables(keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A variable for each key of `setup` that has a source here; the time has none, a step must tell it."""
    found = ((setup_variable(key), _setup_source(key)) for key in sorted(set(keys)))
    return tuple((name, source) for name, source in found if source)


def _setup_source(key: str) -> str:
    if not key.startswith("params."):
        return _SETUP.get(key, CHECKOUT.get(key, ""))
    return _variable(key.removeprefix("params."))


def environment_variables(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A variable for each name that the runner does not set itself: a configuration variable of the repository's."""
    return tuple((name, source) for name in sorted(set(names)) if (source := _variable(name)))


def _variable(name: str) -> str:
    if name in _ENVIRONMENT:
        return _ENVIRONMENT[name]
    known = _IDENTIFIER.fullmatch(name) and not _RUNNERS_OWN.match(name)
    return f"${{{{ vars.{name} }}}}" if known else ""


def registry_lines(profile: Profile) -> tuple[str, ...]:
    """Shell lines that set `registry` and `push_registry`: the profile's, or else the one that the forge has."""
    if profile.registry.public:
        name, push = profile.registry.name, profile.registry.push_name
        return (f"registry={sh(name)}", "push_registry=$registry" if push == name else f"push_registry={sh(push)}")
    return (f"registry={own_registry(profile)}", "push_registry=$registry")


def own_registry(profile: Profile) -> str:
    """A shell word: the project's place in the forge's own registry, in lower case as image names must be."""
    host = "ghcr.io" if settings.of(profile).is_github else "${GITHUB_SERVER_URL#*://}"
    return f"$(echo \"{host}/$GITHUB_REPOSITORY\" | tr '[:upper:]' '[:lower:]')"


def secrets(use: CredentialUse, profile: Profile) -> tuple[str, ...]:
    """An expression for each variable of a credential."""
    if not use.id:
        return ("${{ github.actor }}", "${{ github.token }}")
    return tuple(f"${{{{ secrets.{name} }}}}" for name in profile.names(use.id, settings.NAME))


def is_runners_own(variable: str) -> bool:
    """Whether the runner sets the variable, so that a workflow cannot. Many programs expect a token in GITHUB_TOKEN,
    which the runner does not set."""
    return _RUNNERS_OWN.match(variable) is not None and variable != "GITHUB_TOKEN"


def is_file(use: CredentialUse) -> bool:
    """Whether a credential's variable holds the path of a file."""
    return use.kind.is_file
