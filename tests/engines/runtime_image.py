"""An image with Python, pytest, coverage and a real database server, redis, from this machine's own files: nothing is
pulled."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from .images import Client, busybox_root, offer
from .missing import EngineMissing

RUNTIME_IMAGE = "runtime"
_REDIS = {"redis-server": "/usr/bin/redis-check-rdb", "redis-cli": "/usr/bin/redis-cli"}
"""The server is in `redis-tools`, too: the program does what its name says."""
_PYTHON = str(Path("/usr/bin/python3").resolve())
_LIBRARY = f"/usr/lib/{Path(_PYTHON).name}"
_LEFT_OUT = re.compile(r"/(__pycache__|test|tests|idlelib|lib2to3|tkinter|ensurepip|config-[^/]*|dist-packages)(/|$)")
_TOOLS = ("pytest", "coverage")
_SITE = "usr/lib/python3/dist-packages"
_LIBRARIES = re.compile(r"(?:=> )?(/\S+) \(0x")


def why_missing() -> str | None:
    if not all(map(Path.exists, map(Path, (*_REDIS.values(), _PYTHON, _LIBRARY)))):
        return "apt-get install --no-install-recommends redis-tools python3"
    try:
        for name in _TOOLS:
            metadata.distribution(name)
    except metadata.PackageNotFoundError as lacking:
        return f"pip install {lacking.name}"
    return None


def runtime(docker: Client) -> None:
    """Makes the image, unless it is there, and offers it where builds pull from."""
    if why := why_missing():
        raise EngineMissing("redis", why)
    if not docker("images", "--quiet", RUNTIME_IMAGE):
        docker("import", "-", RUNTIME_IMAGE, stdin=_root())
        offer(docker, RUNTIME_IMAGE)


def _root() -> bytes:
    packed = io.BytesIO(busybox_root())
    with tarfile.open(fileobj=packed, mode="a") as tar:
        for name, path in {"python3": _PYTHON, **_REDIS}.items():
            tar.add(Path(path).resolve(), f"usr/bin/{name}")
        tar.add(_LIBRARY, _LIBRARY[1:], filter=lambda entry: None if _LEFT_OUT.search(f"/{entry.name}") else entry)
        for file, place in _tools():
            tar.add(file, f"{_SITE}/{place}")
        for library in dict.fromkeys(_libraries()):
            tar.add(Path(library).resolve(), library[1:])
    return packed.getvalue()


def _tools() -> Iterator[tuple[Path, str]]:
    """The modules of the tools for tests, with what they need, as they are installed here: each file, and its place.
    The image may have another Python, so nothing that was compiled goes along."""
    wanted, seen = list(_TOOLS), set[str]()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        found = metadata.distribution(name)
        needed = map(Requirement, found.requires or ())
        wanted += (one.name for one in needed if not one.marker or one.marker.evaluate({"extra": ""}))
        for file in found.files or ():
            if file.suffix not in (".so", ".pyc") and ".." not in file.parts:
                yield Path(str(file.locate())), str(file)


def _libraries() -> Iterator[str]:
    """The shared libraries of all these programs, and the loader, at the places where the loader looks for them."""
    programs = [_PYTHON, *_REDIS.values(), *map(str, Path(_LIBRARY, "lib-dynload").glob("*.so"))]
    done = subprocess.run([shutil.which("ldd") or "ldd", *programs], capture_output=True, text=True, check=False)
    yield from _LIBRARIES.findall(done.stdout)
