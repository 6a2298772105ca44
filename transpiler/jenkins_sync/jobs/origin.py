"""Which repository a job is made from: what copies of a repository do not share, though all name the same project.

Knows neither git nor a server.
"""

from __future__ import annotations

from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`name` is what jobs record: the remote without scheme, user and password, or the directory where there is no
    remote. `directory` is what people at the terminal call the repository."""

    name: str = ""
    directory: str = ""

    def __str__(self) -> str:
        if not self.name or self.name == self.directory:
            return self.directory
        return f"{self.directory} ({self.name})" if self.directory else self.name


UNKNOWN = Origin()
