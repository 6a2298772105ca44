"""podman with a store of its own below a temporary directory, and the image `busybox` in it: nothing is pulled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .images import busybox_root
from .missing import EngineMissing, starting
from .processes import program_path

PACKAGES = {"podman": "podman", "runc": "runc", "busybox": "busybox-static"}

# A container has no network of its own here, and as much of the machine's limits as is left to this process.
_CONTAINERS = """[containers]
netns = "host"
default_sysctls = []
default_ulimits = ["nofile=4096:16384", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_STORAGE = """[storage]
driver = "overlay"
runroot = "{0}/run"
graphroot = "{0}/graph"
"""


@dataclass(frozen=True)
class Podman:
    """How to reach the store. `env` is whole. `registry` stands for Docker Hub, where there is one."""

    env: Mapping[str, str]
    registry: str = ""
    directory: Path = Path()
    entering: tuple[str, ...] = ()
    """The words before a command of the user whose podman it is; none where that is who runs the tests."""

    name = "podman"

    @property
    def client(self) -> str:
        return shutil.which("podman", path=self.env["PATH"]) or "podman"

    def command(self, *words: str, cwd: Path) -> list[str]:
        """What runs a command there as the user. Its process is the command's own."""
        return [*self.entering, "env", f"--chdir={cwd}", *words]

    def __call__(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> str:
        command = [*self.entering, "podman", *arguments]
        done = subprocess.run(command, env=self.env, input=stdin, capture_output=True, check=False, timeout=300)
        if check and done.returncode:
            raise RuntimeError(f"podman {' '.join(arguments)}: {done.returncode}\n{done.stderr.decode()}")
        return done.stdout.decode().strip()


def why_missing() -> str | None:
    path = program_path()
    lacking = sorted({package for program, package in PACKAGES.items() if not shutil.which(program, path=path)})
    if lacking:
        return f"apt-get install --no-install-recommends {' '.join(lacking)}"
    return None if os.geteuid() == 0 else "this configuration of podman is for root"


@contextmanager
def podman_engine() -> Iterator[Podman]:
    """podman, for as long as a test needs it."""
    starting("podman")
    why = why_missing()
    if why:
        raise EngineMissing("podman", why)
    directory = Path(tempfile.mkdtemp(prefix="transpipe-podman-"))
    (directory / "containers.conf").write_text(_CONTAINERS)
    (directory / "storage.conf").write_text(_STORAGE.format(directory))
    podman = Podman(
        {
            "PATH": program_path(),
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": tempfile.gettempdir(),
            "CONTAINERS_CONF": str(directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(directory / "storage.conf"),
        }
    )
    try:
        podman("import", "--change", "ENV PATH=/bin", "-", "docker.io/library/busybox:latest", stdin=busybox_root())
        yield podman
    finally:
        subprocess.run(["podman", "rm", "--all", "--force"], env=podman.env, capture_output=True, check=False)
        subprocess.run(["umount", directory / "graph/overlay"], capture_output=True, check=False)
        shutil.rmtree(directory, ignore_errors=True)
