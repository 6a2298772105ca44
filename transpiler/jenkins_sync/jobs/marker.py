"""The marker of a job, which says who owns it: a line for people and a line for programs in the job's description.

    Made by transpipe from .pipeline/config.yaml of team/ores: change it there, what is changed here is lost.
    [transpipe owner=team/ores source=.pipeline/config.yaml#test from=git.example.org/team/ores digest=1:0123…]

`owner` is the project that the config names, which copies of the repository share; `from` is the repository itself. A
job without exactly one such line has no owner. Knows no XML and no server.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

UNCHECKED = "unchecked"
"""The digest in a job that was posted, but not yet read back."""

FORM = "1"
"""The prefix of digests. It is changed when `canonical` changes its form of the same job; digests with an old prefix
are then ignored."""

FOLDER = "(folder)"
"""The owner in the markers of folders, which several repositories may share."""

_MARK = re.compile(r"^\[transpipe owner=(\S+) source=(\S+?)(?: from=(\S+?))?(?: digest=(\S+))?\]$", re.MULTILINE)
_VISIBLE = re.compile(r"^Made by transpipe .*\n?", re.MULTILINE)
_SAFE = "/#@:+,~()"


class Mark(NamedTuple):
    """The content of the line for programs. If a person wrote the line to hand a job over to transpipe, `digest` and
    `origin` are ""; `origin` is also "" if an old version of transpipe wrote it."""

    owner: str
    source: str
    digest: str
    origin: str = ""

    @property
    def claims(self) -> bool:
        """Whether there is a digest of the job as transpipe wrote it."""
        return self.digest.startswith(f"{FORM}:")


def describe(text: str, mark: Mark) -> str:
    """The whole description: the site's text, then the two lines."""
    source = mark.source.partition("#")[0]
    visible = f"Made by transpipe from {source} of {mark.owner}: change it there, what is changed here is lost."
    if mark.owner == FOLDER:
        visible = "Made by transpipe for jobs: it goes when the last of them goes."
    origin = f" from={quote(mark.origin, _SAFE)}" if mark.origin else ""
    digest = f" digest={mark.digest}" if mark.digest else ""
    words = f"[transpipe owner={quote(mark.owner, _SAFE)} source={quote(mark.source, _SAFE)}{origin}{digest}]"
    return "\n".join(part for part in (normal(text), visible, words) if part)


def read(description: str | None) -> Mark | None:
    """The marker in a description; None if there is none or more than one."""
    found = _MARK.findall(_lines(description or ""))
    if len(found) != 1:
        return None
    owner, source, origin, digest = found[0]
    return Mark(unquote(owner), unquote(source), digest, unquote(origin))


def text(description: str | None) -> str:
    """The site's text in a description."""
    return normal(_VISIBLE.sub("", _MARK.sub("", _lines(description or ""))))


def normal(description: str) -> str:
    """The text with newlines as line ends, without white space around it and at the ends of lines: differences in these
    do not count."""
    return "\n".join(line.rstrip() for line in _lines(description).split("\n")).strip()


def _lines(description: str) -> str:
    return re.sub(r"\r\n?|[\x85\u2028]", "\n", description)
