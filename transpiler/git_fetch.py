"""Reads files of a git repository on a server, at one commit.

Nothing here asks a person anything: git gets no terminal, no program that asks for a password and no input, and is
stopped after a while. What the user has stored (a credential helper, an SSH key, netrc) is used.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from types import TracebackType

from transpiler.git import without_password
from transpiler.records import dataclass

LIMIT = 120.0
"""The seconds that git may take to fetch."""

_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
}
_ASKED = ("could not read Username", "could not read Password", "terminal prompts disabled", "Authentication failed")
_DIGITS = frozenset("0123456789abcdef")


class Why(Enum):
    """Why nothing was fetched."""

    NO_GIT = auto()
    NO_SERVER = auto()
    NO_LOGIN = auto()
    TOO_SLOW = auto()
    NO_COMMIT = auto()
    NO_FILE = auto()


class FetchError(Exception):
    """Nothing was fetched; the message is git's own, without passwords, or "" if git said nothing."""

    def __init__(self, why: Why, message: str = "") -> None:
        super().__init__(message)
        self.why = why


@dataclass(slots=True)
class Fetched:
    """The repositories that were fetched in one run of a command, below a temporary directory; each commit of each
    server is fetched once. Use it in a `with` statement, which removes the directory."""

    limit: float = LIMIT
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _commits: dict[tuple[str, str], str | FetchError] | None = None

    def __enter__(self) -> Fetched:
        self._folder = tempfile.TemporaryDirectory(prefix="transpipe-")
        self._commits = {}
        self._git("init", "-q", "--bare", "--template=", ".")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._folder:
            self._folder.cleanup()

    def commit(self, url: str, revision: str) -> str:
        """The commit that a branch, a tag, a commit or "HEAD" (the newest of the default branch) is on the server. Its
        files can be read then. Raises FetchError."""
        assert self._commits is not None
        known = self._commits.get((url, revision))
        if known is None:
            try:
                known = self._fetch(url, revision)
            except FetchError as error:
                known = error
            self._commits[url, revision] = known
        if isinstance(known, FetchError):
            raise known
        return known

    def file(self, commit: str, path: str) -> bytes:
        """The content of a file at a commit that was fetched. Raises FetchError."""
        return self._git("cat-file", "blob", f"{commit}:{path}", failing=Why.NO_FILE)

    def _fetch(self, url: str, revision: str) -> str:
        if revision.startswith("-"):
            raise FetchError(Why.NO_COMMIT)
        try:
            self._git("fetch", "-q", "--no-tags", "--depth", "1", "--", url, revision, failing=Why.NO_COMMIT)
            return self._resolved("FETCH_HEAD")
        except FetchError as error:
            if error.why is not Why.NO_COMMIT:
                raise
        # The server may refuse a commit that no branch ends at, and knows no short names of commits.
        self._git("fetch", "-q", "--no-tags", "--", url, "+refs/*:refs/from/*", failing=Why.NO_COMMIT)
        names = (f"refs/from/heads/{revision}", f"refs/from/tags/{revision}", revision)
        for name in names[2 * _is_hexadecimal(revision) :]:
            with suppress(FetchError):
                return self._resolved(name)
        raise FetchError(Why.NO_COMMIT)

    def _resolved(self, name: str) -> str:
        words = ("rev-parse", "-q", "--verify", "--end-of-options", f"{name}^{{commit}}")
        return self._git(*words, failing=Why.NO_COMMIT).decode("ascii", "replace").strip()

    def _git(self, *words: str, failing: Why = Why.NO_SERVER) -> bytes:
        assert self._folder
        ran = _run(("git", *words), Path(self._folder.name), self.limit)
        if ran is None:
            raise FetchError(Why.TOO_SLOW)
        status, printed, said = ran
        if status:
            raise FetchError(_why(said, failing), without_passwords(said))
        return printed


def _is_hexadecimal(word: str) -> bool:
    return len(word) >= 4 and _DIGITS.issuperset(word)


def _why(said: str, failing: Why) -> Why:
    if any(sign in said for sign in _ASKED):
        return Why.NO_LOGIN
    refused = ("not our ref", "couldn't find remote ref", "unadvertised object", "no such ref", "did not send all")
    if failing is Why.NO_COMMIT and not any(sign in said for sign in refused) and "fatal: " in said:
        return Why.NO_COMMIT if "Needed a single revision" in said else Why.NO_SERVER
    return failing


def without_passwords(said: str) -> str:
    """A message of git's, whose URLs have no passwords."""
    words = (without_password(word.strip("'\"")) if "://" in word else word for word in said.split())
    return " ".join(words)


def _run(words: Sequence[str], folder: Path, limit: float) -> tuple[int, bytes, str] | None:
    """Exit status, stdout and stderr; None if it took too long. It has a session of its own, so neither git nor a
    program that it starts can reach the terminal, and all of them end together."""
    names = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=kept | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise FetchError(Why.NO_GIT) from None
    try:
        printed, said = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, printed, said.decode("utf-8", "replace").strip()
