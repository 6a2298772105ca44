"""A job as it is compared and posted: small enough that thousands are held at a time.

The config.xml is kept packed and without the marker, which is written into it last. It knows no server.
"""

from __future__ import annotations

import zlib
from xml.etree.ElementTree import Element

from transpiler.jenkins_sync.jobs import canonical, marker
from transpiler.jenkins_sync.jobs import xml as jobxml
from transpiler.jenkins_sync.jobs.canonical import Node
from transpiler.jenkins_sync.jobs.definition import JobDefinition
from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.jobs.origin import UNKNOWN, Origin
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """`path` is the full name; `java_class` what Jenkins' JSON calls the kind of job; `needs` are the Java classes
    that Jenkins must know to keep it; `text` is the site's part of the description."""

    path: str
    owner: str
    source: str
    digest: str
    java_class: str
    needs: frozenset[str]
    text: str
    packed: bytes
    origin: Origin = UNKNOWN

    @property
    def mark(self) -> Mark:
        """What its description says of it once it is written and found whole."""
        return Mark(self.owner, self.source, self.digest, self.origin.name)

    @property
    def description(self) -> str:
        """Its whole description."""
        return marker.describe(self.text, self.mark)

    def node(self) -> Node:
        """What it means."""
        return canonical.canonical(self._element())

    def xml(self, digest: str | None = None) -> bytes:
        """What to post, with another digest in its marker if one is given."""
        mark = self.mark if digest is None else self.mark._replace(digest=digest)
        root = self._element()
        described = root.find("description")
        assert described is not None
        described.text = marker.describe(self.text, mark)
        return jobxml.text(root)

    def _element(self) -> Element:
        return canonical.parsed(zlib.decompress(self.packed).decode())


def wanted(job: JobDefinition, origin: Origin = UNKNOWN) -> Wanted:
    """A definition of a repository's, made ready."""
    root = jobxml.element(job)
    node = canonical.canonical(root)
    text = marker.normal(job.description)
    return Wanted(
        path=job.path,
        owner=job.owner,
        source=job.source,
        digest=canonical.digest(node, text),
        java_class=jobxml.java_class(job),
        needs=canonical.classes(node),
        text=text,
        packed=zlib.compress(jobxml.text(root)),
        origin=origin,
    )
