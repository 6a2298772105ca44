"""Which repository a place is of: its remote and its folder there, which copies of the repository do not share.

All clones of one remote are one origin, however they reach it; a directory without a remote is its own. What a remote's
URL holds beside the server and the path (a user, a password, a token) goes nowhere.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transpiler.app.place import Place
from transpiler.git import Git, without_prefix
from transpiler.jenkins_sync.jobs.origin import Origin

# `user@host:path`; git takes `user:password@host:path` for a host too, which is nobody's intention.
_SCP = re.compile(r"(?:[^/@:]*@)?([^/@:]+):(?!:)([^/@]*(?:/.*)?)", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
# Zuul's checkouts have this remote, whatever they are of.
_NOWHERE = "/dev/null"
# Only names are read, so it does not matter whose the repository is.
_ANYBODYS = ("-c", "safe.directory=*")


def origin(place: Place) -> Origin:
    """The origin of the repository that holds a config."""
    root = Path(os.path.realpath(place.root))
    directory = place.shown or "."
    name = normalised(_remote(root), root)
    if not name:
        return Origin(str(root), str(root))
    folder = Git(root).answer(*_ANYBODYS, "rev-parse", "--show-prefix").strip("/")
    return Origin(f"{name}//{folder}" if folder else name, directory)


def _remote(root: Path) -> str:
    """The URL of `origin`, or of the first remote; "" where git knows none."""
    urls: dict[str, str] = {}
    for line in Git(root).answer(*_ANYBODYS, "remote", "-v").splitlines():
        name, _, rest = line.partition("\t")
        urls.setdefault(name, rest.partition(" (")[0])
    return urls.get("origin") or next(iter(urls.values()), "")


def normalised(url: str, root: Path) -> str:
    """The server and the path of a remote's URL, "" where it names no repository."""
    scheme, _, rest = url.partition("://")
    if rest:
        return _by_scheme(scheme.lower(), url)
    if ":" in url.partition("/")[0] and not _DRIVE.match(url):
        scp = _SCP.fullmatch(url)
        return _joined(scp[1], scp[2]) if scp else _digest(url)
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
    """For what is neither a URL nor a path, such as what a remote helper is told: it may hold a secret anywhere."""
    return f"remote:{hashlib.sha256(url.encode(errors='surrogateescape')).hexdigest()[:16]}"


def _joined(host: str, path: str) -> str:
    return f"{host.lower()}/{_without_suffix(path.lstrip('/'))}"


def _without_suffix(path: str) -> str:
    return re.sub(r"(/*\.git)?/*$", "", path)
