"""Identifies the repository of a config by its remote and the config's folder, which copies of a repository do not
share.

All clones of a remote have the same origin, whatever form their URL has. A directory without a remote is an origin of
its own. Only the server and the path of a URL are used; a user, password or token in it is dropped.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transpiler.app.place import Place
from transpiler.git import Git, scp_like, without_prefix
from transpiler.jenkins_sync.jobs.origin import Origin

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
# Zuul sets this remote in all its checkouts.
_NOWHERE = "/dev/null"
# Git refuses to read a repository with another owner. That is not needed here, because only names are read.
_ANY_OWNER = ("-c", "safe.directory=*")


def origin(place: Place) -> Origin:
    """The origin of the repository that holds a config."""
    root = Path(os.path.realpath(place.root))
    directory = place.shown or "."
    name = normalised(_remote(root), root)
    if not name:
        return Origin(str(root), str(root))
    folder = Git(root).answer(*_ANY_OWNER, "rev-parse", "--show-prefix").strip("/")
    return Origin(f"{name}//{folder}" if folder else name, directory)


def _remote(root: Path) -> str:
    """The URL of the remote `origin`, or of the first remote; "" if there is none."""
    urls: dict[str, str] = {}
    for line in Git(root).answer(*_ANY_OWNER, "remote", "-v").splitlines():
        name, _, rest = line.partition("\t")
        urls.setdefault(name, rest.partition(" (")[0])
    return urls.get("origin") or next(iter(urls.values()), "")


def normalised(url: str, root: Path) -> str:
    """The server and the path of a remote's URL, or a digest of one that is neither a URL nor a path; "" if the URL
    does not identify a repository."""
    scheme, _, rest = url.partition("://")
    if rest:
        return _by_scheme(scheme.lower(), url)
    if ":" in url.partition("/")[0] and not _DRIVE.match(url):
        found = scp_like(url)
        return _joined(*found) if found else _digest(url)
    return _local(root / url) if url else ""


def _by_scheme(scheme: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    except ValueError:
        return _digest(url)
    if scheme == "file":
        return _local(Path(unquote(path)))
    if "::" in scheme or not host:
        return _digest(url)
    return _joined(host, without_prefix(scheme, path))


def _local(path: Path) -> str:
    name = os.path.normpath(path)
    return "" if name == _NOWHERE else _without_suffix(name)


def _digest(url: str) -> str:
    """A digest in place of a remote that is neither a URL nor a path, such as the argument of a remote helper. Any part
    of it may be a secret."""
    return f"remote:{hashlib.sha256(url.encode(errors='surrogateescape')).hexdigest()[:16]}"


def _joined(host: str, path: str) -> str:
    return f"{host.lower()}/{_without_suffix(path.lstrip('/'))}"


def _without_suffix(path: str) -> str:
    return re.sub(r"(/*\.git)?/*$", "", path)
