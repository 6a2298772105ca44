"""A real browser: Debian's chromium without a window, driven by playwright, which is in an environment of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import judges
from .missing import EngineMissing, starting

_READY = "body[data-ready]"
"""How a page with a script says that it is ready."""

_DRIVER = Path(__file__).with_name("browser_driver.py")


class Failed(Exception):
    """The browser could not do it."""


class Browser:
    """One page at a time. Whatever is asked of it is a command of `browser_driver.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def open(
        self,
        page: Path,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        fragment: str = "",
        ready: str = _READY,
    ) -> None:
        """Opens a file, and waits until there is an element of the CSS selector `ready`. `fragment` is what is behind
        the `#` of its address."""
        self._ask("open", page.absolute().as_uri() + fragment, width, height, scheme)
        self._ask("wait", ready)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return self._ask("evaluate", script)

    def press(self, *keys: str) -> None:
        """Presses keys, such as `Enter`, one after the other."""
        self._ask("press", *keys)

    def write(self, text: str) -> None:
        """Types a text."""
        self._ask("write", text)

    def click(self, selector: str) -> None:
        """Clicks on the first element of this CSS selector."""
        self._ask("click", selector)

    def wait(self, selector: str) -> None:
        """Waits until there is such an element."""
        self._ask("wait", selector)

    def wait_for(self, script: str) -> None:
        """Waits until an expression is true."""
        self._ask("wait_for", script)

    def media(self, media: str) -> None:
        """Shows the page as on the `screen`, or as in `print`."""
        self._ask("media", media)

    def pdf(self, path: Path) -> bytes:
        """What would be printed."""
        self._ask("pdf", str(path))
        return path.read_bytes()

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        return self._ask("requests")  # type: ignore[no-any-return]

    @property
    def complaints(self) -> list[str]:
        """Errors of the page, and what its console says."""
        return self._ask("complaints")  # type: ignore[no-any-return]

    def _ask(self, *command: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the driver ended, at {command}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{command}: {answer['error']}")
        return answer["value"]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser. Raises EngineMissing if it, or what drives it, is not there."""
    starting("chromium")
    python, chromium = judges.ENGINES / "browser/bin/python", shutil.which("chromium")
    if not chromium:
        raise EngineMissing("chromium", "apt-get install --no-install-recommends chromium")
    if not python.exists():
        raise EngineMissing("playwright", f"there is no {python}")
    words = [str(python), str(_DRIVER), chromium]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Browser(process)
        finally:
            assert process.stdin
            process.stdin.close()
