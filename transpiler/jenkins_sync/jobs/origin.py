"""The repository that a job is made from. Copies of a repository name the same project, but have different origins.

Knows neither git nor a server.
"""

from __future__ import annotations

from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`name` is recorded in jobs: the remote without scheme, user and password, or the directory if there is no remote.
    `directory` is the path of the repository, as it is shown on the terminal."""

    name: str = ""
    directory: str = ""

    def __str__(self) -> str:
        if not self.name or self.name == self.directory:
            return self.directory
        return f"{self.directory} ({self.name})" if self.directory else self.name


UNKNOWN = Origin()
