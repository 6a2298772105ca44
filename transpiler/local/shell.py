"""Opens an interactive shell where a stage has run, for `--shell`.

In a container that still runs, the shell is one more process. Of a container that has ended, or has not been started,
an image is made; the shell's own container is made of that, so it has the same environment and files, and it takes the
volumes of the stage's container and joins its services' network. No secret is an argument of a command: the image has
the environment. Afterwards the container and the image are removed.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from transpiler.files import exists
from transpiler.local.lines import one_line
from transpiler.local.process import GRACE
from transpiler.program import StageProgram
from transpiler.quoting import sh
from transpiler.records import dataclass

_CHOOSE = 'exec "$(command -v bash || echo sh)"'
_NO_PROGRAM = (126, 127)
"""The exit statuses of docker and podman if the program is not in the image; also that of a shell whose last command
was not found."""


class NoShell(Exception):
    """No shell can be opened; the message says why."""


class _Stopped(Exception):
    """A signal has ended the run."""


@dataclass(slots=True)
class Shell:
    """The shell of one stage. `run` is the prefix of its names, `values` the directory of its values; `environment` are
    the variables of programs without credentials. `tell` prints a line."""

    engine: str
    run: str
    stage: StageProgram
    values: Path
    environment: Mapping[str, str]
    stop: asyncio.Event
    tell: Callable[[str], None]

    @property
    def _container(self) -> str:
        """The container of the stage's `run`."""
        return f"{self.run}-{self.stage.slug}"

    @property
    def _own(self) -> str:
        """The shell's own container. No stage has one of that name, because their slugs have no capital letters."""
        return f"{self.run}-{self.stage.slug}.SHELL"

    async def open(self, name: str) -> None:
        """Opens the shell and waits until it ends or the run is stopped. `name` is what people call the stage. Raises
        NoShell."""
        with suppress(_Stopped):
            state = await self._state()
            if state == "true":
                self.tell(f"a shell in the container of {name}, which still runs; `exit` ends it")
                await self._interact(["exec", "--interactive", "--tty", self._container, "sh", "-c", _CHOOSE])
                return
            image = self._built() if state is None else await self._committed()
            try:
                await self._in_image(image, name, volumes=state is not None)
            finally:
                await self._remove(image if state is not None else "")

    async def _in_image(self, image: str, name: str, *, volumes: bool) -> None:
        if volumes:
            self.tell(f"the command of {name}: {one_line(await self._command())}")
        self.tell(f"a shell in the {'container' if volumes else 'image'} of {name}; `exit` ends it and cleans up")
        options = [
            *("--name", self._own, "--label", f"ci.run={self.run}", "--no-healthcheck"),
            *(("--volumes-from", self._container) if volumes else ()),
            *(("--network", self._container) if self.stage.services else ()),
            *("--entrypoint", "sh"),
        ]
        code = await self._interact(["run", "--interactive", "--tty", *options, image, "-c", _CHOOSE])
        if code in _NO_PROGRAM:
            await self._answer("rm", "--force", self._own)
            if (await self._answer("run", *options, image, "-c", ":"))[0] in _NO_PROGRAM:
                raise NoShell("its image has no `sh`")

    async def _state(self) -> str | None:
        """Whether the stage's container runs, `true` or `false`; None if there is none."""
        code, said = await self._answer("container", "inspect", "--format", "{{.State.Running}}", self._container)
        return said if code == 0 else None

    async def _command(self) -> str:
        """The command of the stage's container, with its arguments, as a line for a shell."""
        given = "[{{json .Path}},{{json .Args}}]"
        path, arguments = json.loads(
            (await self._answer("container", "inspect", "--format", given, self._container))[1]
        )
        return " ".join(map(sh, [path, *(arguments or ())]))

    def _built(self) -> str:
        """The image that a stage without a container has built. Raises NoShell if there is none."""
        if "run" in self.stage.kinds:
            raise NoShell("it has no container: it failed before there was one")
        file = self.values / f"{self.stage.slug}.iid"
        if not exists(file):
            raise NoShell("its image was not built")
        return file.read_text("ascii").strip()

    async def _committed(self) -> str:
        code, said = await self._answer("commit", "--change", f"LABEL ci.run={self.run}", self._container)
        if code:
            raise NoShell(f"no image can be made of its container: {said.splitlines()[-1] if said else code}")
        return said.splitlines()[-1]

    async def _remove(self, image: str) -> None:
        """Removes the shell's container and then its image: teardown, which would find both, could not remove the
        image below it first."""
        for words in (("rm", "--force", self._own), *((("rmi", "--force", image),) if image else ())):
            process = await self._started(words)
            await process.communicate()

    async def _answer(self, *words: str) -> tuple[int, str]:
        """The exit status of a command of the engine, and what it printed: stdout, or stderr if it failed. Raises
        _Stopped."""
        process = await self._started(words)
        said = asyncio.ensure_future(process.communicate())
        await self._until_done_or_stopped(said)
        if not said.done():
            process.kill()
            await said
            raise _Stopped
        out, err = said.result()
        code = process.returncode or 0
        return code, (err if code else out).decode("utf-8", "replace").strip()

    async def _started(self, words: tuple[str, ...]) -> asyncio.subprocess.Process:
        pipe = subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            self.engine, *words, env=self.environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
            start_new_session=True,
        )  # fmt: skip

    async def _interact(self, words: list[str]) -> int:
        """Runs a command on the terminal, in this process's group, which has the terminal. Raises _Stopped."""
        with _terminal_kept():
            process = await asyncio.create_subprocess_exec(self.engine, *words, env=self.environment)
            ended = asyncio.ensure_future(process.wait())
            await self._until_done_or_stopped(ended)
            if not ended.done():
                await self._end(process, ended)
                raise _Stopped
        return ended.result()

    async def _end(self, process: asyncio.subprocess.Process, ended: asyncio.Future[int]) -> None:
        """Ends the client of the shell. Without its container, it sets the terminal right and ends by itself."""
        removal = await self._started(("rm", "--force", self._own))
        await removal.communicate()
        for number in (signal.SIGTERM, signal.SIGKILL):
            await asyncio.wait((ended,), timeout=GRACE)
            if not ended.done():
                process.send_signal(number)
        await ended

    async def _until_done_or_stopped(self, future: asyncio.Future[Any]) -> None:
        stopped = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait((future, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()


@contextmanager
def _terminal_kept() -> Iterator[None]:
    """Sets the terminal as it was before, in case that a client was killed and could not do it."""
    try:
        before = termios.tcgetattr(0)
    except (termios.error, OSError):
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error, OSError):
            termios.tcsetattr(0, termios.TCSADRAIN, before)
