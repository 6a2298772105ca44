"""Which stages of a config belong to one service; the house rules compare tests and publications of the same service.

All that is built in one directory is one service, except that a file from which images are both tested and published is
a service by itself: a repository may have several services, each with a blubberfile, and nothing else distinguishes
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from transpiler.frontend.policy.provenance import Images, Origins
from transpiler.ir import BuildFile

Service: TypeAlias = tuple[str, BuildFile | None]
"""The directory, and, if one file is a service by itself, that file."""


class Services(NamedTuple):
    """By directory: the files from which something is tested, and those from which something is published."""

    tested: Mapping[str, frozenset[BuildFile]]
    published: Mapping[str, frozenset[BuildFile]]

    def of(self, found: Images, origins: Origins) -> frozenset[Service]:
        """The services whose images these stages built; none if no stage is known."""
        return frozenset(self._service(where, file) for where, file in _built(found, origins))

    def counterparts(self, directory: str, file: BuildFile) -> frozenset[BuildFile]:
        """The files that are tested in place of a published file: the tested files of its service, none if the
        published file is tested itself."""
        tested = self.tested.get(directory, frozenset())
        return frozenset() if file in tested else tested - self.published.get(directory, frozenset())

    def _service(self, directory: str, file: BuildFile) -> Service:
        both = all(file in files.get(directory, ()) for files in (self.tested, self.published))
        return directory, file if both else None


def services(view: Iterable[Images]) -> Services:
    """The services of all pipelines."""
    tested: dict[str, frozenset[BuildFile]] = {}
    published: dict[str, frozenset[BuildFile]] = {}
    for found in view:
        _collect(tested, found, (*found.run.values(), *found.rehearsed.values()))
        _collect(published, found, found.published.values())
    return Services(tested, published)


def _collect(into: dict[str, frozenset[BuildFile]], found: Images, origins: Iterable[Origins]) -> None:
    by_directory: dict[str, set[BuildFile]] = {}
    for where, file in _built(found, frozenset().union(*origins)):
        by_directory.setdefault(where, set()).add(file)
    for where, files in by_directory.items():
        into[where] = into.get(where, frozenset()) | files


def _built(found: Images, origins: Origins) -> Iterator[tuple[str, BuildFile]]:
    return ((found.stages[origin].directory, found.builds[origin].file) for origin in origins)
