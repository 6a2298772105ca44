"""Removes what killed runs have left: processes, containers, networks, images, helm releases, work directories.

It touches only what has the label or the name of a run of which this user holds a record, and nothing of a run that is
still at work. It never keeps a run from starting: what goes wrong is a line.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from transpiler.local import process, run_record
from transpiler.local.run_record import NoRecord, RunRecord, Where
from transpiler.lowering import removal

UNINSTALL = "uninstall"
"""The name of the program, in a pipeline's directory, that uninstalls its helm releases."""

_LONGEST = 120
"""Seconds that each program may take."""
_ROUNDS = 3


def sweep(records: Path, where: Where, environment: Mapping[str, str]) -> Iterator[str]:
    """Removes what killed runs have left at this place, and yields a line about each of them. `environment` is that of
    the programs that it calls."""
    for file in run_record.found(records):
        try:
            with run_record.taken(file) as record:
                if other := where.differs(record.where):
                    yield f"a killed run {other} left things, which only a run there can remove; {file} says which"
                elif problem := _removed(record, environment):
                    yield f"not all that the killed run {record.run} left could be removed: {problem}; see {file}"
                else:
                    run_record.removed(record, records)
                    yield f"removed what the killed run {record.run} had left"
        except NoRecord as why:
            if str(why):
                yield f"{file} is not the record of a run ({why}), so nothing is done about it"


def _removed(record: RunRecord, environment: Mapping[str, str]) -> str:
    """Removes everything of a run; returns what went wrong, or ""."""
    if problem := _foreign(record.work):
        return problem
    _end_processes(record)
    for slug, label in zip(record.slugs, record.labels, strict=True):
        values = record.work / slug / "values"
        given = {**environment, "run": label, "values": str(values)}
        if problem := _uninstalled(values.parent / UNINSTALL, given) or _gone(record.where.engine, label, given):
            return problem
    if os.path.lexists(record.work):
        try:
            shutil.rmtree(record.work)
        except OSError as error:
            return str(error)
    return ""


def _foreign(work: Path) -> str:
    """Why a path is not the work directory of a run of this user; "" if it is, or if there is nothing at it."""
    try:
        found = os.lstat(work)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return str(error)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        return f"{work} is not a directory that a run has made"
    return ""


def _uninstalled(program: Path, environment: Mapping[str, str]) -> str:
    """Runs the pipeline's program for releases, if it has one; a release that was never there is no problem."""
    if not os.path.lexists(program):
        return ""
    code, said = _said(["sh", str(program)], environment)
    gone = code not in (126, 127) and "release: not found" in said
    return f"a helm release: {_last(said)}" if code and not gone else ""


def _gone(engine: str, label: str, environment: Mapping[str, str]) -> str:
    """Removes what has a label. An order that a killed client gave may be carried out a moment later, so it looks
    again."""
    said = ""
    for _ in range(_ROUNDS):
        _, said = _said(["sh", "-c", "\n".join(removal(engine))], environment)
        left = [_said([engine, *words, f"label=ci.run={label}"], environment) for words in _LISTS]
        if not any(code or ids for code, ids in left):
            return ""
    return _last(said) or _last(" ".join(ids for _, ids in left)) or f"{engine} does not answer"


_LISTS = tuple((*words, "--quiet", "--filter") for words in (("ps", "--all"), ("images",), ("network", "ls")))


def _said(words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """The exit status of a program and what it printed; 124 if it took too long, 127 if it could not be started."""
    out = subprocess.PIPE
    try:
        done = subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=_LONGEST,
            check=False, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 124, f"{words[0]} took more than {_LONGEST} seconds"
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def _last(said: str) -> str:
    return said.splitlines()[-1] if said else ""


def _end_processes(record: RunRecord) -> None:
    """Ends the programs of a run, and what they have started, first by SIGTERM; only Linux shows whose they are."""
    patience = process.GRACE
    for pid in _at_work(record):
        process.kill(pid, signal.SIGTERM)
    while _at_work(record) and patience > 0:
        time.sleep(0.05)
        patience -= 0.05
    for pid in _at_work(record):
        process.kill(pid, signal.SIGKILL)


def _at_work(record: RunRecord) -> tuple[int, ...]:
    """The processes in the sessions of the run's programs, which may have ended themselves. Daemons that these started
    for all, such as podman's name server, carry the name of the run, too, but are in sessions of their own."""
    names = {f"run={label}".encode() for label in record.labels}
    found = []
    for pid in process.pids():
        if pid != os.getpid() and not names.isdisjoint(_proc(pid, "environ").split(b"\0")):
            try:
                leader = os.getsid(pid)
            except (ProcessLookupError, PermissionError):
                continue
            program = _proc(leader, "cmdline")  # empty if it has ended, also if nobody has waited for it yet
            if (not program and not _is_shared(pid)) or os.fsencode(record.work) in program:
                found.append(pid)
    return tuple(found)


def _is_shared(pid: int) -> bool:
    """Whether it is the process by which rootless podman keeps the user's name spaces: whoever comes first starts it,
    in a session whose leader ends at once."""
    return b"_PODMAN_PAUSE=" in _proc(pid, "environ") or _proc(pid, "comm").strip() in (b"catatonit", b"podman pause")


def _proc(pid: int, what: str) -> bytes:
    """A file of /proc; empty if there is none, or if the process is another user's."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""
