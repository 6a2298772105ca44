"""Where an image comes from, as far as it is known before the pipeline runs: which registry a step pulls it from.

A value of another stage is followed through exports: `${api.image}` may be what `api` has published. Where the whole
name of that is known, the front end has put the name itself there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import TypeAlias

from transpiler import image_names, ir
from transpiler.expressions import Ref, Source, Text
from transpiler.graph import order
from transpiler.records import dataclass


class Place(Enum):
    """Where an image is that names no registry's host: on the daemon that built it, where this pipeline publishes, or
    only the run knows."""

    DAEMON = auto()
    PUBLISHED = auto()
    UNKNOWN = auto()


Origin: TypeAlias = Place | str
"""Or the host of a registry."""

_BUILT = {"imageID": Place.DAEMON, "imageLocalName": Place.DAEMON}
_PUBLISHED = {"imageFullName": Place.PUBLISHED, "publishedImage": Place.PUBLISHED}


@dataclass(frozen=True, slots=True)
class Origins:
    """What is known of the images that a pipeline names: the origin of each value (a stage's name and a key) that may
    name one, and the names, without tags, of those that it publishes."""

    values: Mapping[tuple[str, str], Origin]
    published: frozenset[str]

    def of(self, image: Text) -> Origin:
        """Where the image of that name comes from."""
        first = image.parts[0] if image.parts else ""
        if isinstance(first, Ref):
            followed = first.source is Source.STAGE and not first.default
            return self.values.get((first.stage, first.key), Place.UNKNOWN) if followed else Place.UNKNOWN
        if image_names.untagged(first) in self.published:
            return Place.PUBLISHED
        return image_names.host(first) if "/" in first or image.literal is not None else Place.UNKNOWN


def origins(pipeline: ir.Pipeline, registry: str) -> Origins:
    """What is known of a pipeline's images; `registry` is how names of published ones begin."""
    values: dict[tuple[str, str], Origin] = {}
    found = Origins(values, frozenset(f"{registry}/{name}" for name in _published(pipeline)))
    by_name = {stage.name: stage for stage in pipeline.stages}
    for name in order(pipeline.graph):
        for step in by_name[name].steps:
            match step:
                case ir.Build():
                    values |= {(name, key): place for key, place in _BUILT.items()}
                case ir.Publish():
                    values |= {(name, key): place for key, place in _PUBLISHED.items()}
                case ir.Export():
                    values[name, step.name] = found.of(step.value)
                case _:
                    pass
    return found


def _published(pipeline: ir.Pipeline) -> Iterator[str]:
    for stage in pipeline.stages:
        for step in stage.steps:
            if isinstance(step, ir.Publish) and step.name.literal is not None:
                yield image_names.clean(step.name.literal)
