"""Shell assignments that set the variables which programs read from GitLab's predefined CI variables.

Callers pass the names that some program reads. No line contains or prints a secret: credentials are assigned from CI
variables by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import EVENT, CredentialUse, setup_variable
from transpiler.quoting import sh
from transpiler.targets.gitlab import settings

_BRANCH = "${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-${CI_COMMIT_BRANCH-}}"
# not CI_COMMIT_REF_NAME, which does not say whether it is a tag or a branch
_PUSHED = "refs/${CI_COMMIT_TAG:+tags/$CI_COMMIT_TAG}${CI_COMMIT_BRANCH:+heads/$CI_COMMIT_BRANCH}"

_SETUP: Mapping[str, str] = MappingProxyType(
    {
        "project": "$CI_PROJECT_PATH",
        "projectShortName": "$CI_PROJECT_NAME",
        "commit": "$CI_COMMIT_SHA",
        "branch": _BRANCH,
        "remote": "$CI_PROJECT_URL.git",  # not $CI_REPOSITORY_URL, which contains the job's token
        "tag": "${CI_COMMIT_TAG-}",
        "timestamp": "$(printf %.19s \"$CI_PIPELINE_CREATED_AT\" | tr -d ':' | tr T -)",
        "logURL": "$CI_PIPELINE_URL",
        "approvedBy": "${GITLAB_USER_LOGIN-}",  # in a job that a person has started, that person
    }
)

# Those values that Jenkins' checkout returns and GitLab has too.
CHECKOUT: Mapping[str, str] = MappingProxyType(
    {
        "GIT_BRANCH": _BRANCH,
        "GIT_LOCAL_BRANCH": _BRANCH,
        "GIT_COMMIT": "$CI_COMMIT_SHA",
        "GIT_PREVIOUS_COMMIT": "${CI_COMMIT_BEFORE_SHA-}",
        "GIT_URL": "$CI_PROJECT_URL.git",
    }
)

_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "ZUUL_BRANCH": _BRANCH,
        "ZUUL_CHANGE": "${CI_MERGE_REQUEST_IID-}",
        "ZUUL_PATCHSET": "${CI_MERGE_REQUEST_DIFF_ID-}",
        "ZUUL_COMMIT": "$CI_COMMIT_SHA",
        "ZUUL_REF": f"${{CI_MERGE_REQUEST_REF_PATH:-{_PUSHED}}}",
        "ZUUL_PROJECT": "$CI_PROJECT_PATH",
        "ZUUL_PIPELINE": "$CI_PIPELINE_SOURCE",
        "ZUUL_UUID": "$CI_PIPELINE_ID",
        "ZUUL_URL": "$CI_SERVER_URL",
    }
)

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def setup_lines(keys: Iterable[str], profile: Profile) -> tuple[str, ...]:
    """An assignment for each of these keys of `setup` that GitLab has a value for."""
    wanted = sorted(set(keys))
    found = (f"{setup_variable(key)}={source}" for key in wanted if (source := _setup_source(key)) is not None)
    return (*found, *((_event(profile),) if EVENT in wanted else ()))


def _event(profile: Profile) -> str:
    """A line that tells the event from what GitLab itself says. Only a push is a merge or a new tag for sure: whoever
    starts a pipeline in another way may set variables."""
    merged = tuple(map(sh, profile.branches)) if profile.branches_said else ('"$CI_DEFAULT_BRANCH"',)
    variable = setup_variable(EVENT)
    events = (
        ("push:tag:*", Event.TAG),
        (" | ".join(f"push::{branch}" for branch in merged), Event.MERGE),
        ("schedule:*", Event.SCHEDULE),
        ("*", Event.CHANGE),
    )
    cases = " ".join(f"{pattern}) {variable}={event.value} ;;" for pattern, event in events)
    return f"case $CI_PIPELINE_SOURCE:${{CI_COMMIT_TAG:+tag}}:${{CI_COMMIT_BRANCH-}} in {cases} esac"


def _setup_source(key: str) -> str | None:
    if key.startswith("params."):
        name = key.removeprefix("params.")
        if not _IDENTIFIER.fullmatch(name):
            return None
        return _ENVIRONMENT.get(name, f"${{{name}-}}")
    return _SETUP.get(key, CHECKOUT.get(key))


def environment_lines(names: Iterable[str]) -> tuple[str, ...]:
    """An assignment for each name that has another name on GitLab; the others are CI variables already."""
    return tuple(f"{name}={_ENVIRONMENT[name]}" for name in sorted(set(names)) if name in _ENVIRONMENT)


def registry_lines(profile: Profile) -> tuple[str, ...]:
    """Lines that set `registry` and `push_registry` to the profile's registry, or to the GitLab project's own."""
    name = profile.registry.name if profile.registry.public else "$CI_REGISTRY_IMAGE"
    if not profile.registry.public:
        return (f"registry={name}", "push_registry=$registry")
    push = profile.registry.push_name
    return (f"registry={sh(name)}", "push_registry=$registry" if push == name else f"push_registry={sh(push)}")


def credential_lines(uses: Iterable[CredentialUse], profile: Profile) -> tuple[str, ...]:
    """Lines that assign each credential's variables from CI variables. If one is empty that the program needs, they
    print its name and end the job. A credential of the kind file is a CI variable of the type File, whose value is a
    path.
    """
    lines = []
    for use in uses:
        names = _ci_variables(use, profile)
        for variable, name in zip(use.variables, names, strict=False):
            given = f"{name}-" if use.optional else f"{name}:?{_empty(use)}"
            lines.append(f'export {variable}="${{{given}}}"')
    return tuple(lines)


def _ci_variables(use: CredentialUse, profile: Profile) -> tuple[str, ...]:
    if not use.id:
        return ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD")
    return profile.names(use.id, settings.NAME)


def _empty(use: CredentialUse) -> str:
    if not use.id:
        return "is not set (no container registry for this job)"
    kind = "of type File, " if use.kind.is_file else ""
    return f"is not set ({kind}protected, or a fork)"
