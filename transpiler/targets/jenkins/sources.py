"""Groovy expressions for the values of `setup`, and for the variables of Zuul v2 that some configs still read.

All values are passed to `withEnv`, which expands `$NAME` in them. `asIs`, a method of the Jenkinsfile, prevents that
for values that come from outside. Knows nothing of stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from transpiler.profile import Profile
from transpiler.program import Plan, setup_variable
from transpiler.quoting import groovy
from transpiler.records import dataclass
from transpiler.targets.jenkins import settings
from transpiler.targets.jenkins.names import Names, is_identifier
from transpiler.targets.jenkins.pieces import PIECE, cut

APPROVED_BY = "approvedBy"
"""The key of `setup` that each part of a pipeline sets itself, once somebody has approved."""


class _Value(NamedTuple):
    """An expression and the local variables that it uses (`source` is the map that the checkout returned)."""

    expression: str
    uses: tuple[str, ...] = ()


class _Item(NamedTuple):
    """An item in the argument of `withEnv`, as Groovy, and the variables and methods that it uses."""

    text: str
    uses: tuple[str, ...] = ()


# The server of a web address, and Gerrit's prefix of project paths there (`git.without_prefix`); or the server of
# another URL, the host of an scp-like remote, or a leading slash.
_NOT_PROJECT = groovy(r"^((?i:https?)://[^/]*/+((r/+a|r|a)/+)?|[\w+.-]+://[^/]*/+|([^/@]*@)?(\[[^]/]*\]|[^/:]*):/*|/+)")
_SUFFIX = groovy(r"(\.git)?/*$")

# Each may use those before it.
_SCM_LOCALS = {
    "project": _Value(f"source.GIT_URL.replaceFirst({_NOT_PROJECT}, '').replaceFirst({_SUFFIX}, '')", ("source",)),
    # In a job that is not a multibranch job, GIT_BRANCH is `origin/main`.
    "branch": _Value(
        "env.TAG_NAME ? '' : env.CHANGE_TARGET ?: env.GERRIT_BRANCH ?: env.BRANCH_NAME ?:\n"
        "            source.GIT_BRANCH?.replaceFirst('^[^/]*/', '')",
        ("source",),
    ),
    "ref": _Value(
        "env.TAG_NAME ? \"refs/tags/${env.TAG_NAME}\" : env.GERRIT_REFSPEC ?: env.CHANGE_ID ? '' : "
        '"refs/heads/${branch}"',
        ("branch",),
    ),
    "started": _Value("new Date(currentBuild.startTimeInMillis)"),
}
_ZUUL_LOCALS = {
    "project": _Value(f"params.ZUUL_PROJECT ?: {_SCM_LOCALS['project'].expression}", ("source",)),
    "branch": _Value(
        f"params.ZUUL_REF ? params.ZUUL_BRANCH :\n            {_SCM_LOCALS['branch'].expression}", ("source",)
    ),
    "started": _SCM_LOCALS["started"],
}

# Zuul v2's variables, from those of a branch source. Zuul v2 itself passes them as parameters, which are variables.
_ZUUL_NAMES = {
    "ZUUL_BRANCH": _Value("branch", ("branch",)),
    "ZUUL_CHANGE": _Value("env.CHANGE_ID ?: env.GERRIT_CHANGE_NUMBER"),
    "ZUUL_PATCHSET": _Value("env.GERRIT_PATCHSET_NUMBER"),
    "ZUUL_COMMIT": _Value("source.GIT_COMMIT", ("source",)),
    "ZUUL_REF": _Value("ref", ("ref",)),
    "ZUUL_PROJECT": _Value("project", ("project",)),
}

_SCM_TAG = _Value("env.TAG_NAME")
_ZUUL_TAG = _Value("params.ZUUL_REF?.startsWith('refs/tags/') ? params.ZUUL_REF.substring(10) : env.TAG_NAME")


@dataclass(frozen=True, slots=True)
class Environment:
    """The argument of a node's `withEnv`: local variables to define before it, and the items of its list, as Groovy. If
    there are too many items, the methods in `more` return them; their parameters, `given`, are those local variables.

    `source`: whether an item reads what the checkout returned. `as_is`: whether an item calls `asIs`. `setup`: whether
    an item is a value of `setup`.
    """

    locals: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    more: tuple[tuple[str, tuple[str, ...]], ...]
    given: tuple[str, ...]
    source: bool
    as_is: bool
    setup: bool


def environment(plan: Plan, profile: Profile, names: Names) -> Environment:
    """The environment of the plan's programs; it has only what they read. Raises TargetTooLarge."""
    programs = [stage for pipeline in plan.pipelines for stage in pipeline.stages]
    keys = {key for stage in programs for key in (*stage.setup, *(stage.mail.setup if stage.mail else ()))} - {
        APPROVED_BY
    }
    items: list[_Item] = []
    if any(stage.registry for stage in programs):
        items.append(_literal("registry", profile.registry.name))
    if any(stage.push_registry for stage in programs):
        items.append(_literal("push_registry", profile.registry.push_name))
    if any(stage.artifacts for stage in programs):
        items.append(_Item('"artifacts=${env.BUILD_URL}artifact"'))
    items += [_setup(key, plan, profile) for key in sorted(keys)]
    checkout = settings.of(profile).checkout
    if checkout == "scm":
        read = {name for stage in programs for name in stage.environment}
        items += [_item(name, value, plan) for name, value in _ZUUL_NAMES.items() if name in read]
    if any(pipeline.deciding for pipeline in plan.pipelines):
        previous = "source.GIT_PREVIOUS_SUCCESSFUL_COMMIT"
        items.append(_Item(f'"previous=${{asIs({previous})}}"', ("source", "asIs")))
    return _with_locals(items, _SCM_LOCALS if checkout == "scm" else _ZUUL_LOCALS, names)


def _with_locals(items: list[_Item], known: Mapping[str, _Value], names: Names) -> Environment:
    used = {name for item in items for name in item.uses}
    for name, value in reversed(tuple(known.items())):
        if name in used:
            used.update(value.uses)
    texts = [item.text for item in items]
    crowded = len(texts) > PIECE
    more = cut(
        texts if crowded else (),
        lambda: names.method("someVariables"),
        "its programs read",
        "values of the build",
        "read fewer values of `setup`: several parameters can be one",
    )
    found = tuple((name, value.expression) for name, value in known.items() if name in used)
    return Environment(
        found,
        () if crowded else tuple(texts),
        more=more,
        given=(*(("source",) if "source" in used else ()), *(name for name, _ in found)),
        source="source" in used,
        as_is="asIs" in used,
        setup=any(item.text[1:].startswith("setup_") for item in items),
    )


def _setup(key: str, plan: Plan, profile: Profile) -> _Item:
    variable = setup_variable(key)
    match key:
        case "timestamp":
            formatted = "started.format('yyyy-MM-dd-HHmmss', TimeZone.getTimeZone('UTC'))"
            return _Item(f'"{variable}=${{{formatted}}}"', ("started",))
        case "logURL":
            return _Item(f'"{variable}=${{env.BUILD_URL}}console"')
    return _item(variable, _value(key, by_zuul=settings.of(profile).checkout == "zuul"), plan)


def _value(key: str, *, by_zuul: bool) -> _Value:
    match key:
        case "project" | "branch":
            return _Value(key, (key,))
        case "projectShortName":
            return _Value("project.tokenize('/').last()", ("project",))
        case "tag":
            return _ZUUL_TAG if by_zuul else _SCM_TAG
        case "commit":
            return _Value("source.GIT_COMMIT", ("source",))
        case "remote":
            return _Value("source.GIT_URL", ("source",))
        case "event":
            return _Value("whatHappened()")
    if not key.startswith("params."):
        return _Value(_member("source", key), ("source",))
    name = key.removeprefix("params.")
    parameter = _Value(_member("params", name))
    return parameter if by_zuul else _ZUUL_NAMES.get(name, parameter)


def _item(variable: str, value: _Value, plan: Plan) -> _Item:
    if value.expression == "project" and plan.project:
        return _literal(variable, plan.project)
    return _Item(f'"{variable}=${{asIs({value.expression})}}"', (*value.uses, "asIs"))


def _literal(variable: str, value: str) -> _Item:
    return _Item(groovy(f"{variable}={value.replace('$', '$$')}"))


def _member(owner: str, name: str) -> str:
    return f"{owner}.{name}" if is_identifier(name) else f"{owner}[{groovy(name)}]"
