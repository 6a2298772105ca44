"""The record of a run: what the run leaves behind if it is killed, so that the next run can remove it.

A record is a file in the user's state directory. The run that it is about has it locked, and the kernel gives the lock
back when that process ends, however it ends. So a record that can be locked is about a run that is over. A run that
ends by itself removes its record.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transpiler.program import Plan
from transpiler.records import dataclass

WORK = "transpipe-"
"""What the name of a run's work directory begins with; the name of the run follows."""

_FORMAT = 1
_ENDING = ".json"
_LARGEST = 1 << 20  # bytes
_RUN = re.compile(r"local-\d{4}-\d{2}-\d{2}-\d{6}-[0-9a-f]{6}")
_SLUG = re.compile(r"[a-z0-9_-][a-z0-9._-]*")
_CHOOSING = ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_STORAGE_CONF",
             "CONTAINERS_CONF", "XDG_DATA_HOME", "KUBECONFIG", "HELM_KUBECONTEXT", "HELM_NAMESPACE")  # fmt: skip
"""The variables by which docker and podman choose a daemon, or where they keep containers, and helm a cluster."""


class NoRecord(Exception):
    """A file is not a record, or its run is not over; the message says why it is none, "" if the run is not over."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where a run has its containers: only a run at the same place can see them. `choosing` are the variables that
    choose a daemon."""

    machine: str
    engine: str
    choosing: Mapping[str, str]

    def differs(self, other: Where) -> str:
        """How another place differs from this one, in words that say where that is; "" if it is the same."""
        if self.machine != other.machine:
            return f"on the machine {other.machine}"
        if self.engine != other.engine:
            return f"with {other.engine}"
        both = {*self.choosing, *other.choosing}
        names = sorted(name for name in both if self.choosing.get(name) != other.choosing.get(name))
        return f"with another ${names[0]}" if names else ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run may leave: `run` is its name, `work` its work directory, `slugs` are those of its pipelines."""

    run: str
    work: Path
    where: Where
    slugs: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The values of the label `ci.run` of everything that the run made."""
        return tuple(f"{self.run}-{slug}" for slug in self.slugs)


def here(engine: str, environment: Mapping[str, str]) -> Where:
    """The place of a run that starts now, in this environment."""
    return Where(platform.node(), engine, {name: environment[name] for name in _CHOOSING if environment.get(name)})


def made(run: str, parent: Path, where: Where, plan: Plan) -> RunRecord:
    """The record of a run that will work in a new directory below `parent`."""
    return RunRecord(run, parent.resolve() / f"{WORK}{run}", where, tuple(p.slug for p in plan.pipelines))


@contextmanager
def held(record: RunRecord, records: Path) -> Iterator[None]:
    """Writes the record into the directory `records` and keeps it locked. Raises OSError if it cannot be written."""
    records.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _directory_locked(records):
        # No other run looks at the directory before the new file is locked.
        file = os.open(records / f"{record.run}{_ENDING}", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.write(file, _written(record))
        except OSError:
            removed(record, records)
            os.close(file)
            raise
    try:
        yield
    finally:
        os.close(file)


def removed(record: RunRecord, records: Path) -> None:
    """Removes a record whose run has left nothing."""
    with contextlib.suppress(OSError):
        (records / f"{record.run}{_ENDING}").unlink()


def found(records: Path) -> tuple[Path, ...]:
    """The files in the directory that should be records; none if it cannot be read."""
    try:
        return tuple(sorted(path for path in records.iterdir() if path.name.endswith(_ENDING)))
    except OSError:
        return ()


@contextmanager
def taken(file: Path) -> Iterator[RunRecord]:
    """Takes the record of a run that is over, and keeps it locked meanwhile. Raises NoRecord."""
    with contextlib.ExitStack() as stack:
        try:
            with _directory_locked(file.parent):
                opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                stack.callback(os.close, opened)
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _check_ours(os.fstat(opened))
            text = os.read(opened, _LARGEST)
        except (BlockingIOError, FileNotFoundError):  # its run, or another that removes what it left, is at work
            raise NoRecord from None
        except OSError as error:
            link = "it is a link" if file.is_symlink() else error.strerror or str(error)
            raise NoRecord(link) from None
        yield _read(text, file.name)


def _check_ours(found: os.stat_result) -> None:
    """Raises NoRecord unless it is a file that nobody but this user can have written, and that is still there."""
    if found.st_nlink == 0:  # its run has ended by itself a moment ago
        raise NoRecord
    if not stat.S_ISREG(found.st_mode):
        raise NoRecord("it is not a file")
    if found.st_uid != os.getuid() or found.st_mode & 0o022 or found.st_nlink != 1:
        raise NoRecord("others may have written it")


@contextmanager
def _directory_locked(records: Path) -> Iterator[None]:
    """Holds the lock on the directory, which is held for moments only. Raises OSError."""
    directory = os.open(records, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _written(record: RunRecord) -> bytes:
    where = record.where
    return json.dumps({
        "format": _FORMAT,
        "run": record.run,
        "work": str(record.work),
        "machine": where.machine,
        "engine": where.engine,
        "choosing": where.choosing,
        "pipelines": record.slugs,
    }).encode()  # fmt: skip


def _read(text: bytes, name: str) -> RunRecord:
    """Raises NoRecord unless it is what `_written` writes into a file of that name."""
    try:
        data = json.loads(text)
        if data["format"] != _FORMAT:
            raise NoRecord("another version of transpipe wrote it")
        where = Where(_text(data["machine"]), _text(data["engine"]), _texts(data["choosing"]))
        record = RunRecord(_text(data["run"]), Path(_text(data["work"])), where, tuple(map(_text, data["pipelines"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoRecord("it has another shape") from None
    if not _RUN.fullmatch(record.run) or name != f"{record.run}{_ENDING}":
        raise NoRecord("it names no run of ours")
    if not all(map(_SLUG.fullmatch, record.slugs)):
        raise NoRecord("it names no pipeline of ours")
    if not record.work.is_absolute() or record.work.name != f"{WORK}{record.run}" or ".." in record.work.parts:
        raise NoRecord("it names no work directory of ours")
    return record


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


def _texts(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise TypeError
    return {_text(name): _text(each) for name, each in value.items()}
