"""What one site offers over HTTP: a cluster with its charts, Gerrit, and the repository where charts are promoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
            for name, release in self.cluster.released.items()
        )

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
    config.write_text(_kube_config(services.offer(cluster.path, cluster)))
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


def _kube_config(server: str) -> str:
    # JSON is YAML.
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
    )
