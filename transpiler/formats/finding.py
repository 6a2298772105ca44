"""What forms write: the findings about a repository, or why it could not be processed."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Diagnostic
from transpiler.report import visible

_QUOTED = re.compile(r"`[^`]*`")


class Finding(NamedTuple):
    """A diagnostic whose files are named from the current directory, the config of its repository, and the line of the
    file on which its span begins ("" if it is not known)."""

    diagnostic: Diagnostic
    config: str
    line: str = ""

    @property
    def file(self) -> str:
        """The file to show it in; the config if it is about no other."""
        return self.diagnostic.span.file if self.diagnostic.span else self.diagnostic.file or self.config

    @property
    def words(self) -> str:
        """The message and the hint, a line break between them; control characters are escapes."""
        return visible("\n".join(filter(None, (self.diagnostic.message, self.diagnostic.hint))))


class Unprocessed(NamedTuple):
    """Why a repository could not be processed."""

    message: str


Found: TypeAlias = Finding | Unprocessed


class Fingerprints:
    """Names for findings, each a string of 64 hexadecimal digits. No two findings of one document have the same, and a
    finding keeps its own when lines are added or removed elsewhere.

    So it is made of the file, the code, the words that the message quotes and the text of the line, but neither of the
    line's number nor of the rest of the message; equal findings are counted.
    """

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, ...]] = Counter()

    def of(self, finding: Finding) -> str:
        """The fingerprint of the next finding."""
        diagnostic = finding.diagnostic
        parts = (finding.file, diagnostic.code, finding.line.strip(), *_QUOTED.findall(diagnostic.message))
        self._seen[parts] += 1
        data = "\0".join((*parts, str(self._seen[parts])))
        return sha256(data.encode("utf-8", "surrogatepass")).hexdigest()
