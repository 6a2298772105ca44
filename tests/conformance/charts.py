"""The site's chart repository: `app`, `service` in two versions, and one with an odd name.

A chart releases its values as they are, so that a test can see them, and has a pod of its own and one for `helm test`.
"""

from __future__ import annotations

import io
import json
import tarfile

from doubles.http_service import Answer, Asked

ODD = (
    "-odd it's \"$HOME\" $(id) `id` \\ {{ 6+7 }} {% raw %} {# #c: %PATH% ''' *~ !ref & ; | <(x) \U0001f600 "
    "\u05e9\u05dc\u05d5\u05dd"
)
CHARTS = (("app", "0.1.0"), ("service", "1.0.0"), ("service", "2.0.0"), (ODD, "0.1.0"))
# A chart's values may say what its pods do (`phase`, `test.phase`), or that the cluster refuses it.
_TEMPLATES = {
    "values.yaml": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  annotations: {refuse: {{ .Values.refuse | default "" | quote }}}
data: {values: {{ .Values | toJson | quote }}}
""",
    "pod.yaml": """apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  annotations: {phase: {{ .Values.phase | default "Running" }}}
spec: {containers: [{name: it, image: {{ printf "%s/%s" .Values.docker.registry .Values.main_app.image | quote }}}]}
""",
    "test.yaml": """apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    helm.sh/hook: test
    phase: {{ (.Values.test | default dict).phase | default "Succeeded" }}
spec: {restartPolicy: Never, containers: [{name: test, image: none}]}
""",
}


def _plain(name: str) -> str:
    return "odd" if name == ODD else name


def _file(name: str, version: str) -> str:
    return f"{_plain(name)}-{version}.tgz"


def package(name: str, version: str) -> bytes:
    """A packaged chart."""
    files = {f"templates/{path}": text for path, text in _TEMPLATES.items()}
    files["Chart.yaml"] = json.dumps({"apiVersion": "v2", "name": name, "version": version}, ensure_ascii=False)
    files["values.yaml"] = "{}\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{_plain(name)}/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def repository(asked: Asked) -> Answer:
    """Its index and its charts."""
    if asked.path == "index.yaml":
        entries: dict[str, list[dict[str, object]]] = {}
        for name, version in CHARTS:
            urls = [_file(name, version)]
            entry: dict[str, object] = {"apiVersion": "v2", "name": name, "version": version, "urls": urls}
            entries.setdefault(name, []).insert(0, entry)
        return Answer(body=json.dumps({"apiVersion": "v1", "entries": entries}, ensure_ascii=False).encode())
    for name, version in CHARTS:
        if asked.path == _file(name, version):
            return Answer(body=package(name, version), kind="application/gzip")
    return Answer(404)
