"""The repositories that files are open from, and the analysis of each.

It is made anew after a change, in a thread of its own, so that the server answers while it is made.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from transpiler import files
from transpiler.app import place as places
from transpiler.app.place import CONFIG, Place, WrongUsage
from transpiler.driver import Request
from transpiler.editor.analysis import Analysis, analyse
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.files import is_file
from transpiler.records import dataclass

_SLOW = 0.1
"""Seconds. An analysis that took longer waits for a pause in the typing, so that it is not made for each character."""
_LONGEST_PAUSE = 0.5

Answer = TypeVar("Answer")


class Buffer(NamedTuple):
    """A file that is open in the editor, as it is there."""

    uri: str
    version: int | None
    content: bytes


Buffers = Mapping[str, Buffer]
"""The open files, by their paths with links followed."""


@dataclass(slots=True)
class _Project:
    """A repository: its analysis, and whether something has changed since."""

    analysis: Analysis | None = None
    changed: bool = False
    task: asyncio.Task[None] | None = None
    seconds: float = 0.0


class Projects:
    """All of them. `open_files` says what is open, `tell` publishes an analysis, `log` reports a failure."""

    def __init__(
        self,
        open_files: Callable[[], Buffers],
        tell: Callable[[Path, Analysis], None],
        log: Callable[[Exception], None],
    ) -> None:
        self.profile: str | None = None
        self.encoding = "utf-16"
        self._open_files, self._tell, self._log = open_files, tell, log
        self._known: dict[Path, _Project] = {}
        self._thread = ThreadPoolExecutor(1, "transpipe")

    def root_of(self, path: str) -> Path | None:
        """The root of the repository that a file belongs to; None if there is no config around it."""
        file = Path(path)
        if file.parent.name == ".pipeline" and file.name in (Path(CONFIG).name, Path(OWN_PROFILE).name):
            return file.parent.parent
        held = self._open_files()
        for folder in file.parents:
            if os.path.realpath(folder / CONFIG) in held or is_file(folder / CONFIG):
                return folder
        return None

    def roots(self) -> tuple[Path, ...]:
        """All that are known."""
        return tuple(self._known)

    def touch(self, root: Path) -> None:
        """Has a repository analysed, because something has changed."""
        project = self._known.setdefault(root, _Project())
        project.changed = True
        if project.task is None or project.task.done():
            project.task = asyncio.get_running_loop().create_task(self._analyse(root, project))

    def forget(self, root: Path) -> None:
        """Drops a repository from which nothing is open."""
        project = self._known.pop(root, None)
        if project:
            project.changed = False

    async def fresh(self, root: Path) -> Analysis | None:
        """The analysis of what is in the editor now."""
        project = self._known.get(root)
        if project is None:
            self.touch(root)
            project = self._known[root]
        while project.task and not project.task.done():
            await asyncio.wait({project.task})
        return project.analysis

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question that reads files: those that are open as they are in the editor."""
        contents = _contents(self._open_files())

        def asked() -> Answer:
            with files.unsaved(contents):
                return question()

        return await asyncio.get_running_loop().run_in_executor(self._thread, asked)

    async def _analyse(self, root: Path, project: _Project) -> None:
        while project.changed:
            if project.seconds > _SLOW:
                await asyncio.sleep(min(project.seconds, _LONGEST_PAUSE))
            project.changed = False
            before = self._open_files()
            begun = time.monotonic()
            try:
                made = await self._made(root, _contents(before))
            except Exception as error:
                # The next change may make it possible again; until then there is nothing to show.
                self._log(error)
                project.analysis = None
                continue
            project.seconds = time.monotonic() - begun
            # Positions in a text that has changed since would be wrong: they are never shown.
            if not project.changed:
                project.analysis = made
                self._tell(root, made)

    async def _made(self, root: Path, contents: Mapping[str, bytes]) -> Analysis:
        def make() -> Analysis:
            place = Place(root, CONFIG, "")
            with suppress(WrongUsage):
                place = places.find(str(root))
            name = places.profile(place, self.profile)
            if os.path.realpath(root / OWN_PROFILE) in contents and not self.profile:
                name = str(root / OWN_PROFILE)
            return analyse(Request(root, CONFIG, name, folder=place.folder), contents, self.encoding)

        return await asyncio.get_running_loop().run_in_executor(self._thread, make)


def _contents(buffers: Buffers) -> dict[str, bytes]:
    return {path: buffer.content for path, buffer in buffers.items()}
