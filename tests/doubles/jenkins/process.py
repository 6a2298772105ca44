"""Starts doubles for tests and looks behind them: the request log, the jobs as they are kept, faults at will.

Reads the state directory instead of asking, so that it also sees a server that is down.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests

from doubles.jenkins import certificates
from doubles.jenkins.nursery import kill, nursery
from doubles.jenkins.settings import FAULTS, Fault, Settings


@dataclasses.dataclass(frozen=True)
class Logged:
    """A request that came in; `status` is 0 when no answer was sent, `fault` empty when none befell it."""

    n: int
    method: str
    path: str
    status: int
    fault: str


@dataclasses.dataclass(frozen=True)
class Job:
    """An item as it is kept (folders too), and how often it was created and written, by whatever way."""

    name: str
    xml: str
    created: int
    written: int


def every_way(rate: float, *, without: tuple[str, ...] = ("die",)) -> tuple[Fault, ...]:
    """This share of all requests fails, in every way there is by turns; half of the gateway's errors after the work."""
    ways = [Fault(kind, done=done) for kind in FAULTS if kind not in without for done in _ways(kind)]
    return tuple(dataclasses.replace(way, rate=rate / len(ways)) for way in ways)


def _ways(kind: str) -> tuple[bool, ...]:
    return (False, True) if kind in {"500", "502", "504", "hang", "die"} else (False,)


class Double:
    """A running double. All names are full names (`folder/job`)."""

    def __init__(self, settings: Settings, state: Path) -> None:
        self.settings = settings
        self.state = state
        self._port = 0
        (state / "settings.json").write_text(settings.to_json())
        self.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.settings.tls else 'http'}://127.0.0.1:{self._port}{self.settings.context}"

    @property
    def user(self) -> str:
        return self.settings.user

    @property
    def token(self) -> str:
        return self.settings.token

    @property
    def password(self) -> str:
        return self.settings.password

    def start(self) -> None:
        """Starts the process on its state, on the port that it had before."""
        self.pid, self._port = nursery().start(self.state, self._port)

    def stop(self) -> None:
        """Ends it as power failure does."""
        kill(self.pid)

    def restart(self) -> None:
        self.stop()
        self.start()

    def change(self, **changes: Any) -> None:
        """Changes settings while it runs."""
        self.settings = self.settings.changed(**changes)
        self._side("settings", {name: getattr(self.settings, name) for name in changes})

    def set_faults(self, *faults: Fault) -> None:
        self.change(faults=faults)

    def put(self, name: str, xml: str) -> None:
        """Keeps an item exactly so, past everything that Jenkins would do with it. Its folders must be there."""
        self._side("put", {"path": name, "xml": xml})

    def remove(self, name: str) -> None:
        self._side("remove", {"path": name})

    def log(self, since: int = 0) -> tuple[Logged, ...]:
        """The requests whose number is greater than `since`, in the order in which they were answered."""
        entries = (Logged(**entry) for entry in _lines(self.state / "requests.jsonl"))
        return tuple(entry for entry in entries if entry.n > since)

    def jobs(self) -> dict[str, Job]:
        """All items by full name."""
        events = list(_lines(self.state / "events.jsonl"))
        counts: dict[str, dict[str, int]] = {}
        for event in events:
            told = counts.setdefault(event["path"], {})
            told[event["what"]] = told.get(event["what"], 0) + 1
        found = {}
        for name, place in _items(self.state, ()):
            told = counts.get(name, {})
            written = sum(number for what, number in told.items() if what != "delete")
            xml = place.read_bytes().decode("utf-8", "surrogatepass")
            found[name] = Job(name, xml, told.get("create", 0), written)
        return found

    def events(self) -> tuple[tuple[str, str], ...]:
        """Everything that was done, in order: what, and to which item."""
        return tuple((event["what"], event["path"]) for event in _lines(self.state / "events.jsonl"))

    def _side(self, call: str, body: dict[str, Any]) -> None:
        # The double's own certificate is not what is tested here.
        root = f"{self.url.removesuffix(self.settings.context)}/__double__/{call}"
        text = json.dumps(body, default=dataclasses.asdict)
        with requests.Session() as session:
            session.trust_env = False
            verify: bool | str = str(self.state / "ca.pem") if self.settings.tls else True
            session.post(root, data=text, timeout=30, verify=verify).raise_for_status()


def _items(place: Path, path: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for directory in sorted((place / "jobs").glob("*")):
        name = (*path, unquote(directory.name))
        yield "/".join(name), directory / "config.xml"
        yield from _items(directory, name)


def _lines(place: Path) -> Iterator[dict[str, Any]]:
    if place.exists():
        yield from (json.loads(line) for line in place.read_text(encoding="utf-8").splitlines())


@contextlib.contextmanager
def double(**settings: Any) -> Iterator[Double]:
    """A double with these settings (fields of `settings.Settings`), gone with all its state at the end.

    `tls=True` makes a certificate authority of its own, in `<state>/ca.pem`.
    """
    with tempfile.TemporaryDirectory(prefix="jenkins-double-") as directory:
        state = Path(directory)
        if settings.get("tls"):
            settings["tls"] = str(certificates.make(state))
        running = Double(Settings().changed(**settings), state)
        try:
            yield running
        finally:
            running.stop()
