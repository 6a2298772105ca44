"""`deploy.release`, from YAML to IR: a deployment that stays."""

from __future__ import annotations

import re
from posixpath import normpath

from transpiler.expressions import Text
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.suggestions import these
from transpiler.frontend.values.evaluate import text
from transpiler.frontend.values.plain import is_empty, plain
from transpiler.frontend.values.scope import Scope
from transpiler.ir import RELEASE_BINDS, Release
from transpiler.nodes import Mapping, Node, Sequence
from transpiler.profile import Environment

RELEASE_KEYS = ("environment", "namespace", "values")
"""The keys of `deploy` that only a release has."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 53
"""Of a release; helm takes no longer one."""
_LONGEST_NAMESPACE = 63
_NOWHERE = Environment("", "", "", "")


def read_release(draft: StageDraft, keys: Mapping, scope: Scope) -> Release | None:
    """The release of a `deploy`; None for a rehearsal, and after an error that leaves none."""
    context, node = draft.context, keys.get("release")
    if node is None or is_empty(node):
        _refuse_keys(context, keys)
        return None
    name = _name(context, node, scope)
    for key in RELEASE_BINDS:
        if key in draft.scope.own:
            message = f"`{key}` is already bound in stage `{draft.scope.stage}`: a release binds this name itself."
            context.error("already-bound", message, node.span, "Choose another name in the matrix.")
    environment, site = _environment(context, keys)
    cluster = site.cluster or plain(context, keys.get("cluster"), default="ci")
    known = context.profile.kubernetes.clusters.get(cluster)
    namespace = _namespace(context, keys) or site.namespace or (known.namespace if known else "")
    values = _values(context, keys, scope)
    return Release(name, environment, namespace, values, site.url) if name else None


def _name(context: Context, node: Node, scope: Scope) -> str:
    """The release's name; "" after an error."""
    name = text(context, node, scope).literal
    if name is not None and _LABEL.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return name
    shown = f"is `{name}`" if name is not None else "is known only while the pipeline runs"
    message = f"`release` {shown}, which cannot be the name of a release."
    hint = f"Use small letters, digits and `-`, at most {_LONGEST_NAME}, with a letter or a digit at both ends."
    context.error("release-name", message, node.span, hint)
    return ""


def _refuse_keys(context: Context, keys: Mapping) -> None:
    """Reports keys that a rehearsal does not have."""
    for name in RELEASE_KEYS:
        key, value = keys.key(name), keys.get(name)
        if key and value is not None and not is_empty(value):
            message = f"`{name}` has no meaning here: without `release`, `deploy` is a rehearsal under a random name."
            hint = f"Add `release: NAME` for a deployment that stays, or remove `{name}`."
            context.error("deploy-without-release", message, key.span, hint)


def _environment(context: Context, keys: Mapping) -> tuple[str, Environment]:
    node = keys.get("environment")
    if node is None or is_empty(node):
        return "", _NOWHERE
    name, known = plain(context, node), context.profile.environments
    other = keys.key("cluster")
    if other and known.get(name, _NOWHERE).cluster:
        message = f"`cluster` has no effect: the environment `{name}` has a cluster of its own."
        context.error("environment-and-cluster", message, other.span, "Remove `cluster`, or `environment`.")
    if name in known:
        return name, known[name]
    near = context.suggestions.near(name, known)
    if near.name:
        hint = f"{near.hint('')} The environments are {these(known)}."
        fix = fixes.word(context.document, node.span, name, near.name) if near.sure else None
        context.error("environment-unknown", f"The profile has no environment `{name}`.", node.span, hint, fix)
    else:
        lines = f"environments: {{{name}: {{cluster: CLUSTER, namespace: NAMESPACE, url: 'https://HOST'}}}}"
        others = f" The environments there are {these(known)}." if known else ""
        context.lacks(f"an environment `{name}`", lines, node.span, others)
    return "", _NOWHERE


def _namespace(context: Context, keys: Mapping) -> str:
    node = keys.get("namespace")
    if node is None or is_empty(node):
        return ""
    name = plain(context, node)
    if not _LABEL.fullmatch(name) or len(name) > _LONGEST_NAMESPACE:
        message = f"`{name}` cannot be the name of a namespace."
        hint = f"Use small letters, digits and `-`, at most {_LONGEST_NAMESPACE}."
        context.error("release-name", message, node.span, hint)
    return name


def _values(context: Context, keys: Mapping, scope: Scope) -> tuple[Text, ...]:
    node = keys.get("values")
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(path for item in items if (path := _path(context, item, scope)) is not None)


def _path(context: Context, node: Node, scope: Scope) -> Text | None:
    path = text(context, node, scope)
    start = first if path.parts and isinstance(first := path.parts[0], str) else ""
    whole = path.literal
    if start.startswith(("/", "../")) or normpath(whole or ".").startswith(".."):
        message = f"The values file `{whole if whole is not None else start}` is outside the repository."
        context.error("path-outside", message, node.span, "Write a path relative to the repository's root.")
        return None
    if "://" in start or whole == "":
        message = f"`{whole or start}` is not a file of the repository."
        context.error("bad-value", message, node.span, "Write the path of a file, relative to the repository's root.")
        return None
    return path
