"""A real Docker daemon and real registries, for as long as a test needs them.

Everything lives below one temporary directory and ends by process id: nothing of the machine's own docker is touched,
and nothing is pulled. The daemon has a network namespace of its own, so that containers can have networks; a registry
is two processes over one store, one in that namespace and one outside.
"""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .images import busybox_root, offer
from .missing import EngineMissing, starting
from .processes import inside, program_path, running, with_path
from .registries import free_port, registry

PACKAGES = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "busybox": "busybox-static",
    "docker-registry": "docker-registry",
}
BASE_IMAGE = "busybox"
_BRIDGES = itertools.count(1)


@dataclass(frozen=True)
class Docker:
    """How to reach the daemon. `env` is whole: a subprocess given it sees this daemon and no other."""

    env: Mapping[str, str]
    registry: str
    directory: Path
    process: int
    """The daemon's, whose network namespace it is."""

    name = "docker"

    @property
    def client(self) -> str:
        return str((self.directory / "bin" / "docker").resolve())

    def __call__(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> str:
        done = subprocess.run(
            ["docker", *arguments], env=self.env, input=stdin, capture_output=True, check=False, timeout=300
        )
        if check and done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {done.returncode}\n{done.stderr.decode()}")
        return done.stdout.decode().strip()


def why_missing() -> str | None:
    path = program_path()
    lacking = sorted({package for program, package in PACKAGES.items() if not shutil.which(program, path=path)})
    if lacking:
        return f"apt-get install --no-install-recommends {' '.join(lacking)}"
    return None if os.geteuid() == 0 else "a Docker daemon can only be started by root"


@contextmanager
def docker_engine() -> Iterator[Docker]:
    """A daemon with the image `busybox`, and a registry on loopback that asks for no password.

    The registry is the daemon's mirror of Docker Hub too, so that `FROM busybox` can be pulled.
    """
    starting("docker")
    why = why_missing()
    if why:
        raise EngineMissing("docker", why)
    with ExitStack() as stack:
        # Not pytest's own directory: a socket's path is limited to 107 characters.
        directory = Path(tempfile.mkdtemp(prefix="transpipe-docker-"))
        stack.callback(_remove, directory)
        port = free_port()
        process = stack.enter_context(_daemon(directory, f"127.0.0.1:{port}"))
        mirror = stack.enter_context(registry(directory / "registry", process, port=port))
        docker = Docker(_environment(directory), mirror, directory, process)
        docker("import", "-c", "ENV PATH=/bin", "-", BASE_IMAGE, stdin=busybox_root())
        offer(docker, BASE_IMAGE)
        yield docker


@contextmanager
def another(docker: Docker) -> Iterator[Docker]:
    """One more daemon, with a store of its own that has the image `busybox` alone, and the same registries."""
    directory = Path(tempfile.mkdtemp(prefix="transpipe-docker-"))
    try:
        with _daemon(directory, docker.registry, docker.process) as process:
            made = Docker(_environment(directory), docker.registry, directory, process)
            made("import", "-c", "ENV PATH=/bin", "-", BASE_IMAGE, stdin=busybox_root())
            yield made
    finally:
        _remove(directory)


@contextmanager
def _daemon(directory: Path, mirror: str, beside: int | None = None) -> Iterator[int]:
    """A daemon's process, in the network namespace of that of another, `beside`, or in a new one."""
    socket_path = directory / "d.sock"
    number = next(_BRIDGES)
    bridge = f"beside{number}"
    settings = {
        "storage-driver": "overlay2",
        "iptables": False,
        "ip6tables": False,
        "userland-proxy": False,
        **({"bip": "10.213.0.1/24"} if beside is None else {"bridge": bridge}),
        "registry-mirrors": [f"http://{mirror}"],
        "hosts": [f"unix://{socket_path}"],
        "data-root": str(directory / "data"),
        "exec-root": str(directory / "exec"),
        "pidfile": str(directory / "pid"),
    }
    (directory / "daemon.json").write_text(json.dumps(settings))
    command = ["dockerd", "--config-file", str(directory / "daemon.json")]
    if beside is None:
        command = ["unshare", "--net", "sh", "-c", 'busybox ip link set lo up && exec "$@"', "sh", *command]
    else:
        # Without a bridge of its own it would use that of the other daemon, or remove it.
        made = f"busybox brctl addbr {bridge}; busybox ip addr add 10.214.{number}.1/24 dev {bridge}"
        made += f"; busybox ip link set {bridge} up"
        command = inside(beside, ["sh", "-ec", f'{made}; exec "$@"', "sh", *command])

    def up() -> bool:
        return not subprocess.run(
            ["docker", "info"], env=_environment(directory), capture_output=True, check=False
        ).returncode

    with running(command, directory / "log", up) as process:
        try:
            yield process
        finally:
            env = _environment(directory)
            left = subprocess.run(["docker", "ps", "--quiet"], env=env, capture_output=True, check=False).stdout.split()
            if left:
                subprocess.run(["docker", "kill", *left], env=env, capture_output=True, check=False)


def _remove(directory: Path) -> None:
    """The daemon leaves its network namespace mounted when it ends."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{directory}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(directory, ignore_errors=True)


def _environment(directory: Path) -> dict[str, str]:
    """The client of Debian's package first: a newer one without its buildx plugin cannot do DOCKER_BUILDKIT=1."""
    programs = directory / "bin"
    if not programs.exists():
        programs.mkdir()
        packaged, found = Path("/usr/bin/docker"), shutil.which("docker", path=program_path()) or ""
        (programs / "docker").symlink_to(packaged if packaged.exists() else found)
    return with_path() | {
        "PATH": f"{programs}:{program_path()}",
        "DOCKER_HOST": f"unix://{directory / 'd.sock'}",
        "DOCKER_CONFIG": str(directory / "client"),
        "XDG_STATE_HOME": str(directory / "state"),  # of our own runs' records
        "TMPDIR": tempfile.gettempdir(),
    }
