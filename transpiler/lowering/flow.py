"""Finds which values, images and containers each stage of a pipeline needs from earlier stages.

Values are followed through exports: a stage that reads an export made of `${.imageID}` needs that image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from transpiler import ir
from transpiler.expressions import Loop, Readable, Ref, Source, Text, refs
from transpiler.graph import order
from transpiler.lowering import slugs as names
from transpiler.program import ValueFile
from transpiler.records import dataclass
from transpiler.steps import bound as binds
from transpiler.steps import values

APPROVED_BY = "approvedBy"
"""What a stage with `approve` binds: who has said yes, where the engine tells."""

Key = tuple[str, str]
"""A stage's name and a key that it binds."""

OWN_FILES = (
    "iid",
    "published",
    "docker",
    "charts",
    "env",
    "blubber.yaml",
    "Dockerfile",
    "Dockerfile.dockerignore",
    "blubber.yaml.dockerignore",
    "dockerignore",
    "helm.json",
    "auth.json",
    "mail.to",
    "mail.subject",
    "mail.body",
    "ended",
    "failed",
    "log",
    "program",
    "process",
    "running",
    "done",
    "collect",
    "collect.ended",
    "trigger",
    "trigger.ended",
    "files.tar",
    "image.tar",
    "image.tar.gz",
)
"""Other files that programs, or the jobs around them, keep in `$values`. The file of a value must not have one of
these names."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The result of `analyse`. Stages are identified by their names.

    `slugs` and `bound` are each stage's slug and the keys that it binds. `files` are the values' files in `$values`.
    `outside` are the values that a later stage or its mail reads, `mailed` those that the stage's own mail reads.
    `own` are the keys of its own that a stage reads in its steps. `ends_in_newline` are values that may end in a
    newline. `image_of`, `container_of` and `local_names` are the stages whose image, container or `imageLocalName` a
    value contains. `images` and `containers` are the other stages whose image or container a stage needs;
    `images_given` are all stages whose image another one needs. `step_outputs` are the values that a step binds, as
    opposed to exports, which may have the same names.
    """

    slugs: Mapping[str, str]
    bound: Mapping[str, tuple[str, ...]]
    files: Mapping[Key, ValueFile]
    outside: frozenset[Key]
    mailed: frozenset[Key]
    own: Mapping[str, frozenset[str]]
    ends_in_newline: frozenset[Key]
    image_of: Mapping[Key, frozenset[str]]
    container_of: Mapping[Key, frozenset[str]]
    local_names: Mapping[Key, frozenset[str]]
    images: Mapping[str, tuple[str, ...]]
    containers: Mapping[str, tuple[str, ...]]
    images_given: frozenset[str]
    step_outputs: frozenset[Key]

    def given(self, stage: str) -> frozenset[ValueFile]:
        """The files of those values of a stage that another stage or a mail reads."""
        keys = ((stage, key) for key in self.bound[stage])
        return frozenset(self.files[key] for key in keys if key in self.outside or key in self.mailed)


def analyse(pipeline: ir.Pipeline) -> Flow:
    """Follows every value of a pipeline from the stage that binds it to those that read it."""
    slugs = names.slugs((s.name for s in pipeline.stages), taken=("setup", "teardown"))
    bound = {s.name: tuple(_binds(s)) for s in pipeline.stages}
    files = {
        (stage, key): ValueFile(stage, key, file)
        for stage, keys in bound.items()
        for key, file in names.files(slugs[stage], keys, OWN_FILES).items()
    }
    followed = _Followed()
    by_name = {s.name: s for s in pipeline.stages}
    for name in order(pipeline.graph):
        followed.stage(by_name[name])
    image_of, container_of = followed.images, followed.containers
    place = {s.name: i for i, s in enumerate(pipeline.stages)}
    images = {s.name: _needs(place, s, image_of, _needs_image) for s in pipeline.stages}
    containers = {s.name: _needs(place, s, container_of, _needs_container) for s in pipeline.stages}
    read = {s.name: [r for r in _step_refs(s) if r.source is Source.STAGE] for s in pipeline.stages}
    mails = {s.name: [r for r in mail_refs(s) if r.source is Source.STAGE] for s in pipeline.stages}
    outside = {(ref.stage, ref.key) for name in read for ref in (*read[name], *mails[name]) if ref.stage != name}
    own = {name: frozenset(ref.key for ref in found if ref.stage == name) for name, found in read.items()}
    outside |= {(other, "imageID") for needed in images.values() for other in needed}
    mailed = {(ref.stage, ref.key) for name, found in mails.items() for ref in found if ref.stage == name}
    return Flow(
        slugs,
        bound,
        files,
        frozenset(outside & files.keys()),
        frozenset(mailed & files.keys()),
        own,
        frozenset(followed.newlines),
        image_of,
        container_of,
        followed.local_names,
        images,
        containers,
        frozenset(name for needed in images.values() for name in needed),
        frozenset((s.name, key) for s in pipeline.stages for step in s.steps for key in binds(step)),
    )


def mail_refs(stage: ir.Stage) -> list[Ref]:
    """The references in the stage's mail."""
    return refs(stage.mail.to, stage.mail.subject, stage.mail.body) if stage.mail else []


def _step_refs(stage: ir.Stage) -> list[Ref]:
    return refs(*(value for step in stage.steps for value in values(step)))


def _binds(stage: ir.Stage) -> Iterator[str]:
    if stage.approval:
        yield APPROVED_BY
    for step in stage.steps:
        if isinstance(step, ir.Export):
            yield step.name
        elif isinstance(step, ir.Run) and not step.tail:
            yield "container"  # `output` would be empty, which is the same as not bound
        else:
            yield from binds(step)


@dataclass(slots=True)
class _Followed:
    """The stages whose image or container a value contains, and the values that may end in a newline. `stage` must be
    called in the order of the graph."""

    images: dict[Key, frozenset[str]] = field(default_factory=dict)
    local_names: dict[Key, frozenset[str]] = field(default_factory=dict)
    containers: dict[Key, frozenset[str]] = field(default_factory=dict)
    newlines: set[Key] = field(default_factory=set)

    def stage(self, stage: ir.Stage) -> None:
        name, own = stage.name, frozenset({stage.name})
        for step in stage.steps:
            match step:
                case ir.Build():
                    self.images[name, "imageID"] = self.images[name, "imageLocalName"] = own
                    self.local_names[name, "imageLocalName"] = own
                case ir.Run():
                    self.containers[name, "container"] = own
                    self.newlines.add((name, "output"))
                case ir.Copy():
                    self.newlines.add((name, "artifactURLs"))
                case ir.Export():
                    self._export((name, step.name), step.value)
                case _:
                    pass

    def _export(self, key: Key, value: Text) -> None:
        for of in (self.images, self.local_names, self.containers):
            of[key] = _carried((value,), of)
        if _may_end_in_newline(value, self.newlines):
            self.newlines.add(key)


def _carried(found: Iterable[Readable | None], of: Mapping[Key, frozenset[str]]) -> frozenset[str]:
    return frozenset(owner for ref in refs(*found) for owner in of.get((ref.stage, ref.key), ()))


def _may_end_in_newline(text: Text, newlines: set[Key]) -> bool:
    """Whether the text may end in a newline, which `$(…)` would drop."""
    for part in reversed(text.parts):
        if isinstance(part, str):
            return part.endswith("\n")
        if part.default.endswith("\n") or _ref_may_end(part, newlines):
            return True
        # the value may be empty: then the part before it is the last
    return False


def _ref_may_end(ref: Ref, newlines: set[Key]) -> bool:
    if ref.source is Source.SETUP:
        return "." in ref.key or ref.key.isupper()  # parameters, and the values that the checkout returns
    return (ref.stage, ref.key) in newlines


def _needs(
    place: Mapping[str, int],
    stage: ir.Stage,
    of: Mapping[Key, frozenset[str]],
    places: Callable[[ir.Step], tuple[Readable | None, ...]],
) -> tuple[str, ...]:
    needed = {owner for step in stage.steps for owner in _carried(places(step), of)} - {stage.name}
    return tuple(sorted(needed & place.keys(), key=place.__getitem__))


def _needs_image(step: ir.Step) -> tuple[Readable | None, ...]:
    match step:
        case ir.Build():
            return values(step)
        case ir.Run():
            return (step.image, *(service.image for service in step.services))
        case ir.Publish():
            return (step.id,)
        case _:
            return ()


def _needs_container(step: ir.Step) -> tuple[Readable | None, ...]:
    """The `from` of each item to copy, and the sources of the loops around it, whose tokens it may contain."""
    found: list[Readable] = []
    for item in step.items.items if isinstance(step, ir.Copy) else ():
        found += [item.source, item.item.origin] if isinstance(item, Loop) else [item.origin]
    return tuple(found)
