"""A stand-in for a registry that holds charts: what helm asks for one at `oci://…`. Nothing can be pushed there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from doubles.http_service import Answer, Asked

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_PATH = re.compile(r"(?P<name>[^/]+)/(?P<kind>manifests|blobs|tags)/(?P<reference>.+)")


class ChartRegistry:
    """The charts of one folder of the registry: name → version → the packaged chart."""

    def __init__(self, charts: Mapping[str, Mapping[str, bytes]]) -> None:
        self._tags = {
            name: {version: _manifest(name, version, p) for version, p in v.items()} for name, v in charts.items()
        }
        blobs = [blob for versions in self._tags.values() for blobs in versions.values() for blob in blobs]
        self._blobs = {_digest(blob): blob for blob in blobs}

    def __call__(self, asked: Asked) -> Answer:
        """What a client asks below the folder."""
        found = _PATH.fullmatch(asked.path)
        if not found or found["name"] not in self._tags:
            return Answer(404)
        versions, reference = self._tags[found["name"]], found["reference"]
        if found["kind"] == "tags":
            return Answer(body=json.dumps({"name": found["name"], "tags": sorted(versions)}).encode())
        body = versions[reference][0] if reference in versions else self._blobs.get(reference)
        if body is None:
            return Answer(404)
        kind = _MANIFEST if found["kind"] == "manifests" else "application/octet-stream"
        return Answer(200, body, kind, {"Docker-Content-Digest": _digest(body)})


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _manifest(name: str, version: str, package: bytes) -> tuple[bytes, bytes, bytes]:
    """The manifest, the configuration and the package of a chart."""
    config = json.dumps({"apiVersion": "v2", "name": name, "version": version}).encode()
    kinds = {"config": config, "chart.content.v1.tar+gzip": package}

    def described(kind: str, blob: bytes) -> dict[str, object]:
        media = f"application/vnd.cncf.helm.{'config.v1+json' if kind == 'config' else kind}"
        return {"mediaType": media, "digest": _digest(blob), "size": len(blob)}

    layers = [described(kind, blob) for kind, blob in kinds.items() if kind != "config"]
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described("config", config), "layers": layers}
    return json.dumps(manifest).encode(), config, package
