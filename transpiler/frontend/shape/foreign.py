"""Files of other programs under the name of our config: `.pipeline/config.yaml` is SAP Piper's name, too, and people
move the files of other CI engines there. Each is reported once, with what it looks like.

A file that could be a config with mistakes in it is left to the other checks: this module looks at keys alone.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence

_PIPER = "a config of SAP's Project Piper"
_SURELY_OURS = ("pipelines", "pipeline", "execution")
_OURS = (
    *_SURELY_OURS,
    *("project", "concurrency", "stages", "blubberfile", "dockerfile"),
    *("build", "run", "copy", "publish", "promote", "deploy", "exports", "trigger"),
)
_OF_ITEMS = ("name", "stage", "variant", "blubberfile", "directory")
_OF_ITEMS_ALONE = ("stage", "variant", "blubberfile")
_SHOWN = 4


class _Format(NamedTuple):
    """A format of other programs: what a file of it is called, and the top-level keys that show it, all of them
    needed."""

    called: str
    keys: tuple[str, ...]
    fits: Callable[[Mapping], bool] = lambda _: True


def _major(root: Mapping) -> str:
    version = root.get("version")
    return version.text.lstrip("v").partition(".")[0] if isinstance(version, Scalar) else ""


_FORMATS = (
    _Format("a workflow of GitHub, Forgejo or Gitea", ("on", "jobs")),
    _Format("a CircleCI config", ("version", "jobs"), lambda root: _major(root) == "2"),
    _Format("a compose file", ("services",)),
    _Format("a Kubernetes manifest", ("apiVersion", "kind")),
    _Format("a Drone pipeline", ("kind", "steps")),
    _Format("a blubberfile", ("variants",)),
    _Format("an Azure pipeline", ("pool",)),
    _Format("an Azure pipeline", ("trigger", "steps"), lambda root: isinstance(root.get("steps"), Sequence)),
    _Format("a Travis CI config", ("language", "script")),
    _Format("a config of a CI engine with `jobs`", ("jobs",)),
)
_ITEMS = {
    "hosts": "an Ansible playbook",
    "job": "a Zuul config",
    "nodeset": "a Zuul config",
    "project": "a Zuul config",
    "project-template": "a Zuul config",
}


def refused(root: Node, diagnostics: Diagnostics) -> bool:
    """Whether the document is a file of another program; then one error says so."""
    found = _of_list(root) if isinstance(root, Sequence) else _of_mapping(root) if isinstance(root, Mapping) else None
    if not found:
        return False
    called, keys = found
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    shown = ", ".join(f"`{key.text}`" for key in keys[:_SHOWN]) + more
    top = isinstance(root, Mapping) and root.key(keys[0].text) is keys[0]
    where = "at the top level" if top else "in its items"
    if called == _PIPER:
        message = f"This is {called}: it has {shown} {where}."
        hint = "Piper uses the same file name. Do not run transpipe in this repository."
    else:
        message = f"This is not a config of transpipe: it has {shown} {where}, and no `pipelines`."
        if called:
            message = f"This looks like {called}, not like a config of transpipe: it has {shown} {where}."
        hint = "A config begins with `pipelines:`. `transpipe init` writes a first one, if you move this file away."
    diagnostics.error("foreign-config", message, keys[0].span, hint)
    return True


def _of_mapping(root: Mapping) -> tuple[str, tuple[Scalar, ...]] | None:
    """What a file with these top-level keys is called, and the keys that show it; None if it may be ours."""
    named = {key.text: key for key, _ in root}
    if piper := _piper_keys(root):
        return _PIPER, piper
    if steps := _lists_of_steps(root.get("pipelines")):
        return "a Bitbucket pipeline", steps
    if any(key in named for key in _SURELY_OURS):
        return None
    for called, keys, fits in _FORMATS:
        if all(key in named for key in keys) and fits(root):
            return called, tuple(named[key] for key in keys)
    others = [key for key in (key for key, _ in root) if key.text != "version" and not key.text.startswith("x-")]
    if not others or any(key in named for key in _OURS) or any(map(_nearly_ours, others)):
        return None
    if any(_is_pipeline(value) for _, value in root):
        return None
    if any(isinstance(value, Mapping) and value.key("script") for _, value in root):
        return "a GitLab CI config", tuple(others)
    return "", tuple(others)


def _lists_of_steps(pipelines: Node | None) -> tuple[Scalar, ...]:
    """The keys `step` in pipelines that are lists of steps."""
    lists = [value for _, value in pipelines if isinstance(value, Sequence)] if isinstance(pipelines, Mapping) else []
    items = (item for each in lists for item in each.items if isinstance(item, Mapping))
    return tuple(key for item in items if (key := item.key("step")))[:1]


def _nearly_ours(key: Scalar) -> bool:
    return bool(get_close_matches(key.text.lower(), _OURS, 1, 0.7))


def _is_pipeline(node: Node) -> bool:
    """Whether this may be a pipeline that was written at the top level."""
    return isinstance(node, Mapping) and any(
        isinstance(node.get(key), Sequence) for key in ("stages", "execution", "variants")
    )


def _piper_keys(root: Mapping) -> tuple[Scalar, ...]:
    if root.get("pipelines") or root.get("pipeline"):
        return ()
    found = tuple(
        key
        for key, value in root
        if key.text in ("general", "steps", "stages") and (isinstance(value, Mapping) or _empty(value))
    )
    # `stages` alone may also be a pipeline that was written at top level.
    sure = any(key.text == "general" for key in found) or isinstance(root.get("stages"), Mapping)
    return found if sure or isinstance(root.get("steps"), Mapping) else ()


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is Kind.NULL


def _of_list(root: Sequence) -> tuple[str, tuple[Scalar, ...]] | None:
    """The same for a list: proposal A is one, too."""
    items = [item for item in root.items if isinstance(item, Mapping)]
    keys = {key.text: key for item in reversed(items) for key, _ in item}
    strange = all(any(key.text not in _OF_ITEMS for key, _ in item) for item in items)
    if not items or not strange or any(key in keys for key in _OF_ITEMS_ALONE):
        return None
    if any(get_close_matches(key.lower(), _OF_ITEMS_ALONE, 1, 0.7) for key in keys):
        return None
    known = next((word for word in _ITEMS if word in keys), "")
    others = tuple(key for name, key in sorted(keys.items(), key=lambda entry: entry[1].span) if name not in _OF_ITEMS)
    return (_ITEMS[known], (keys[known],)) if known else ("", others)
