"""What one site offers over HTTP: a cluster with its charts, Gerrit, and the repository where charts are promoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from doubles.gerrit import Gerrit
from doubles.git_host import BRANCH, GitHost
from doubles.http_service import Services
from doubles.kubernetes import Cluster

from . import charts
from .trace import normalised

NAMESPACE = "ci"
CHARTS_HOST = "charts.example.org"
"""Where configs find charts by URL: helm reaches it through a proxy."""
KUBE_HOST = "kube.example.org"
"""The cluster of the run under this name, which a credential can have: it is the same in every run."""


@dataclass(frozen=True)
class Offers:
    """`profile` are the data by which the site's profile names them; `calls` has a file for each call of helm."""

    cluster: Cluster
    gerrit: Gerrit
    git: GitHost
    calls: Path
    profile: Mapping[str, Any]

    def releases(self, words: Mapping[str, str]) -> tuple[Mapping[str, Any], ...]:
        """Each helm install, as `case.Expected` describes it."""
        options = self._installs()
        kept = self.cluster.released
        return tuple(
            {
                "chart": release["chart"]["metadata"]["name"],
                "version": release["chart"]["metadata"]["version"],
                "namespace": release["namespace"],
                "values": json.loads(normalised(json.dumps(release.get("config") or {}, ensure_ascii=False), words)),
                "tested": f"{name}-test" in self.cluster.pods,
                "timeout": options.get(name, {}).get("--timeout", ""),
                "repository": "--repo" in options.get(name, {}),
            }
            for name, release in kept.items()
            if name.startswith("ci-")
        )

    def deployed(self, words: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
        """The newest revision of each release that stays, as `case.Expected` describes it."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in sorted(self.cluster.released):
            revisions = self.cluster.history(name)
            if not name.startswith("ci-") and revisions:
                newest = revisions[-1]
                found[name] = {
                    "revision": newest["version"],
                    "status": newest["info"]["status"],
                    "namespace": newest["namespace"],
                    "values": json.loads(normalised(json.dumps(newest.get("config"), ensure_ascii=False), words)),
                }
        return found

    def promoted(self, words: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """What was proposed for the charts repository."""
        return {
            normalised(branch, words): {path: normalised(text, words) for path, text in files.items()}
            for branch, files in self.git.proposed().items()
        }

    def _installs(self) -> dict[str, dict[str, str]]:
        found = {}
        for path in sorted(self.calls.glob("*")):
            words = path.read_bytes().decode().split("\0")[:-1]
            if words[:1] == ["install"]:
                found[words[1]] = dict(zip(words[2:], [*words[3:], ""], strict=True))
        return found


def offers(services: Services, number: int, directory: Path, secrets: Mapping[str, tuple[str, ...]]) -> Offers:
    """Makes them, for the site of that number."""
    name = f"run{number}"
    cluster = Cluster(f"{name}/kubernetes")
    gerrit = Gerrit((secrets["gerrit"][0], secrets["gerrit"][1]))
    git = GitHost(directory / "git", (secrets["charts"][0], secrets["charts"][1]))
    git.make()
    config = directory / "kube.config"
    config.write_text(kube_config(services.offer(cluster.path, cluster)))
    # Its answers name the place that it has on this server.
    below = f"{cluster.path}/"
    services.offer(KUBE_HOST, lambda asked: cluster(replace(asked, path=asked.path.removeprefix(below))))
    services.offer(CHARTS_HOST, charts.repository)
    charts_url = services.offer(f"{name}/charts", charts.repository)
    gerrit_url = services.offer(f"{name}/gerrit", gerrit)
    git_url = services.offer(f"{name}/git", git)
    calls = directory / "helm"
    calls.mkdir()
    profile = {
        "kubernetes": {
            "config": str(config),
            "namespace": NAMESPACE,
            "repository": charts_url,
            "helm": str(directory / "bin/helm"),
        },
        "promote": {
            "repository": f"{git_url}/charts.git",
            "branch": BRANCH,
            "credential": "charts",
            "propose": "branch",
            "update": ["./update", "--chart", "CHART", "--version", "VERSION", "--env", "ENV"],
            "author": {"name": "Site", "email": "site@example.org"},
            "gerrit": gerrit_url,
        },
    }
    return Offers(cluster, gerrit, git, calls, profile)


def kube_config(server: str, token: str = "") -> str:
    """A kube config. helm sends no token without TLS; it is there to be looked for."""
    user = {"token": token} if token else {}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": user}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
    )


KUBE_CONFIG = kube_config(f"http://{KUBE_HOST}", "kube's t0ken %s")
"""A kube config that only its owner may read."""
