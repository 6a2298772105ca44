"""podman as a plain user, without a daemon: what a cluster has that allows no privilege.

The user exists only in a mount namespace of this module's own, which has other files in the place of `/etc/passwd`,
`/etc/subuid` and so on: nothing of the machine is changed, and nothing is pulled.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .images import busybox_root, offer
from .judges import ENGINES, ROOT
from .missing import EngineMissing, starting
from .podman_engine import Podman
from .processes import program_path, running
from .registries import free_port, registry

PACKAGES = {
    "podman": "podman",
    "runc": "runc",
    "newuidmap": "uidmap",
    "slirp4netns": "slirp4netns",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "busybox": "busybox-static",
    "docker-registry": "docker-registry",
}
_USERS, _SUBORDINATES = 2_000_000_000, 2_100_000_000
"""No user of a machine has these numbers: each process of pytest takes its own."""

# `crun` refuses hybrid cgroups, and without systemd there is no journal.
_CONTAINERS = """[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=4096:16384", "nproc=4096:4096"]
[network]
network_backend = "netavark"
"""
_STORAGE = """[storage]
driver = "vfs"
runroot = "{0}/run/containers"
graphroot = "{0}/graph"
"""
_REGISTRIES = """unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "{0}"
insecure = true
"""
_TRUSTED = """[[registry]]
location = "{0}"
insecure = true
"""
# HOME, the user's number, its first subordinate number, paths that it must be able to read
_NAMESPACE = r"""set -eu
home=$1 user=$2 first=$3
shift 3
for file in passwd group subuid subgid; do
    cat "/etc/$file" > "$home/etc/$file" 2> /dev/null || :
    [ -e "/etc/$file" ] || : > "/etc/$file"
done
echo "plain:x:$user:$user::$home:/bin/sh" >> "$home/etc/passwd"
echo "plain:x:$user:" >> "$home/etc/group"
echo "plain:$first:65536" | tee "$home/etc/subuid" > "$home/etc/subgid"
for file in passwd group subuid subgid; do mount --bind "$home/etc/$file" "/etc/$file"; done
mknod -m 666 "$home/etc/tun" c 10 200
mkdir -p /dev/net
[ -e /dev/net/tun ] || : > /dev/net/tun
mount --bind "$home/etc/tun" /dev/net/tun

# A clone may be in a directory that only root may enter, such as /root: there the user sees it, and nothing else.
number=0
for path; do
    number=$((number + 1))
    mkdir "$home/etc/$number"
    mount --rbind "$path" "$home/etc/$number"
done
number=0
for path; do
    number=$((number + 1)) closed=
    above=$path
    while [ "$above" != / ]; do
        above=$(dirname "$above")
        case $(stat --format %A "$above") in *[xt]) ;; *) closed=$above ;; esac
    done
    [ -z "$closed" ] || { mount -t tmpfs -o mode=755 none "$closed"; mkdir -p "$path"; }
    [ -e "$path" ] || mkdir -p "$path"
    mount --move "$home/etc/$number" "$path"
done
mount --make-rshared /
: > "$home/etc/ready"
exec sleep infinity
"""


def why_missing() -> str | None:
    path = program_path()
    lacking = sorted({package for program, package in PACKAGES.items() if not shutil.which(program, path=path)})
    if lacking:
        return f"apt-get install --no-install-recommends {' '.join(lacking)}"
    return None if os.geteuid() == 0 else "only root can make the user"


@contextmanager
def rootless_podman() -> Iterator[Podman]:
    """podman of a plain user with the image `busybox`, and a registry on loopback in the place of Docker Hub."""
    starting("podman")
    why = why_missing()
    if why:
        raise EngineMissing("podman as a plain user", why)
    user = _USERS + os.getpid()
    home = Path(tempfile.mkdtemp(prefix="transpipe-rootless-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        port = free_port()
        mirror = stack.enter_context(registry(home / "registry", None, port=port))
        podman = Podman(_prepared(home, user, mirror), mirror, home)
        podman = replace(podman, entering=stack.enter_context(_namespace(home, user)))
        podman("import", "--change", "ENV PATH=/bin", "-", "docker.io/library/busybox:latest", stdin=busybox_root())
        offer(podman, "busybox")
        yield podman


def trust(podman: Podman, registry: str) -> None:
    """Lets it speak to a registry without TLS."""
    with Path(podman.env["CONTAINERS_REGISTRIES_CONF"]).open("a") as file:
        file.write(_TRUSTED.format(registry))


def _prepared(home: Path, user: int, mirror: str) -> dict[str, str]:
    """The user's directories and settings; returns the whole environment."""
    home.chmod(0o755)
    for name in ("etc", "run", "tmp", "home", "graph"):
        (home / name).mkdir(mode=0o700)
    settings = {
        "CONTAINERS_CONF": _CONTAINERS,
        "CONTAINERS_STORAGE_CONF": _STORAGE.format(home),
        "CONTAINERS_REGISTRIES_CONF": (_REGISTRIES + _TRUSTED).format(mirror),
    }
    for name, text in settings.items():
        (home / name).write_text(text)
    policy = home / "home/.config/containers/policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    for path in (home, *home.rglob("*")):
        if "registry" not in path.relative_to(home).parts[:1]:
            os.chown(path, user, user)
    return {
        "PATH": program_path(),
        "HOME": str(home / "home"),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "TMPDIR": str(home / "tmp"),
        "LC_ALL": "C.UTF-8",
        **{name: str(home / name) for name in settings},
    }


@contextmanager
def _namespace(home: Path, user: int) -> Iterator[tuple[str, ...]]:
    """The words before a command of the user's."""
    readable = dict.fromkeys(Path(path).resolve() for path in (ROOT, ENGINES, sys.prefix, sys.base_prefix))
    first = _SUBORDINATES + os.getpid() % 30_000 * 65_536
    paths = [str(path) for path in readable if path.is_dir() and not any(p in readable for p in path.parents)]
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _NAMESPACE, "sh", str(home)]
    with running([*command, str(user), str(first), *paths], home / "log", (home / "etc/ready").exists) as process:
        try:
            entered = ("nsenter", f"--mount=/proc/{process}/ns/mnt", "--")
            yield (*entered, "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")
        finally:
            while _end(user, first):
                pass


def _end(user: int, first: int) -> int:
    """Kills the processes of the user and of its subordinates; returns how many there were."""
    ended = 0
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            status = dict(line.split(":\t", 1) for line in (path / "status").read_text().splitlines() if ":\t" in line)
            number = int(status["Uid"].split()[0])
            if (number == user or first <= number < first + 65_536) and not status["State"].startswith("Z"):
                os.kill(int(path.name), signal.SIGKILL)
                ended += 1
    return ended
