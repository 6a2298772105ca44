"""A command on a pseudo terminal that it controls, as a person would use it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType


class Terminal:
    """Runs a command with a terminal for stdin, stdout and stderr; `shown` is all that it has written there."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._screen, terminal = pty.openpty()
        # `setsid` makes the terminal the one that sends signals to the command, and hangs up on it
        self.process = subprocess.Popen(
            ["/usr/bin/setsid", "--ctty", *command], cwd=cwd, env=env, stdin=terminal, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        self.shown = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def expect(self, pattern: str, patience: float = 60) -> re.Match[str]:
        """Reads until the text after the last match contains the pattern; returns the match."""
        end = time.monotonic() + patience
        while not (found := re.search(pattern, self._unread)):
            assert select.select([self._screen], [], [], max(0, end - time.monotonic()))[0], self.shown
            assert self._more(), f"ended without {pattern!r}: {self.shown}"
        self._seen = len(self.shown) - len(self._unread) + found.end()
        return found

    _seen = 0

    @property
    def _unread(self) -> str:
        return self.shown[self._seen :]

    def _more(self) -> bool:
        try:
            read = os.read(self._screen, 65536)
        except OSError:  # the command has closed it
            return False
        self.shown += read.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(read)

    def type(self, text: str) -> None:
        """Types a text; `\\n` is Enter, `\\x03` is Ctrl-C."""
        os.write(self._screen, text.encode())

    def finish(self, patience: float = 60) -> int:
        """Reads until the command closes the terminal, and returns its exit status."""
        end = time.monotonic() + patience
        while select.select([self._screen], [], [], max(0, end - time.monotonic()))[0] and self._more():
            pass
        return self.process.wait(patience)

    def hang_up(self) -> None:
        """Closes the terminal, as when its window is closed."""
        if self._screen >= 0:
            os.close(self._screen)
            self._screen = -1
