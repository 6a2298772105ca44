"""The site of one run of a case: its directories, programs in PATH, secrets, and profile.

Everything that a config can ask for is here, so that cases need no profile unless they are about one.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.images import Client

from . import offers, secrecy, trace
from .case import ENGINES, PROJECT, Mail
from .offers import Offers

APPROVER = "anna"
"""The login of whoever approves."""
REGISTRY_LOGIN = ("pusher", "p'us$h %s")
SECRETS: Mapping[str, tuple[str, ...]] = {
    "registry": REGISTRY_LOGIN,
    "token": ("t0k'en $HOME %s",),
    "login": ("me", 'pa"ss` id`'),
    "paper": ('{"kind": "account", "key": "a b", "of": [1, true],\n "lines": 2}\n',),
    "key": ("-----BEGIN KEY-----\nnot one\n-----END KEY-----\n",),
    "charts": ("proposer", "ch4rts"),
    "reader": ("reader", 'r "ead\\ %s'),
    "gerrit": ("reporter", "g3rrit"),
    "kube": (offers.KUBE_CONFIG,),
}
"""By the profile's id: a text, user and password, or the content of a file. Odd, for they pass through three shells."""

GITHUB_TOKENS: Mapping[str, str] = {"GITHUB_TOKEN": "ghs-0f-the-run", "SITE_TOKEN_OF_DOCS": "d0cs-t0ken"}
"""The token of a run, and the secret that may start the workflows of another repository."""
_DOCS_WORKFLOW = "team/docs/deploy.yml@main"


@dataclass(frozen=True)
class Site:
    """`env` is whole: what a runner's processes get, the shims first in PATH. `number` is unique in the session."""

    number: int
    directory: Path
    docker: Client
    registry: str
    env: Mapping[str, str]
    offers: Offers
    before: frozenset[str] = frozenset()
    """Names of images and volumes that were there when it began."""
    searched: secrecy.Searched = field(default_factory=set)
    """Files of the registry that earlier runs have left, and have been searched for secrets."""

    @property
    def repository(self) -> str:
        """In the registry, this run's alone."""
        return f"run{self.number}"

    @property
    def marks(self) -> Path:
        return self.directory / "marks"

    @property
    def mails(self) -> Path:
        return self.directory / "mails"

    @property
    def images(self) -> Path:
        """Where this run's images are unpacked before they go, if they are to be searched."""
        return self.programs / "images"

    def watch_images(self) -> None:
        """Keeps every image from now on, what the daemon has already left out."""
        self.images.mkdir()
        for image in self.docker("images", "--all", "--quiet", "--no-trunc").split():
            (self.images / image).mkdir(exist_ok=True)

    @property
    def programs(self) -> Path:
        """What comes first in PATH."""
        return self.directory / "bin"

    @property
    def profile(self) -> Mapping[str, Any]:
        """The data of this site's profile; a case merges its own over them."""
        return {**_PROFILE, **_places(self), **self.offers.profile}

    def no_meetings(self) -> None:
        """Lets no stage of this run wait for another to start, for engines that may keep unordered stages apart."""
        self.marks.mkdir(parents=True, exist_ok=True)
        (self.marks / "no-meetings").touch()

    def words(self, commit: str) -> dict[str, str]:
        """What `trace.normalised` replaces."""
        return {
            f"{self.registry}/{self.repository}": "<registry>",
            self.registry: "<host>",
            f"{self.repository}/": "<repository>/",
            commit: "<commit>",
        }

    def tags(self) -> dict[str, tuple[str, ...]]:
        """What was pushed: image → tags; images between jobs are among them while they are there."""
        found = {}
        for name in self._ask("_catalog?n=1000")["repositories"]:
            repository, _, image = name.partition("/")
            if repository == self.repository and (tags := self._ask(f"{name}/tags/list").get("tags")):
                found[image] = tuple(sorted(trace.normalised(tag, {}) for tag in tags))
        return found

    def mailed(self, words: Mapping[str, str]) -> tuple[Mail, ...]:
        """What was given to the site's mail command."""
        return trace.read_mails(self.mails, words)

    def seen(self, words: Mapping[str, str]) -> dict[str, Any]:
        """The fields of a Trace that the world tells: tags, mails, reports, promotions, releases, what is left."""
        return {
            "tags": self.tags(),
            "mails": self.mailed(words),
            "reports": tuple(trace.normalised(message, words) for _, _, message in self.offers.gerrit.said),
            "promoted": self.offers.promoted(words),
            "releases": self.offers.releases(words),
            "deployed": self.offers.deployed(words),
            "left": (*self.left(), *self.told()),
        }

    def left(self) -> tuple[str, ...]:
        """Containers, images, names of images, networks, volumes and releases that are still there. One run at a time
        uses a daemon."""
        filters = ("--filter", "label=ci.run")
        containers = self.docker("ps", "--all", *filters, "--format", "container {{.Names}}")
        images = self.docker("images", *filters, "--format", "image {{.ID}} {{.Repository}}:{{.Tag}}")
        own = ("localhost/", f"{self.registry}/{self.repository}/")
        named = (f"name {name}" for name in image_names(self.docker) - self.before if name.startswith(own))
        networks = self.docker("network", "ls", *filters, "--format", "network {{.Name}}")
        found = "\n".join((containers, images, networks)).splitlines()
        volumes = (f"volume {name}" for name in volume_names(self.docker) - self.before)
        return (*filter(None, found), *named, *volumes, *self.offers.cluster.left())

    def told(self) -> Iterator[str]:
        """The secrets in what the engines keep of this run, and in the images that were pushed."""
        artifacts = ["jenkins/*/archive", "origin/.gitlab-ci-local/artifacts", "builds/*/logs", "local/out"]
        artifacts.append("github/*/artifacts/files")
        yield from secrecy.kept(SECRETS, *(path for names in artifacts for path in self.directory.glob(names)))
        # Not its log: that has the user name of a login that fails, which for a broken emitter is the password.
        yield from secrecy.kept(SECRETS, self.directory.parent / "registry/data", searched=self.searched)
        if self.images.exists():
            subprocess.run([self.programs / "save-images"], check=True, capture_output=True, timeout=300)
            yield from secrecy.in_images(SECRETS, self.images)

    def clear(self) -> None:
        """Removes what is left, so that a failing case spoils no other."""
        for listed, remove in (
            (("ps", "--all", "--quiet"), ("rm", "--force", "--volumes")),
            (("network", "ls", "--quiet"), ("network", "rm")),
            (("images", "--quiet"), ("rmi", "--force")),
        ):
            found = dict.fromkeys(self.docker(*listed, "--filter", "label=ci.run").split())
            if found:
                self.docker(*remove, *found, check=False)

    def _ask(self, path: str) -> Any:
        login = b64encode(":".join(REGISTRY_LOGIN).encode()).decode()
        request = urllib.request.Request(
            f"http://{self.registry}/v2/{path}", headers={"Authorization": f"Basic {login}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def image_names(docker: Client) -> frozenset[str]:
    """The names of all images that are there."""
    return frozenset(docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines())


def volume_names(docker: Client) -> frozenset[str]:
    """The names of all volumes that are there. They have no label."""
    return frozenset(docker("volume", "ls", "--quiet").splitlines())


def environment(docker: Client, programs: Path, home: Path) -> dict[str, str]:
    """All that a run's processes see."""
    return {
        **docker.env,
        "PATH": f"{programs}:{docker.env['PATH']}",
        "HOME": str(home),
        # podman does not run where it names a file that is not there
        **({"DOCKER_CONFIG": str(home / ".docker")} if docker.name == "docker" else {}),
        "TMPDIR": tempfile.gettempdir(),
        "TZ": os.environ.get("TZ", "UTC"),
    }


# A profile can name nothing for an engine without a target.
_HAS_GITHUB = "github" in ENGINES


def _credential(id_: str, kind: str) -> dict[str, Any]:
    name = f"SITE_{id_.upper()}"
    login = {"username": f"{name}_USER", "password": f"{name}_PASSWORD"}
    gitlab: Any = login if kind == "username-password" else name
    github = {"github": gitlab} if _HAS_GITHUB else {}
    return {"kind": kind, "jenkins": f"our-{id_}", "gitlab": gitlab, "zuul": f"site-{id_}", **github}


_PROFILE: Mapping[str, Any] = {
    "extends": "default",
    "project": PROJECT,
    "builder": {"kind": "dockerfile"},
    # Shell runners on the machine whose daemon it is.
    "gitlab": {"image": None, "services": []},
    "environment": ["SITE_WORD"],
    "credentials": {
        "registry": _credential("registry", "username-password"),
        "token": _credential("token", "secret-text"),
        "login": _credential("login", "username-password"),
        "paper": _credential("paper", "file"),
        "key": _credential("key", "ssh-key"),
        "charts": _credential("charts", "username-password"),
        "reader": _credential("reader", "username-password"),
        "gerrit": _credential("gerrit", "username-password"),
        "kube": _credential("kube", "file"),
    },
    "environments": {"production": {"namespace": "web", "credential": "kube", "url": "https://web.example.org"}},
    "triggers": {
        "docs": {
            "jenkins": "docs/deploy",
            "gitlab": "team/docs",
            "zuul": "team-docs-deploy",
            **({"github": _DOCS_WORKFLOW} if _HAS_GITHUB else {}),
        }
    },
    **({"github": {"token": "SITE_TOKEN_OF_DOCS"}} if _HAS_GITHUB else {}),
}


def _places(site: Site) -> dict[str, Any]:
    return {
        "container": {"command": site.docker.name},
        "registry": {"public": site.registry, "repository": site.repository, "credential": "registry"},
        "notify": {"command": str(site.programs / "mail"), "from": "ci@example.org"},
    }


def login_variables(id_: str) -> Iterator[tuple[str, str]]:
    """GitLab's CI variables for a credential that is no file: name, value."""
    names = _PROFILE["credentials"][id_]["gitlab"]
    yield from zip(names.values() if isinstance(names, dict) else (names,), SECRETS[id_], strict=True)
