"""The one place that runs git, and the one that reads a remote's URL.

Which repository git works on: the one around the folder that it is called in, as for a person who types the command
there. In a hook git sets GIT_DIR, GIT_INDEX_FILE, GIT_PREFIX and more like them. With GIT_DIR alone git takes the
current folder for the top of the tree, so from a subfolder, a submodule or a clone these variables lead to the wrong
files. All variables that say where a repository or a part of it is are removed, with two exceptions:

- GIT_INDEX_FILE stays where the caller asks about the commit that is being made (`of_commit`): `git commit -a` and
  `git commit FILE` have an index of their own, and only that one holds what will be committed.
- Where there is no `.git` in the folder or above, all of them stay: without them git would find no repository (people
  who keep the repository of their home directory elsewhere start git with GIT_DIR and GIT_WORK_TREE).

All other variables are the user's settings and stay: GIT_CONFIG_* (also what `git -c` hands to hooks),
GIT_CEILING_DIRECTORIES, GIT_SSH and so on. Three are set: LC_ALL, so that git's messages are in English;
GIT_OPTIONAL_LOCKS, so that asking leaves no lock in the way of a commit; GIT_LITERAL_PATHSPECS, so that a path with `*`
or `:` in it is a path.

The fast path of a hook starts no process and must not import this module.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from enum import Enum, auto
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transpiler.records import dataclass

# What `git rev-parse --local-env-vars` prints, without the variables that hold settings; and what git sets while it
# receives a push.
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
# Git refuses to run with one of these beside GIT_LITERAL_PATHSPECS.
_OF_PATHSPECS = frozenset({"GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"})
_SET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}


class Problem(Enum):
    """Why git gave no answer."""

    NO_GIT = auto()
    NO_REPOSITORY = auto()
    FAILED = auto()


class GitError(OSError):
    """Git gave no answer; the message says why, in git's own words where it ran."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Git:
    """Git in a folder of a working tree. `of_commit`: with the index of the commit that is being made, where git has
    named one; only in that commit's own repository, not in a submodule."""

    folder: Path
    of_commit: bool = False

    def run(self, *words: str, given: Iterable[str] = ()) -> None:
        """Runs a command; `given` are names for its input, which `--stdin -z` has it read. Raises GitError."""
        self._output(words, given)

    def text(self, *words: str) -> str:
        """The one thing that a command prints, without the line's end; bytes that are no UTF-8 as file names have
        them. Raises GitError."""
        return os.fsdecode(self._output(words)).removesuffix("\n")

    def answer(self, *words: str) -> str:
        """The same, but "" where git has no answer, or is not there."""
        try:
            return self.text(*words)
        except GitError:
            return ""

    def names(self, *words: str) -> tuple[str, ...]:
        """What a command with `-z` prints: each entry once that ends in a NUL byte. Raises GitError."""
        return tuple(os.fsdecode(self._output(words)).split("\0")[:-1])

    def _output(self, words: tuple[str, ...], given: Iterable[str] = ()) -> bytes:
        data = b"".join(os.fsencode(name) + b"\0" for name in given)
        try:
            ran = subprocess.run(
                ["git", *words], cwd=self.folder, env=self._environment(), input=data, capture_output=True, check=False
            )
        except FileNotFoundError as error:
            if error.filename != "git":
                raise  # the folder
            raise GitError(Problem.NO_GIT, "git is not installed, or not in $PATH") from None
        if ran.returncode:
            said = ran.stderr.decode("utf-8", "replace").strip() or f"exit status {ran.returncode}"
            if "not a git repository (or any" in said:
                raise GitError(Problem.NO_REPOSITORY, f"{self.folder} is not in a git repository")
            raise GitError(Problem.FAILED, f"git {words[0]}: {said}")
        return ran.stdout

    def _environment(self) -> dict[str, str]:
        """This process's environment, changed as the module's text says."""
        here = self.folder.absolute()
        top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
        removed = _OF_PATHSPECS | _OF_REPOSITORY if top else _OF_PATHSPECS
        kept = {name: value for name, value in os.environ.items() if name not in removed} | _SET
        if top and self.of_commit and (index := os.environ.get("GIT_INDEX_FILE")):
            kept["GIT_INDEX_FILE"] = str(top / index)  # git names it from the top of the tree, where it runs hooks
        return kept


# ---- the URL of a remote ----

_SCP_LIKE = re.compile(r"(?:[^/@]*@)?(?P<host>\[[^]/]*\]|[\w.-]{2,}):(?!//)(?P<path>.*)")
_GERRITS = re.compile(r"(?:r/+a|r|a)/+")
_PROJECT = re.compile(r"(?=[^/]*\w)[\w.+~-]+(?:/(?=[^/]*\w)[\w.+~-]+)*")


def project_of(url: str) -> str:
    """A repository's path on its server, without `.git` and without slashes at the ends; "" where the URL has none that
    a project could have.

    - `https://HOST/team/x.git`, `ssh://git@HOST:29418/team/x`, `git://…` and the form of scp, `git@HOST:team/x.git`:
      `team/x`.
    - Over HTTP what Gerrit puts before a project is left out: `without_prefix`.
    - A path on this machine (`/srv/x.git`, `../x`, `C:/x`, `file:///srv/x.git`) says nothing about a server.
    """
    try:
        parts = urlsplit(url) if "://" in url else None
    except ValueError:  # brackets that hold no address
        return ""
    if parts is None:
        short = _SCP_LIKE.fullmatch(url)
        path = short["path"] if short else ""
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
    short = _SCP_LIKE.fullmatch(url) if "://" not in url else None
    return (host or (short["host"] if short else "")).lower()


def without_prefix(scheme: str, path: str) -> str:
    """The path of a URL with this scheme without the slashes at its start and what Gerrit puts before a project.

    Gerrit serves a repository over HTTP to those who log in below `/a/`, and some sites have all of Gerrit below `/r/`.
    So with `http` and `https` a first `/a/`, `/r/` or `/r/a/` is no part of the project. Over SSH Gerrit has no such
    prefix: there `a/x` is the project `a/x`. Over HTTP a user or a group called `a` or `r` on another server looks like
    these prefixes; such a repository says `project:` in its config.
    """
    path = path.lstrip("/")
    return path[found.end() :] if scheme in ("http", "https") and (found := _GERRITS.match(path)) else path


def without_password(url: str) -> str:
    """The URL as a log may show it: over HTTP without the user, who may be a token, elsewhere with the user alone."""
    hidden = re.sub(r"^(https?://)[^/]*@", r"\1", url, flags=re.IGNORECASE)
    return re.sub(r"^(\w[\w+.-]*://[^/:@]*):[^/]*@", r"\1@", hidden)
