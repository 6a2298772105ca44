"""Real registries on loopback, with a password or without."""

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from .processes import inside, running, with_path


@contextmanager
def registry(
    directory: Path, daemon: int | None, credentials: tuple[str, str] | None = None, *, port: int = 0
) -> Iterator[str]:
    """A registry, as `127.0.0.1:PORT`, here and in the network namespace of a daemon's process, if one is given: every
    daemon trusts a loopback address without TLS."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
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
    with ExitStack() as stack:
        stack.enter_context(running(serve, directory / "log", lambda: _answers(f"http://127.0.0.1:{port}/v2/")))
        if daemon is not None:
            asked = inside(daemon, ["busybox", "nc", "-w", "1", "127.0.0.1", str(port)])
            up_inside = partial(_succeeds, asked)
            stack.enter_context(running(inside(daemon, serve), directory / "log-inside", up_inside))
        yield f"127.0.0.1:{port}"


def _succeeds(command: list[str]) -> bool:
    done = subprocess.run(command, env=with_path(), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return not done.returncode


def _htpasswd(user: str, password: str) -> str:
    # The registry takes bcrypt only; Python has none any more, perl is part of every Debian.
    salt = "$2y$05$" + "transpipetranspipetran"
    done = subprocess.run(
        ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, salt], capture_output=True, text=True, check=True
    )
    return f"{user}:{done.stdout}\n"


def free_port() -> int:
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
