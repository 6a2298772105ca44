"""Debian's Neovim, headless, as a person would use it: keys are sent to it by its own remote commands."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .missing import EngineMissing, starting

PATIENCE = 60.0


class Neovim:
    """A running Neovim that listens on a socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def _remote(self, *words: str) -> str:
        command = ["nvim", "--server", str(self._socket), *words]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
        return (ran.stdout + ran.stderr).strip()  # 0.7 answers on stderr

    def keys(self, keys: str) -> None:
        """Types."""
        self._remote("--remote-send", keys)

    def lua(self, expression: str) -> str:
        """The value of an expression in Lua."""
        quoted = expression.replace("'", "''")
        return self._remote("--remote-expr", f"luaeval('{quoted}')")

    def lines(self) -> list[str]:
        """The text of the buffer."""
        return self._remote("--remote-expr", r'join(getline(1, "$"), "\n")').split("\n")

    def wait(self, expression: str, value: str) -> None:
        """Waits until an expression in Lua has a value."""
        end = time.monotonic() + PATIENCE
        while (found := self.lua(expression)) != value:
            assert time.monotonic() < end, f"{expression} is {found}, not {value}"
            time.sleep(0.05)


@contextmanager
def neovim(init: Path, file: Path, socket: Path, environment: Mapping[str, str]) -> Iterator[Neovim]:
    """A Neovim with a file open. Raises EngineMissing."""
    if not shutil.which("nvim"):
        raise EngineMissing("neovim", "apt-get install --no-install-recommends neovim")
    starting("neovim")
    words = ["nvim", "--headless", "--clean", "-u", str(init), "--listen", str(socket), str(file)]
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + PATIENCE
        while not socket.exists():
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
        yield Neovim(socket)
    finally:
        process.kill()
        process.wait()
