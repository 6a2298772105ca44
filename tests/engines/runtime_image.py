"""An image with Python and a real database server, redis, from this machine's own files: nothing is pulled."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .images import Client, busybox_root, offer
from .missing import EngineMissing

RUNTIME_IMAGE = "runtime"
_REDIS = {"redis-server": "/usr/bin/redis-check-rdb", "redis-cli": "/usr/bin/redis-cli"}
"""The server is in `redis-tools`, too: the program does what its name says."""
_PYTHON = str(Path("/usr/bin/python3").resolve())
_LIBRARY = f"/usr/lib/{Path(_PYTHON).name}"
_LEFT_OUT = re.compile(r"/(__pycache__|test|tests|idlelib|lib2to3|tkinter|ensurepip|config-[^/]*|dist-packages)(/|$)")
_LIBRARIES = re.compile(r"(?:=> )?(/\S+) \(0x")


def why_missing() -> str | None:
    if not all(map(Path.exists, map(Path, (*_REDIS.values(), _PYTHON, _LIBRARY)))):
        return "apt-get install --no-install-recommends redis-tools python3"
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
        for library in dict.fromkeys(_libraries()):
            tar.add(Path(library).resolve(), library[1:])
    return packed.getvalue()


def _libraries() -> Iterator[str]:
    """The shared libraries of all these programs, and the loader, at the places where the loader looks for them."""
    programs = [_PYTHON, *_REDIS.values(), *map(str, Path(_LIBRARY, "lib-dynload").glob("*.so"))]
    done = subprocess.run([shutil.which("ldd") or "ldd", *programs], capture_output=True, text=True, check=False)
    yield from _LIBRARIES.findall(done.stdout)
