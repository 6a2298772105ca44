"""A job in the form in which it is compared and posted, small enough to keep thousands in memory.

The config.xml is compressed and has no marker; that is added when it is posted. Knows no server.
"""

from __future__ import annotations

import zlib
from xml.etree.ElementTree import Element, SubElement

from transpiler.jenkins_sync.jobs import canonical, marker
from transpiler.jenkins_sync.jobs import xml as jobxml
from transpiler.jenkins_sync.jobs.canonical import Node
from transpiler.jenkins_sync.jobs.definition import JobDefinition
from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.jobs.origin import UNKNOWN, Origin
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """`path` is the full name; `java_class` is the kind of job as in Jenkins' JSON; `needs` are the Java classes that
    Jenkins must know to keep the job; `text` is the site's text in the description. `keeps_disabled`: the job stays
    disabled or enabled, as it is on the server."""

    path: str
    owner: str
    source: str
    digest: str
    java_class: str
    needs: frozenset[str]
    text: str
    packed: bytes
    origin: Origin = UNKNOWN
    keeps_disabled: bool = False
    plugins: frozenset[str] = frozenset()

    @property
    def mark(self) -> Mark:
        """The marker of the job after it has been written completely."""
        return Mark(self.owner, self.source, self.digest, self.origin.name)

    @property
    def description(self) -> str:
        """The whole description, with the marker."""
        return marker.describe(self.text, self.mark)

    def node(self) -> Node:
        """The canonical form of the job."""
        return canonical.canonical(self._element())

    def xml(self, digest: str | None = None, *, disabled: bool = False) -> bytes:
        """The XML to post, with another digest in the marker if one is given. `disabled`: the job on the server is
        disabled, which counts only if it is kept so."""
        mark = self.mark if digest is None else self.mark._replace(digest=digest)
        root = self._element()
        described = root.find("description")
        assert described is not None
        described.text = marker.describe(self.text, mark)
        if self.keeps_disabled:
            SubElement(root, "disabled").text = str(disabled).lower()
        return jobxml.text(root)

    def _element(self) -> Element:
        return canonical.parsed(zlib.decompress(self.packed).decode())


def wanted(job: JobDefinition, origin: Origin = UNKNOWN, plugins: frozenset[str] = frozenset()) -> Wanted:
    """Converts a definition to this form. `plugins` are those that its Jenkinsfile needs."""
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
        keeps_disabled=job.disabled is None,
        plugins=plugins,
    )
