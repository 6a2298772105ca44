"""Runs one stage: its program, then archives its files and triggers other jobs, or composes the mail if it failed."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from transpiler.files import exists, is_file, is_folder
from transpiler.local import process
from transpiler.local.network import not_reached
from transpiler.local.outcome import End, StageOutcome
from transpiler.local.results import Results
from transpiler.local.simulation import MAIL, PUBLISH, TRIGGER, is_mark, marked
from transpiler.profile import Pull
from transpiler.program import Archive, MailProgram, StageProgram, TriggerCall
from transpiler.quoting import sh
from transpiler.records import dataclass, replace

_TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. `run` is the prefix of the names of everything that it makes; `work` is a temporary
    directory, `output` the one for logs and files. `allowed` are the steps that `--allow` names. `jobs` is how many
    stages may run at a time, None for no limit; `trigger` are the words of the command that triggers other jobs.
    `shell` is the stage where a shell is opened at the end, "" for none; `at_once`: its program only prepares that.
    `approved` are the stages that `--approve` names; `asks`: a person at the terminal answers for the others."""

    run: str
    work: Path
    output: Path
    allowed: Collection[str] = ()
    jobs: int | None = None
    keep: bool = False
    trigger: tuple[str, ...] = ()
    pull: Pull = Pull.ALWAYS
    shell: str = ""
    at_once: bool = False
    approved: Collection[str] = ()
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """The directories of one pipeline, and the variables of all its programs."""

    root: Path
    checkout: Path
    values: Path
    scripts: Path
    logs: Path
    artifacts: Path
    variables: Mapping[str, str]


class Watcher(Protocol):
    """Is called at each step of a run, to report progress."""

    def stage_started(self, pipeline: str, stage: str, log: Path) -> None:
        """A stage has started."""

    def stage_ended(self, outcome: StageOutcome) -> None:
        """A stage has ended, or will not start."""

    def teardown_started(self, pipeline: str, log: Path) -> None:
        """A pipeline's teardown has started."""

    def teardown_ended(self, pipeline: str) -> None:
        """A pipeline's teardown has ended, whether it succeeded or not."""

    def message(self, line: str) -> None:
        """There is a message about the run as a whole."""

    def tick(self) -> None:
        """Is called every half second."""


@dataclass(slots=True)
class StageRun:
    """One run of a stage. `environment` are all variables of its program; `start` is when the whole run started, by the
    event loop's clock."""

    pipeline: str
    stage: StageProgram
    home: Home
    environment: Mapping[str, str]
    settings: Settings
    stop: asyncio.Event
    start: float = 0.0

    @property
    def log(self) -> Path:
        """The file for everything that the stage prints."""
        return self.home.logs / f"{self.stage.slug}.log"

    @property
    def _entered_at_once(self) -> bool:
        return self.settings.at_once and self.stage.name == self.settings.shell and "run" in self.stage.kinds

    async def run(self) -> StageOutcome:
        """Runs the stage and returns its outcome. Raises OSError."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self.log.touch()
        end, why = await self._program()
        kept: tuple[str, ...] = ()
        notes = not_reached(self.log, self.settings.pull) if end is End.FAILED else ()
        if end is End.SUCCEEDED:
            kept, why = self._archive(self.stage.archives)
            end = End.FAILED if why else end
        elif end is End.FAILED:
            kept, _ = self._archive([archive for archive in self.stage.archives if archive.late])
        results = await self._results() if end is not End.STOPPED else None
        if end is End.SUCCEEDED and self.stage.trigger:
            end, why, notes = await self._trigger(self.stage.trigger)
        if end is End.SUCCEEDED and self.stage.may_fail and (status := self._text(self.stage.may_fail)):
            end, why = End.ALLOWED, f"exit status {status.strip()}, which is allowed"
        seconds = clock() - began
        if end is End.FAILED and self.stage.mail:
            notes += await self._mail(self.stage.mail)
        if end is End.SUCCEEDED and self._entered_at_once:
            end = End.PREPARED
        notes = (*self._notes(), *notes)
        outcome = StageOutcome(self.pipeline, self.stage.name, end, seconds, why, self.log, notes, kept)
        return replace(outcome, results=results, began=began - self.start)

    async def _program(self) -> tuple[End, str]:
        if not self.stage.lines:
            return End.SUCCEEDED, ""
        code = await self._shell(self.stage.lines, "program")
        if code is None:
            return End.STOPPED, ""
        if code == _TIMED_OUT:
            return End.FAILED, "exceeded its time limit (exit status 124)"
        return (End.FAILED, f"exit status {code}") if code else (End.SUCCEEDED, "")

    async def _shell(self, lines: tuple[str, ...], name: str, **more: str) -> int | None:
        script = self.home.scripts / f"{self.stage.slug}.{name}"
        environment = {**self.environment, **more}
        return await process.run(lines, script, self.home.checkout, environment, self.log, self.stop)

    async def _results(self) -> Results | None:
        """Reads the stage's reports now, because a later stage may write other files in their place."""
        if not self.stage.reports:
            return None
        from transpiler.local import report_files  # noqa: PLC0415  # it imports a library that few runs need

        return await asyncio.to_thread(report_files.read, self.stage.reports, self.home.checkout)

    def _archive(self, archives: Iterable[Archive]) -> tuple[tuple[str, ...], str]:
        """Copies archived files; returns their paths below the output directory, and a message if one is missing that
        must be there, else ""."""
        kept: list[str] = []
        for archive in archives:
            name = self._kept_name(archive)
            target = self.home.artifacts / name
            if not is_file(self.home.checkout / name):
                if archive.late:
                    continue
                return tuple(kept), f"{name} should be archived, but does not exist"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.home.checkout / name, target)
            kept.append(os.path.relpath(target, self.settings.output))
        return tuple(kept), ""

    def _kept_name(self, archive: Archive) -> str:
        packed = is_folder(self.home.checkout / archive.path) if archive.directory is None else archive.directory
        return archive.path + (".tar.gz" if packed else "")

    async def _trigger(self, call: TriggerCall) -> tuple[End, str, tuple[str, ...]]:
        words = [call.name]
        for parameter in call.parameters:
            text = parameter.text
            if text is None:
                text = (self.home.values / parameter.file).read_bytes().decode("utf-8", "surrogateescape")
            words.append(f"{parameter.name}={text}")
        shown = " ".join(map(sh, words))
        if TRIGGER not in self.settings.allowed:
            return End.SUCCEEDED, "", (marked(TRIGGER, f"start {shown}"),)
        command = " ".join(map(sh, self.settings.trigger))
        code = await self._shell((f"exec {command} {shown}",), "trigger", TRANSPIPE_WAIT=str(call.wait).lower())
        if code is None:
            return End.STOPPED, "", ()
        if code and call.propagate:
            return End.FAILED, f"the job {call.name}: exit status {code}", ()
        return End.SUCCEEDED, "", (f"started {shown}" if not code else f"the job {call.name} failed",)

    async def _mail(self, mail: MailProgram) -> tuple[str, ...]:
        """Composes the mail, sends it if that is allowed, and returns notes about it. A failure to send it does not
        change the outcome of the stage."""
        allowed = MAIL in self.settings.allowed
        shown = 'printf \'To: %s\\nSubject: %s\\n\\n%s\\n\' "$to" "$subject" "$body"'
        code = await self._shell((*mail.compose, *mail.files, shown, *(mail.send if allowed else ())), "mail")
        if code:
            return (f"the mail could not be written: exit status {code}",)
        to, subject = (self._text(f"{self.stage.slug}.mail.{part}") for part in ("to", "subject"))
        what = f"mail to {to}: {subject}"
        if not allowed:
            return (marked(MAIL, what),)
        return (what,) if mail.send else (f"not sent, because the profile has no `notify: {{command: …}}`: {what}",)

    def _text(self, file: str) -> str:
        path = self.home.values / file
        return path.read_text("utf-8", "replace") if exists(path) else ""

    def _notes(self) -> Iterator[str]:
        """The lines in the log that say what was not done, and a line for each image that was pushed."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            yield from dict.fromkeys(line.rstrip("\n") for line in log if is_mark(line))
        if self.stage.publishes and PUBLISH in self.settings.allowed:
            yield from (f"pushed {image}" for image in self._text(self.stage.publishes).splitlines())
