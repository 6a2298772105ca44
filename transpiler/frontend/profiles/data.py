"""From the merged data of a profile to its checked form.

The data are plain mappings, lists and texts that the schema has accepted. No default stands here: whatever the
data leave out is taken from the built-in `default`. This module must not know where data come from.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, TypeAlias

from transpiler.ir import EVENTS, CredentialKind, Event
from transpiler.profile import (
    Builder,
    Cluster,
    Gitlab,
    Jenkins,
    JenkinsSource,
    Kubernetes,
    Outputs,
    Profile,
    Promotion,
    Registry,
    Report,
    Rules,
    SiteCredential,
    SiteTrigger,
    Zuul,
)

Data: TypeAlias = Mapping[str, Any]


def merge(base: Data, over: Data) -> dict[str, Any]:
    """`over` on top of `base`, mapping by mapping at every depth; an empty value leaves a mapping as it is.

    `targets` says which targets there are: those of `base` that `over` leaves out are gone, their paths kept for
    those that stay.
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
    below = _targets(base)
    return {name: {**below.get(name, {}), **paths} for name, paths in _targets(over).items()}


def _targets(value: Any) -> dict[str, dict[str, Any]]:
    """A list or a mapping of targets as a mapping of mappings; nothing is no target."""
    if not isinstance(value, Mapping):
        return {str(name): {} for name in value or ()}
    return {name: {"path": v} if isinstance(v, str) else dict(v or {}) for name, v in value.items()}


def from_data(data: Data, default: Data) -> Profile:
    """The profile that `data` hold over `default`, which holds every key. Raises KeyError, TypeError or ValueError
    on data of another shape than the schema's."""
    whole = merge(default, data)
    builder, container = whole["builder"], whole["container"]
    events, report = whole["events"]["defaults"], whole["report"]
    return Profile(
        name="",
        project=_text(whole["project"]),
        targets=tuple(_targets(whole["targets"])),
        outputs=_outputs(_targets(default["targets"]), _targets(whole["targets"])),
        builder=Builder(_text(builder["kind"]), _text(builder["frontend"]), _texts(builder["allowed"])),
        container=_text(container["command"]),
        run_timeout=_number(container["timeout"]),
        registry=_registry(whole["registry"]),
        images=_text(whole["images"]),
        credentials={str(id_): _credential(str(id_), c) for id_, c in whole["credentials"].items()},
        triggers={str(name): _trigger(t) for name, t in whole["triggers"].items()},
        environment=_texts(whole["environment"]),
        publishing_events=tuple(Event(e) for e in events["publishing"]),
        other_events=tuple(Event(e) for e in events["other"]),
        jenkins=_jenkins(whole["jenkins"]),
        gitlab=_gitlab(whole["gitlab"]),
        zuul=_zuul(whole["zuul"]),
        kubernetes=_kubernetes(whole["kubernetes"]),
        promotion=_promotion(whole["promote"]),
        mail_command=_text(whole["notify"]["command"]),
        mail_from=_text(whole["notify"]["from"]),
        report=Report(
            _text(report["gerrit"]["url"]), _text(report["gerrit"]["credential"]), _text(report["gitlab"]["token"])
        ),
        proxy=_text(whole["proxy"]),
        policy={name: _level(level) for name, level in whole["policy"].items() if name != "actions"},
        actions={Event(e): _texts(words) for e, words in whole["policy"]["actions"].items()},
        unsupported=frozenset(_texts(whole["unsupported"])),
    )


def _outputs(usual: Mapping[str, Data], chosen: Mapping[str, Data]) -> Outputs:
    """Where every target's output goes, also of those that are not asked for."""
    paths = {name: {**where, **chosen.get(name, {})} for name, where in usual.items()}
    zuul = paths["zuul"]
    return Outputs(
        _text(paths["jenkins"]["path"]), _text(paths["gitlab"]["path"]), _text(zuul["path"]), _text(zuul["playbooks"])
    )


def _registry(data: Data) -> Registry:
    return Registry(
        public=_text(data["public"]),
        push=_text(data["push"]),
        repository=_text(data["repository"]),
        method=_text(data["method"]),
        command=tuple(shlex.split(_text(data["command"]))),
        credential=_text(data["credential"]),
        prefixes=_texts(data["prefixes"]),
    )


def _credential(id_: str, data: Data) -> SiteCredential:
    gitlab = data.get("gitlab")
    if isinstance(gitlab, Mapping):
        variables: tuple[str, ...] = (_text(gitlab["username"]), _text(gitlab["password"]))
    else:
        variables = (_text(gitlab),) if gitlab else ()
    return SiteCredential(
        CredentialKind(data["kind"]), _text(data.get("jenkins")) or id_, variables, _text(data.get("zuul"))
    )


def _trigger(data: Data) -> SiteTrigger:
    return SiteTrigger(_text(data.get("jenkins")), _text(data.get("gitlab")), _text(data.get("zuul")))


def _jenkins(data: Data) -> Jenkins:
    triggers, retention, source, orphans = data["triggers"], data["retention"], data["source"], data["orphans"]
    return Jenkins(
        label=_text(data["label"]),
        labels={kind: _text(label) for kind, label in data["labels"].items()},
        checkout=_text(data["checkout"]),
        layout=_text(data["layout"]),
        jobs=_text(data["jobs"]),
        name=_text(data["name"]),
        folder=_text(data["folder"]),
        parameters=tuple(
            (_text(p["name"]), _text(p.get("default")), _text(p.get("description"))) for p in data["parameters"]
        ),
        cron=_text(triggers["cron"]),
        poll=_text(triggers["poll"]),
        upstream=_texts(triggers["upstream"]),
        keep_days=_count(retention.get("days")),
        keep_builds=_count(retention.get("builds")),
        events=_rules(data["events"]),
        kind=_text(data["kind"]),
        source=JenkinsSource(
            url=_text(source["url"]),
            branch=_text(source["branch"]),
            credential=_text(source["credential"]),
            lightweight=_flag(source["lightweight"]),
            scan=_text(source["scan"]),
        ),
        trigger_name=_text(data["trigger-name"]),
        description=_text(data["description"]),
        sandbox=_flag(data["sandbox"]),
        concurrent=_flag(data["concurrent"]),
        disabled=_flag(data["disabled"]),
        quiet_period=_count(data["quiet-period"]),
        orphan_days=_count(orphans.get("days")),
        orphan_builds=_count(orphans.get("builds")),
    )


def _gitlab(data: Data) -> Gitlab:
    return Gitlab(
        tags={kind: _texts(tags) for kind, tags in data["tags"].items()},
        image=_text(data["image"]) or None,
        services=_texts(data["services"]),
        timeout=_text(data["timeout"]),
        rules=_rules(data["rules"]),
        variables={name: _text(value) for name, value in data["variables"].items()},
    )


def _zuul(data: Data) -> Zuul:
    nodeset = data["nodeset"]
    by_label = isinstance(nodeset, Mapping)
    return Zuul(
        nodeset="" if by_label else _text(nodeset),
        label=_text(nodeset["label"]) if by_label else "",
        url=_text(data["url"]).rstrip("/"),
        parent=_text(data["parent"]),
        pipelines=_rules(data["pipelines"]),
        post_review=frozenset(_texts(data["post-review"])),
        granularity=_text(data["granularity"]),
        timeout=_number(data["timeout"]),
    )


def _kubernetes(data: Data) -> Kubernetes:
    config, namespace = _text(data["config"]), _text(data["namespace"])
    own = {"ci": Cluster(config, namespace)} if config or namespace else {}
    return Kubernetes(
        repository=_text(data["repository"]),
        helm=_text(data["helm"]),
        pull_policy=_text(data["pull-policy"]),
        timeout=_number(data["timeout"]),
        clusters=own
        | {
            name: Cluster(_text((c or {}).get("config")) or config, _text((c or {}).get("namespace")) or namespace)
            for name, c in data["clusters"].items()
        },
    )


def _promotion(data: Data) -> Promotion:
    return Promotion(
        repository=_text(data["repository"]),
        branch=_text(data["branch"]),
        update=_texts(data.get("update")),
        propose=_text(data["propose"]),
        credential=_text(data["credential"]),
        topic=_text(data["topic"]),
        author_name=_text(data["author"]["name"]),
        author_email=_text(data["author"]["email"]),
        reviewers=_flag(data["reviewers"]),
        gerrit=_text(data["gerrit"]),
    )


def _level(value: Any) -> str:
    return "off" if _text(value) == "false" else _text(value)


def _rules(data: Data) -> Rules:
    return {event: _texts(data[event]) for event in EVENTS}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value or ())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flag(value: Any) -> bool:
    return _text(value).lower() in {"true", "yes", "on"}


def _count(value: Any) -> int | None:
    return None if value in (None, "") else _number(value)


def _number(value: Any) -> int:
    text = str(value)
    return int(text, 0) if text.startswith(("0x", "0o")) else int(text)
