"""Drives Debian's chromium with playwright, in the environment that has playwright: reads a command on each line of its
stdin, as JSON, and answers each with a line.

A command is [name, argument…] with the name of a method of `Driver`; the answer is {"value": …} or {"error": …}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright


class Driver:
    """One page at a time; what it asks the network for, and what it complains about, is noted."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._requests: list[str] = []
        self._complaints: list[str] = []

    @property
    def page(self) -> Page:
        assert self._page, "open a page first"
        return self._page

    def open(self, url: str, width: int, height: int, scheme: str) -> None:
        """Opens a page in a window of its own, in the colours `light` or `dark`."""
        if self._page:
            self._page.context.close()
        self._requests.clear()
        self._complaints.clear()
        context = self._browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.on("request", lambda request: self._requests.append(request.url))
        self._page = context.new_page()
        self._page.on("console", lambda message: self._complaints.append(message.text))
        self._page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self._page.set_default_timeout(60_000)
        self._page.goto(url)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def wait(self, selector: str) -> None:
        self.page.wait_for_selector(selector, state="attached")

    def wait_for(self, script: str) -> None:
        self.page.wait_for_function(script)

    def pdf(self, path: str) -> None:
        """Prints the page to a file."""
        self.page.pdf(path=path)

    def media(self, media: str) -> None:
        """Shows the page as on the `screen`, or as in `print`."""
        self.page.emulate_media(media=media)

    def screenshot(self, path: str) -> None:
        self.page.screenshot(path=path)

    def requests(self) -> list[str]:
        return self._requests

    def complaints(self) -> list[str]:
        return self._complaints


COMMANDS = (
    "open",
    "evaluate",
    "press",
    "write",
    "click",
    "wait",
    "wait_for",
    "pdf",
    "screenshot",
    "requests",
    "complaints",
)


def main(chromium: str) -> None:
    with sync_playwright() as playwright:
        # Containers have no sandbox for root; the pages are our own.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        driver = Driver(browser)
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            command: Callable[..., Any] = getattr(driver, name)
            try:
                answer = {"value": command(*arguments)}
            except Exception as error:  # told to the test
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
