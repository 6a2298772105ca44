"""Images that no test has to pull, for docker and podman alike."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .processes import program_path


class Client(Protocol):
    """docker or podman, in an environment of its own. `registry` is the mirror of Docker Hub."""

    @property
    def name(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    @property
    def registry(self) -> str: ...
    def __call__(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> str: ...


def offer(docker: Client, image: str) -> None:
    """Puts an image where `docker build --pull` finds it: in the mirror of what is not here, Docker Hub."""
    there = f"{docker.registry}/library/{image}"
    docker("tag", image, there)
    docker("push", "--quiet", there)
    docker("rmi", there)


def busybox_root() -> bytes:
    """The root of a file system with busybox and a link for each of its applets."""
    program = shutil.which("busybox", path=program_path()) or "busybox"
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        tar.add(Path(program).resolve(), "bin/busybox")
        for applet in set(applets) - {"busybox"}:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        for name, text in (("etc/passwd", "root:x:0:0::/root:/bin/sh\n"), ("etc/group", "root:x:0:\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()
