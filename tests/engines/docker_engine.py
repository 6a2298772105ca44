"""A real Docker daemon and real registries, for as long as a test needs them.

Everything lives below one temporary directory and ends by process id: nothing of the machine's own docker is touched,
and nothing is pulled. The daemon has a network namespace of its own, so that containers can have networks; a registry
is two processes over one store, one in that namespace and one outside.
"""

import io
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .missing import EngineMissing, starting

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
        port = _free_port()
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


def offer(docker: Docker, image: str) -> None:
    """Puts an image where `docker build --pull` finds it: in the mirror of what is not here, Docker Hub."""
    there = f"{docker.registry}/library/{image}"
    docker("tag", image, there)
    docker("push", "--quiet", there)
    docker("rmi", there)


@contextmanager
def registry(
    directory: Path, daemon: int, credentials: tuple[str, str] | None = None, *, port: int = 0
) -> Iterator[str]:
    """A registry, as `127.0.0.1:PORT`, here and in the network namespace of a daemon's process: every daemon trusts a
    loopback address without TLS."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or _free_port()
    settings: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if credentials:
        (directory / "htpasswd").write_text(_htpasswd(*credentials))
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}}
    # JSON is YAML, and needs no library here.
    (directory / "config.yml").write_text(json.dumps(settings))
    serve = ["docker-registry", "serve", str(directory / "config.yml")]
    asked = ["busybox", "nc", "-w", "1", "127.0.0.1", str(port)]

    def up_inside() -> bool:
        done = subprocess.run(
            _inside(daemon, asked), env=_with_path(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        return not done.returncode

    outside = _process(serve, directory / "log", lambda: _answers(f"http://127.0.0.1:{port}/v2/"))
    with outside, _process(_inside(daemon, serve), directory / "log-inside", up_inside):
        yield f"127.0.0.1:{port}"


def _inside(daemon: int, command: list[str]) -> list[str]:
    """The command in the network namespace of a process."""
    return ["nsenter", f"--net=/proc/{daemon}/ns/net", *command]


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
        command = _inside(beside, ["sh", "-ec", f'{made}; exec "$@"', "sh", *command])

    def up() -> bool:
        return not subprocess.run(
            ["docker", "info"], env=_environment(directory), capture_output=True, check=False
        ).returncode

    with _process(command, directory / "log", up) as process:
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


@contextmanager
def _process(command: Sequence[str], log: Path, ready: Callable[[], bool], patience: float = 30) -> Iterator[int]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=_with_path())
    try:
        end = time.monotonic() + patience
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program_path() -> str:
    # Service programs are in sbin, which a non-login shell may lack.
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def _with_path() -> dict[str, str]:
    return {"PATH": program_path(), "HOME": os.environ.get("HOME", "/root"), "LC_ALL": "C.UTF-8"}


def _environment(directory: Path) -> dict[str, str]:
    """The client of Debian's package first: a newer one without its buildx plugin cannot do DOCKER_BUILDKIT=1."""
    programs = directory / "bin"
    if not programs.exists():
        programs.mkdir()
        packaged, found = Path("/usr/bin/docker"), shutil.which("docker", path=program_path()) or ""
        (programs / "docker").symlink_to(packaged if packaged.exists() else found)
    return _with_path() | {
        "PATH": f"{programs}:{program_path()}",
        "DOCKER_HOST": f"unix://{directory / 'd.sock'}",
        "DOCKER_CONFIG": str(directory / "client"),
        "TMPDIR": tempfile.gettempdir(),
    }


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


def _htpasswd(user: str, password: str) -> str:
    # The registry takes bcrypt only; Python has none any more, perl is part of every Debian.
    salt = "$2y$05$" + "transpipetranspipetran"
    done = subprocess.run(
        ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, salt], capture_output=True, text=True, check=True
    )
    return f"{user}:{done.stdout}\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True  # it wants a password: it is up
    except OSError:
        return False
    return True
