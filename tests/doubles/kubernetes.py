"""A stand-in for the Kubernetes API, just enough for helm's `install --wait`, `upgrade`, `rollback`, `history`, `test`
and `uninstall`, and for kubectl's `get` of pods and events.

It proves commands, arguments and released values, not that a chart suits a cluster: pods succeed at once, unless their
annotation `phase` says what they do instead.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from doubles import protobuf
from doubles.http_service import Answer, Asked

Json = dict[str, Any]
KINDS = {"secrets": "Secret", "configmaps": "ConfigMap", "pods": "Pod", "events": "Event"}
_PATH = re.compile(r"api/v1/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?$")


_LOG = re.compile(r"api/v1/namespaces/(?P<namespace>[^/]+)/pods/(?P<name>[^/]+)/log$")


@dataclass
class Cluster:
    """The objects of one cluster. `path` is where it is on its server; `released` has each release as helm first
    recorded it, also when it is gone; `pods` the names of all that were made."""

    path: str = ""
    objects: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    events: list[tuple[int, str, str, Json]] = field(default_factory=list)
    released: dict[str, Json] = field(default_factory=dict)
    pods: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, asked: Asked) -> Answer:
        """The API."""
        known = _discovery(asked.path, self.path)
        if known is not None:
            return _json(known)
        if log := _LOG.match(asked.path):
            pod = self.objects.get(("pods", log["namespace"], log["name"]))
            return Answer(body=f"log of {log['name']}\n".encode(), kind="text/plain") if pod else _missing("pods", None)
        found = _PATH.match(asked.path)
        if not found or found["plural"] not in KINDS:
            return _failed(404, "NotFound", f"no such path here: {asked.path}")
        return self._resource(asked, found["plural"], found["namespace"] or "", found["name"])

    def _resource(self, asked: Asked, plural: str, namespace: str, name: str | None) -> Answer:
        if asked.method == "GET" and asked.query.get("watch") in ("true", "1"):
            return Answer(stream=self._watch(asked, plural, namespace))
        with self.changed:
            match asked.method:
                case "GET" if name is None:
                    return self._list(asked, plural, namespace)
                case "GET":
                    kept = self.objects.get((plural, namespace, str(name)))
                    return _json(kept) if kept else _missing(plural, name)
                case "DELETE":
                    gone = self.objects.pop((plural, namespace, str(name)), None)
                    return _json(self._happened("DELETED", plural, gone)) if gone else _missing(plural, name)
                case "POST" | "PUT" | "PATCH":
                    return self._write(asked, plural, namespace, name)
        return _failed(405, "MethodNotAllowed", asked.method)

    def _write(self, asked: Asked, plural: str, namespace: str, name: str | None) -> Answer:
        given = _given(asked)
        name = name or given["metadata"]["name"]
        old = self.objects.get((plural, namespace, name))
        if asked.method == "POST" and old:
            return _failed(409, "AlreadyExists", f'{plural} "{name}" already exists')
        made = _over(old, given) if asked.method == "PATCH" and old else given
        meta = made["metadata"]
        if meta.get("annotations", {}).get("refuse"):
            return _failed(422, "Invalid", f"this cluster refuses {name}")
        meta |= {"name": name, "namespace": namespace, "uid": f"uid-{plural}-{name}"}
        meta |= {"creationTimestamp": "2026-01-01T00:00:00Z"}
        made |= {"apiVersion": "v1", "kind": KINDS[plural]}
        if plural == "pods":
            self.pods.append(name)
            phase = meta.get("annotations", {}).get("phase", "Succeeded")
            made["status"] = _pod_status(phase)
            self._tell(namespace, name, "Normal", "Scheduled", f"{name} has a node")
            if phase == "Pending":
                self._tell(namespace, name, "Warning", "Failed", f"the image of {name} cannot be pulled")
        if plural == "secrets" and made.get("type") == "helm.sh/release.v1":
            release = _release(made)
            self.released.setdefault(release["name"], release)
        self.objects[plural, namespace, name] = made
        return _json(self._happened("MODIFIED" if old else "ADDED", plural, made), 200 if old else 201)

    def _tell(self, namespace: str, pod: str, kind: str, reason: str, message: str) -> None:
        """Makes an event about a pod."""
        number = len(self.objects)
        meta = {"name": f"{pod}.{number}", "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"}
        about = {"kind": "Pod", "name": pod, "namespace": namespace}
        event = {"type": kind, "reason": reason, "message": message, "involvedObject": about, "metadata": meta}
        self.objects["events", namespace, meta["name"]] = {"apiVersion": "v1", "kind": "Event", **event}

    def _happened(self, what: str, plural: str, it: Json) -> Json:
        version = len(self.events) + 1
        it["metadata"]["resourceVersion"] = str(version)
        self.events.append((version, what, plural, json.loads(json.dumps(it))))
        self.changed.notify_all()
        return it

    def _list(self, asked: Asked, plural: str, namespace: str) -> Answer:
        items = [it for (p, _, _), it in self.objects.items() if p == plural and _chosen(asked, it, namespace)]
        meta = {"resourceVersion": str(len(self.events))}
        return _json({"kind": f"{KINDS[plural]}List", "apiVersion": "v1", "metadata": meta, "items": items})

    def _watch(self, asked: Asked, plural: str, namespace: str) -> Iterator[bytes]:
        seen = int(asked.query.get("resourceVersion") or 0)
        if asked.query.get("sendInitialEvents") == "true":
            with self.changed:
                seen = len(self.events)
                here = [it for (p, _, _), it in self.objects.items() if p == plural and _chosen(asked, it, namespace)]
                texts = [_event("ADDED", it) for it in here]
            meta = {"resourceVersion": str(seen), "annotations": {"k8s.io/initial-events-end": "true"}}
            yield b"".join(texts) + _event("BOOKMARK", {"kind": KINDS[plural], "apiVersion": "v1", "metadata": meta})
        end = time.monotonic() + min(float(asked.query.get("timeoutSeconds") or 60), 60)
        while time.monotonic() < end:
            with self.changed:
                if len(self.events) <= seen:
                    self.changed.wait(0.5)
                new, seen = self.events[seen:], len(self.events)
            texts = [_event(what, it) for _, what, p, it in new if p == plural and _chosen(asked, it, namespace)]
            if texts:
                yield b"".join(texts)

    def left(self) -> tuple[str, ...]:
        """The rehearsals that are still there."""
        names = [name for plural, _, name in self.objects if plural == "secrets"]
        return tuple(f"release {name}" for name in names if name.startswith("sh.helm.release.v1.ci-"))

    def history(self, name: str) -> tuple[Json, ...]:
        """The revisions of a release, oldest first, as helm keeps them."""
        with self.changed:
            kept = [it for it in self.objects.values() if it.get("type") == "helm.sh/release.v1"]
        found = [release for release in map(_release, kept) if release["name"] == name]
        return tuple(sorted(found, key=lambda release: int(release["version"])))


def _given(asked: Asked) -> Json:
    if "protobuf" not in asked.headers.get("content-type", ""):
        made: Json
        try:
            made = json.loads(asked.body)  # which may hold what PyYAML refuses
        except ValueError:
            made = yaml.safe_load(asked.body)
        return made
    made = protobuf.secret(asked.body)
    made["data"] = {key: base64.b64encode(value).decode() for key, value in made["data"].items()}
    return made


def _event(what: str, it: Json) -> bytes:
    return json.dumps({"type": what, "object": it}).encode() + b"\n"


def _json(data: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps(data).encode())


def _failed(status: int, reason: str, message: str) -> Answer:
    return _json(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": reason,
            "message": message,
            "code": status,
        },
        status,
    )


def _missing(plural: str, name: str | None) -> Answer:
    return _failed(404, "NotFound", f'{plural} "{name}" not found')


def _discovery(path: str, prefix: str) -> Json | None:
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    resources = [
        {"name": p, "singularName": k.lower(), "namespaced": True, "kind": k, "verbs": verbs} for p, k in KINDS.items()
    ]
    documents: Mapping[str, Json] = {
        "version": {"major": "1", "minor": "35", "gitVersion": "v1.35.0"},
        "api": {"kind": "APIVersions", "versions": ["v1"]},
        "apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
        "api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources},
        "openapi/v3": {"paths": {"api/v1": {"serverRelativeURL": f"/{prefix}/openapi/v3/api/v1?hash=1"}}},
        "openapi/v3/api/v1": {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": _paths()},
    }
    return documents.get(path)


def _paths() -> Json:
    """helm asks only whether a PATCH may say how strictly its fields are validated."""
    return {
        f"/api/v1/namespaces/{{namespace}}/{plural}/{{name}}": {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": kind},
            }
        }
        for plural, kind in KINDS.items()
    }


def _chosen(asked: Asked, it: Json, namespace: str) -> bool:
    meta = it["metadata"]
    if namespace and meta["namespace"] != namespace:
        return False
    labels = meta.get("labels", {})
    return all(_holds(term, labels) for term in _terms(asked, "labelSelector")) and all(
        _holds(
            term, {"metadata.name": meta["name"], "metadata.namespace": meta["namespace"], "type": it.get("type", "")}
        )
        for term in _terms(asked, "fieldSelector")
    )


def _terms(asked: Asked, selector: str) -> list[str]:
    return [term for term in asked.query.get(selector, "").split(",") if term]


def _holds(term: str, values: Mapping[str, str]) -> bool:
    name, operator, value = re.fullmatch(r"([^=!]+)(!=|==?)?(.*)", term.strip()).groups()  # type: ignore[union-attr]
    if not operator:
        return name in values
    return (values.get(name) == value) == (operator != "!=")


def _over(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    merged = {**old, **{key: _over(old.get(key), value) for key, value in new.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def _pod_status(phase: str) -> Json:
    ready = {"type": "Ready", "status": "True" if phase == "Running" else "False"}
    return {"phase": phase, "conditions": [ready], "containerStatuses": []}


def _release(secret: Json) -> Json:
    """What helm keeps in a release's secret: JSON, gzip, base64, and base64 again by the API."""
    release: Json = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    return release
