"""Runs git in a working tree, and reads the URL of a remote. Only `git_fetch` runs git, too: it asks servers.

Git works on the repository around the folder in which it is called, as if a person typed the command there. In a hook,
git sets GIT_DIR, GIT_INDEX_FILE, GIT_PREFIX and similar variables. If only GIT_DIR is set, git assumes that the current
folder is the top of the tree, so in a subfolder, a submodule or a clone these variables lead to the wrong files. All
variables that say where a repository or a part of it is are therefore removed, with two exceptions:

- GIT_INDEX_FILE is kept if the caller needs the commit that is being made (`of_commit`): `git commit -a` and
  `git commit FILE` use a temporary index, and only that one has what will be committed.
- All of them are kept if there is no `.git` in the folder or above, because git would not find a repository without
  them (people who keep the repository of their home directory elsewhere use GIT_DIR and GIT_WORK_TREE).

All other variables are the user's settings and are kept: GIT_CONFIG_* (in which git also passes `git -c` to hooks),
GIT_CEILING_DIRECTORIES, GIT_SSH and so on. Three are set: LC_ALL, so that git's messages are in English;
GIT_OPTIONAL_LOCKS, so that queries do not lock the repository; GIT_LITERAL_PATHSPECS, so that `*` and `:` in a path
have no special meaning.

The fast path of a hook starts no process and must not import this module.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import NoReturn, Self
from urllib.parse import unquote, urlsplit

from transpiler import work_tree
from transpiler.records import dataclass

# The variables that `git rev-parse --local-env-vars` prints, except those with settings, and the one that git sets
# while it receives a push.
_OF_REPOSITORY = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_CONFIG",
        "GIT_QUARANTINE_PATH",
    }
)
# Git refuses to run if one of these is set together with GIT_LITERAL_PATHSPECS.
_OF_PATHSPECS = frozenset({"GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"})
_NO_GIT = "git is not installed, or not in $PATH"
_SET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}


class Problem(Enum):
    """Why a git command failed."""

    NO_GIT = auto()
    NO_REPOSITORY = auto()
    FAILED = auto()


class GitError(OSError):
    """A git command failed; the message says why, with git's own message if git ran."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def _error(folder: Path, command: str, said: bytes, status: int) -> GitError:
    """The error for a command that failed, and for what it said."""
    message = said.decode("utf-8", "replace").strip() or f"exit status {status}"
    if "not a git repository (or any" in message:
        return GitError(Problem.NO_REPOSITORY, f"{folder} is not in a git repository")
    return GitError(Problem.FAILED, f"git {command}: {message}")


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in a folder of a working tree. `of_commit` uses the index of the commit that is being made, if git has
    set one. Use it only in the repository of that commit, not in a submodule."""

    folder: Path
    of_commit: bool = False

    def run(self, *words: str, given: Iterable[str] = ()) -> None:
        """Runs a command; `given` are names for its standard input, which it reads by `--stdin -z`. Raises GitError."""
        self._output(words, given)

    def text(self, *words: str) -> str:
        """The output of a command, without the final newline; bytes that are not UTF-8 are escaped as in file names.
        Raises GitError."""
        return os.fsdecode(self._output(words)).removesuffix("\n")

    def answer(self, *words: str) -> str:
        """The same, but "" if the command fails or git is not installed."""
        try:
            return self.text(*words)
        except GitError:
            return ""

    def names(self, *words: str) -> tuple[str, ...]:
        """The entries, each ended by a NUL byte, that a command with `-z` prints. Raises GitError."""
        return tuple(os.fsdecode(self._output(words)).split("\0")[:-1])

    def objects(self) -> Objects:
        """Starts a process that reads objects; it ends with the `with` block. Raises GitError."""
        words = ("git", "cat-file", "--batch", "--follow-symlinks")
        pipe = subprocess.PIPE
        try:
            made = subprocess.Popen(
                words, cwd=self.folder, env=self._environment(), stdin=pipe, stdout=pipe, stderr=pipe
            )
        except FileNotFoundError as error:
            if error.filename != "git":
                raise  # the folder
            raise GitError(Problem.NO_GIT, _NO_GIT) from None
        return Objects(self.folder, made)

    def _output(self, words: tuple[str, ...], given: Iterable[str] = ()) -> bytes:
        data = b"".join(os.fsencode(name) + b"\0" for name in given)
        try:
            ran = subprocess.run(
                ["git", *words], cwd=self.folder, env=self._environment(), input=data, capture_output=True, check=False
            )
        except FileNotFoundError as error:
            if error.filename != "git":
                raise  # the folder
            raise GitError(Problem.NO_GIT, _NO_GIT) from None
        if ran.returncode:
            raise _error(self.folder, words[0], ran.stderr, ran.returncode)
        return ran.stdout

    def _environment(self) -> dict[str, str]:
        """The environment of this process, changed as the module's docstring says."""
        top = work_tree.top(str(self.folder))
        removed = _OF_PATHSPECS | _OF_REPOSITORY if top else _OF_PATHSPECS
        kept = {name: value for name, value in os.environ.items() if name not in removed} | _SET
        if top and self.of_commit and (index := os.environ.get("GIT_INDEX_FILE")):
            # It is relative to the top of the tree, where git runs hooks.
            kept["GIT_INDEX_FILE"] = os.path.join(top, index)
        return kept


@dataclass(slots=True)
class Objects:
    """Reads commits and files of a repository, all of them through one process: `with git.objects() as objects`."""

    folder: Path
    process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                if stream:
                    stream.close()
        self.process.wait()

    def commit(self, name: str) -> str:
        """The id of the commit that this name stands for, "" if there is none. Raises GitError."""
        kind, found, _ = self._ask(f"{name}^{{commit}}", 0)
        return found if kind == "commit" else ""

    def file(self, commit: str, path: str, most: int) -> bytes | None:
        """At most `most` bytes of a file of a commit, by its path from the repository's top; links in the repository
        are followed. None if there is no such file. Raises GitError, and LeadsOut for a link that leads out of the
        repository."""
        kind, _, content = self._ask(f"{commit}:{path}", most)
        if kind == "symlink":
            raise LeadsOut(path)
        return content if kind == "blob" else None

    def _ask(self, name: str, most: int) -> tuple[str, str, bytes]:
        """The type, the id and the beginning of the content of an object; the type is "" if there is none."""
        if "\n" in name or "\0" in name:
            return "", "", b""
        words, out = self.process.stdin, self.process.stdout
        assert words
        assert out
        try:
            words.write(os.fsencode(name) + b"\n")
            words.flush()
        except BrokenPipeError:
            self._ended()
        line = out.readline()
        if not line.endswith(b"\n"):
            self._ended()
        if line.endswith((b" missing\n", b" ambiguous\n")):
            return "", "", b""
        *first, last = os.fsdecode(line).split()
        size = int(last) if last.isdecimal() else 0
        content = out.read(min(size, most))
        left = size - len(content)
        while left > 0 and (skipped := out.read(min(left, 2**16))):
            left -= len(skipped)
        out.read(1)  # the newline after the content
        return (first[1], first[0], content) if len(first) == 2 else (first[0], "", b"")

    def _ended(self) -> NoReturn:
        assert self.process.stderr
        raise _error(self.folder, "cat-file", self.process.stderr.read(), self.process.wait())


class LeadsOut(Exception):
    """A path of a commit is, or lies below, a link that leads out of the repository."""


# ---- the URL of a remote ----

# Git takes `user:password@host` for a host. Nobody means that, so it is not accepted: it may show a password.
_SCP_LIKE = re.compile(
    r"(?:[^/@:]*@)?(?:\[(?P<address>[^]/]*)\]|(?P<name>[\w.-]+)):(?!:|//)(?P<path>[^/@]*(?:/.*)?)", re.DOTALL
)
_GERRITS = re.compile(r"(?:r/+a|r|a)/+")
_PROJECT = re.compile(r"(?=[^/]*\w)[\w.+~-]+(?:/(?=[^/]*\w)[\w.+~-]+)*")


def scp_like(url: str) -> tuple[str, str] | None:
    """The host and the path of a remote in the form of scp, `user@host:path`; None if it has another form. An IPv6
    address has no brackets. `C:/x`, a path on Windows, also has this form."""
    found = _SCP_LIKE.fullmatch(url)
    return (found["address"] or found["name"] or "", found["path"]) if found else None


def project_of(url: str) -> str:
    """The path of a repository on its server, without `.git` and without slashes at the ends; "" if the URL has no path
    that can be the name of a project.

    - It is `team/x` for `https://HOST/team/x.git`, `ssh://git@HOST:29418/team/x`, `git://…`, and the form of scp,
      `git@HOST:team/x.git`.
    - For HTTP, the prefix of Gerrit is removed: see `without_prefix`.
    - For a path on this machine (`/srv/x.git`, `../x`, `C:/x`, `file:///srv/x.git`) it is "".
    """
    try:
        parts = urlsplit(url) if "://" in url else None
    except ValueError:  # the host is in brackets, but is not an IPv6 address
        return ""
    if parts is None:
        host, path = scp_like(url) or ("", "")
        path = path if len(host) > 1 else ""  # one letter is a drive
    else:
        path = unquote(parts.path) if parts.netloc and parts.scheme != "file" else ""
        path = without_prefix(parts.scheme, path)
    path = path.strip("/").removesuffix(".git").rstrip("/")
    return path if _PROJECT.fullmatch(path) else ""


def host_of(url: str) -> str:
    """The name of the server in a repository's URL, in small letters; "" where the URL names none."""
    try:
        host = urlsplit(url).hostname if "://" in url else None
    except ValueError:  # brackets that hold no address
        return ""
    short = None if "://" in url else scp_like(url)
    return (host or (short[0] if short else "")).lower()


def without_prefix(scheme: str, path: str) -> str:
    """The path of a URL with this scheme, without slashes at its start and without Gerrit's prefix.

    Over HTTP, Gerrit serves repositories below `/a/` to users who log in, and some sites have all of Gerrit below
    `/r/`. So for `http` and `https`, `/a/`, `/r/` or `/r/a/` at the start is not a part of the project. Over SSH,
    Gerrit has no such prefix: there `a/x` is the project `a/x`. On other HTTP servers, a user or group with the name
    `a` or `r` looks like such a prefix; a repository there must set `project:` in its config.
    """
    path = path.lstrip("/")
    return path[found.end() :] if scheme in ("http", "https") and (found := _GERRITS.match(path)) else path


def without_password(url: str) -> str:
    """The URL without secrets, for logs: without the password, and for HTTP also without the user, which may be a
    token."""
    hidden = re.sub(r"^(https?://)[^/]*@", r"\1", url, flags=re.IGNORECASE)
    return re.sub(r"^(\w[\w+.-]*://[^/:@]*):[^/]*@", r"\1@", hidden)
