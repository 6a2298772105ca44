"""From the merged data of a profile to its checked form.

The data are plain mappings, lists and strings that the schema has accepted. This module has no defaults: whatever the
data leave out is taken from the built-in profile `default`. This module must not know where data come from, nor any
target: each loads its own part (`targets/<target>/settings.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import normpath
from typing import Any

from transpiler.ir import EVENTS, CredentialKind, Event
from transpiler.profile import (
    Builder,
    Cache,
    Cluster,
    Environment,
    Kubernetes,
    Profile,
    Promotion,
    Registry,
    Report,
    SiteCredential,
    TargetSettings,
)
from transpiler.profile_values import Data, flag, number, text, texts, words
from transpiler.targets import TARGETS

_STANDARD = {"image.repository": "${imageFullName}", "image.tag": "${imageTag}"}
"""The values by which most charts know their image."""

_NO, _YES = frozenset({"false", "no", "off"}), frozenset({"true", "yes", "on"})
"""Values for a target: the profile leaves it out, or has it with its usual path."""


def merge(base: Data, over: Data) -> dict[str, Any]:
    """`over` on top of `base`, mapping by mapping at every depth; an empty value leaves a mapping as it is.

    `targets` says which targets there are: targets of `base` that `over` leaves out are removed; those that stay keep
    their paths. If `over` only removes some (`jenkins: false`), the others stay.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if key == "targets":
            merged[key] = _merge_targets(below, value)
        elif isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        elif not (isinstance(below, Mapping) and value is None):
            merged[key] = value
    return merged


def _merge_targets(base: Any, over: Any) -> dict[str, dict[str, Any]]:
    below, asked = _targets(base), _targets(over)
    if over and not asked and isinstance(over, Mapping):
        return {name: paths for name, paths in below.items() if name not in over}
    return {name: {**below.get(name, {}), **paths} for name, paths in asked.items()}


def _targets(value: Any) -> dict[str, dict[str, Any]]:
    """A list or a mapping of targets as a mapping of mappings, with normalised paths. An empty value means no targets,
    and `false` leaves a target out."""
    if not isinstance(value, Mapping):
        return {str(name): {} for name in value or ()}
    found = {name: {"path": v} if isinstance(v, str | bool) else dict(v or {}) for name, v in value.items()}
    return {name: _paths(keys) for name, keys in found.items() if _word(keys.get("path")) not in _NO}


def _paths(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {key: normpath(text(v)) for key, v in keys.items() if v is not None and _word(v) not in _YES}


def _word(value: Any) -> str:
    return str(value).lower()


def outputs(data: Data) -> dict[str, dict[str, str]]:
    """Where the outputs of each chosen target go: normalised paths, by their keys."""
    return _targets(data["targets"])


def from_data(data: Data, default: Data) -> Profile:
    """The profile from `data` merged over `default`, which has every key. Raises KeyError, TypeError or ValueError on
    data that the schema would reject."""
    whole = merge(default, data)
    builder, container = whole["builder"], whole["container"]
    events, gerrit = whole["events"]["defaults"], whole["report"]["gerrit"]
    return Profile(
        name="",
        project=text(whole["project"]),
        targets=tuple(_targets(whole["targets"])),
        settings=_settings(whole, _targets(default["targets"])),
        builder=Builder(text(builder["kind"]), text(builder["frontend"]), texts(builder["allowed"])),
        container=text(container["command"]),
        run_timeout=number(container["timeout"]),
        registry=_registry(whole["registry"]),
        cache=_cache(whole["cache"]),
        registries={str(host): text(id_) for host, id_ in whole["registries"].items() if text(id_)},
        images=text(whole["images"]),
        credentials={str(id_): _credential(str(id_), c) for id_, c in whole["credentials"].items()},
        triggers={str(name): _trigger(t) for name, t in whole["triggers"].items()},
        environment=texts(whole["environment"]),
        publishing_events=_events(events["publishing"]),
        other_events=_events(events["other"]),
        kubernetes=_kubernetes(whole["kubernetes"]),
        environments={str(name): _environment(e or {}) for name, e in whole["environments"].items()},
        promotion=_promotion(whole["promote"]),
        mail_command=words(whole["notify"]["command"]),
        mail_from=text(whole["notify"]["from"]),
        report=Report(text(gerrit["url"]), text(gerrit["credential"])),
        proxy=text(whole["proxy"]),
        policy={name: _level(level) for name, level in whole["policy"].items() if name != "actions"},
        actions={Event(e): texts(allowed) for e, allowed in whole["policy"]["actions"].items()},
        unsupported=frozenset(texts(whole["unsupported"])),
        branches=texts(whole["branches"]),
        branches_said="branches" in data,
        supersede=flag(whole["supersede"]),
    )


def _settings(whole: Data, usual: Mapping[str, Data]) -> dict[str, TargetSettings]:
    """The settings of every target, including targets that the profile does not choose: the command line may choose
    them."""
    chosen = _targets(whole["targets"])
    return {
        name: target.settings.load(whole, {"path": target.place, **usual.get(name, {}), **chosen.get(name, {})})
        for name, target in TARGETS.items()
    }


def _events(names: Any) -> tuple[Event, ...]:
    """Events in their usual order, each once."""
    return tuple(event for event in EVENTS if event in names)


def _cache(data: Data) -> Cache:
    return Cache(text(data["kind"]), text(data["repository"]), _events(texts(data["write"])))


def _registry(data: Data) -> Registry:
    return Registry(
        public=text(data["public"]),
        push=text(data["push"]),
        repository=text(data["repository"]),
        method=text(data["method"]),
        command=words(data["command"]),
        credential=text(data["credential"]),
        prefixes=texts(data["prefixes"]),
    )


def _credential(id_: str, data: Data) -> SiteCredential:
    names = {name: target.settings.credential_names(id_, data) for name, target in TARGETS.items()}
    return SiteCredential(CredentialKind(data["kind"]), names)


def _trigger(data: Data) -> dict[str, str]:
    return {name: text(data.get(name)) for name in TARGETS}


def _kubernetes(data: Data) -> Kubernetes:
    config, namespace = text(data["config"]), text(data["namespace"])
    own = {"ci": Cluster(config, namespace)} if config or namespace else {}
    return Kubernetes(
        repository=text(data["repository"]),
        helm=words(data["helm"]),
        pull_policy=text(data["pull-policy"]),
        timeout=number(data["timeout"]),
        clusters=own
        | {
            name: Cluster(text((c or {}).get("config")) or config, text((c or {}).get("namespace")) or namespace)
            for name, c in data["clusters"].items()
        },
        image_values=_image_values(data["image-values"]),
    )


def _image_values(data: Any) -> dict[str, str]:
    if isinstance(data, Mapping):
        return {str(path): text(value) for path, value in data.items()}
    return dict(_STANDARD) if data == "standard" else {}


def _environment(data: Data) -> Environment:
    return Environment(*(text(data.get(key)) for key in ("cluster", "namespace", "credential", "url")))


def _promotion(data: Data) -> Promotion:
    return Promotion(
        repository=text(data["repository"]),
        branch=text(data["branch"]),
        update=texts(data.get("update")),
        propose=text(data["propose"]),
        credential=text(data["credential"]),
        topic=text(data["topic"]),
        author_name=text(data["author"]["name"]),
        author_email=text(data["author"]["email"]),
        reviewers=flag(data["reviewers"]),
        gerrit=text(data["gerrit"]),
    )


def _level(value: Any) -> str:
    return "off" if text(value) == "false" else text(value)
