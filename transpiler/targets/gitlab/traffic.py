"""Which values, images and copied files the jobs of a pipeline pass on, and which jobs they need for that.

Jobs do not share files, and share images only if the profile says so. Values, and copied files that artifacts cannot
carry as they are, are job artifacts below `.values/`; other copied files are artifacts at their own paths. Images are
artifacts too, or are pushed to the registry. Knows no YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpiler.graph import Graph, ancestors, order
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, StageProgram
from transpiler.records import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9@+=,_./-]+")


@dataclass(frozen=True, slots=True)
class Hand:
    """What a stage passes on and receives.

    `values` are its files in `$values` that other jobs read; `image`: it passes its image on; `keeps`: its image or
    container must still exist after the job; `packs`: its copied files are passed on as a tar file, because artifacts
    would lose their order or names; `copies` are passed on as they are. `takes` are the earlier stages whose artifacts
    it needs, `unpacks` those of them with a tar file, in the order of the graph. `release`: the last job uninstalls its
    release. `mail` are the files that its mail reads.
    """

    values: tuple[str, ...]
    image: bool
    keeps: bool
    release: bool
    packs: bool
    copies: tuple[str, ...]
    takes: frozenset[str]
    unpacks: tuple[str, ...]
    mail: tuple[str, ...]


def trace(
    pipeline: PipelineProgram,
    groups: tuple[tuple[str, ...], ...],
    profile: Profile,
    mailing: frozenset[str],
    reporting: bool,
) -> Mapping[str, Hand]:
    """Returns what each stage passes on to other jobs and receives from them, by its name. `groups` are the stages of
    each job, `mailing` the stages with a mail job; `reporting` says whether the pipeline has a report job."""
    home = {name: i for i, names in enumerate(groups) for name in names}
    before = ancestors(pipeline.graph)
    followed = _followed(pipeline, home)
    readers: dict[str, set[int]] = {}
    images: dict[str, set[int]] = {}
    for stage in pipeline.stages:
        mailed = stage.mail.reads if stage.mail and stage.name in mailing else ()
        for value in (*stage.reads, *mailed):
            readers.setdefault(value.file, set()).add(home[stage.name])
        for image in stage.images:
            images.setdefault(image, set()).add(home[stage.name])
    packed = _packed(pipeline)
    unpacking = [name for name in order(pipeline.graph) if name in packed]
    hands = {}
    for stage in pipeline.stages:
        group = home[stage.name]
        travels = profile.images != "local" and bool(images.get(stage.name, set()) - {group})
        # Who loads an image gives it a name, by its id, even if only an export tells the program the id.
        loaded = "imageID" if travels and profile.images == "artifact" else ""
        values = [v.file for v in stage.binds if v.key == loaded or readers.get(v.file, set()) - {group}]
        if stage.publishes and reporting:
            values.append(stage.publishes)
        released = bool(stage.releases and stage.name in followed)
        if released:
            values.append(stage.releases)
        mail = tuple(sorted({v.file for v in stage.mail.reads})) if stage.mail and stage.name in mailing else ()
        packs = stage.name in packed and stage.name in followed
        hands[stage.name] = Hand(
            values=tuple(dict.fromkeys(values)),
            image=travels,
            keeps=profile.images == "local" and stage.name in followed and _is_kept(stage, pipeline),
            release=released,
            packs=packs,
            copies=stage.copies if stage.name in followed and not packs else (),
            takes=frozenset(
                name for name in _takes(stage, pipeline, before[stage.name], profile, bool(mail)) if home[name] != group
            ),
            unpacks=tuple(name for name in unpacking if name in before[stage.name] and home[name] != group),
            mail=mail,
        )
    return hands


def _followed(pipeline: PipelineProgram, home: Mapping[str, int]) -> set[str]:
    """The stages that a stage of another job follows, directly or through others."""
    after: dict[str, list[str]] = {}
    for a, b in pipeline.graph.edges:
        after.setdefault(a, []).append(b)
    found: set[str] = set()
    for name in reversed(order(pipeline.graph)):
        if any(home[other] != home[name] or other in found for other in after.get(name, ())):
            found.add(name)
    return found


def _is_kept(stage: StageProgram, pipeline: PipelineProgram) -> bool:
    """Whether another stage uses the stage's image or container, which both find on the same daemon."""
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
    """The stages whose copied files cannot be artifacts as they are, because they copy to the whole tree, to a path
    that GitLab would take for a pattern, or to one that another stage copies to: GitLab does not define the order in
    which it unpacks artifacts."""
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
    """The stages that no other stage follows. If all of them have succeeded, the pipeline has."""
    followed = {a for a, _ in graph.edges}
    return tuple(node for node in graph.nodes if node not in followed)
