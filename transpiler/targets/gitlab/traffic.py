"""What passes between the jobs of one pipeline: values, images, copied files; and who must wait for whom to get it.

Jobs share neither files nor, by the profile, images. Everything travels as a job artifact below `.values/`, or, where
a plain path says it as well, as that path; only images may take the registry. Knows no YAML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from transpiler.graph import Graph, ancestors, order
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, StageProgram
from transpiler.records import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9@+=,_./-]+")


@dataclass(frozen=True, slots=True)
class Hand:
    """What a stage hands on and takes in.

    `values` are files of `$values` for other jobs; `image`: its image too; `keeps`: what it made must outlive the job;
    `packs`: its copied files travel as a tar, since their order or names do not survive as artifacts. `takes` are the
    ancestors whose artifacts it needs, `unpacks` those among them with a tar, ancestors first. `release`: what
    it has installed is uninstalled by the last job. `mail` are the files that its mail reads.
    """

    values: tuple[str, ...]
    image: bool
    keeps: bool
    release: bool
    packs: bool
    takes: frozenset[str]
    unpacks: tuple[str, ...]
    mail: tuple[str, ...]


def trace(pipeline: PipelineProgram, profile: Profile, mailing: frozenset[str], reporting: bool) -> Mapping[str, Hand]:
    """What each stage hands on and takes in, by its name. `mailing` are the stages with a mail job."""
    before = ancestors(pipeline.graph)
    packed = _packed(pipeline)
    readers = {
        s.name: {v.file for v in s.reads} | ({v.file for v in s.mail.reads} if s.mail and s.name in mailing else set())
        for s in pipeline.stages
    }
    counts = Counter(file for files in readers.values() for file in files)
    unpacking = [name for name in order(pipeline.graph) if name in packed]
    followed = {a for a, _ in pipeline.graph.edges}
    hands = {}
    for stage in pipeline.stages:
        own = readers[stage.name]
        released = bool(stage.releases and stage.name in followed)
        values = [v.file for v in stage.binds if counts[v.file] > (v.file in own)]
        if stage.publishes and reporting:
            values.append(stage.publishes)
        if released:
            values.append(stage.releases)
        mail = tuple(sorted({v.file for v in stage.mail.reads})) if stage.mail and stage.name in mailing else ()
        hands[stage.name] = Hand(
            values=tuple(dict.fromkeys(values)),
            image=stage.gives_image and profile.images != "local",
            keeps=profile.images == "local" and _is_kept(stage, pipeline),
            release=released,
            packs=stage.name in packed,
            takes=_takes(stage, pipeline, before[stage.name], profile, bool(mail)),
            unpacks=tuple(name for name in unpacking if name in before[stage.name]),
            mail=mail,
        )
    return hands


def _is_kept(stage: StageProgram, pipeline: PipelineProgram) -> bool:
    """Whether another stage uses the image or the container on the daemon that both share."""
    runs_published = any(other.takes for other in pipeline.stages if other is not stage)
    return (
        stage.gives_image
        or bool(stage.publishes and runs_published)
        or any(
            stage.name in other.containers
            or stage.name in other.images
            or any(v.stage == stage.name and v.key in ("imageLocalName", "container") for v in other.reads)
            for other in pipeline.stages
        )
    )


def _takes(
    stage: StageProgram, pipeline: PipelineProgram, before: frozenset[str], profile: Profile, mails: bool
) -> frozenset[str]:
    sources = {value.stage for value in stage.reads}
    if stage.mail and mails:
        sources |= {value.stage for value in stage.mail.reads}
    if profile.images == "artifact":
        sources |= set(stage.images)
    sources |= {other.name for other in pipeline.stages if other.copies}
    return frozenset(sources & before)


def _packed(pipeline: PipelineProgram) -> frozenset[str]:
    """The stages whose copied files GitLab's artifacts cannot carry: the whole tree, a path that GitLab would take for
    a pattern, or one that another stage's copies touch too: nobody says in which order artifacts are unpacked."""
    owners = [(stage.name, path) for stage in pipeline.stages for path in stage.copies]
    packed = {name for name, path in owners if not _PLAIN.fullmatch(path)}
    for i, (name, path) in enumerate(owners):
        for other, touched in owners[:i]:
            if name != other and (f"{path}/".startswith(f"{touched}/") or f"{touched}/".startswith(f"{path}/")):
                packed |= {name, other}
    if any(path == "." for _, path in owners):
        packed = {name for name, _ in owners}
    return frozenset(packed)


def sinks(graph: Graph) -> tuple[str, ...]:
    """The stages that nothing follows: when all of them have succeeded, so has the pipeline."""
    followed = {a for a, _ in graph.edges}
    return tuple(node for node in graph.nodes if node not in followed)
