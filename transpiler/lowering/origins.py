"""Where an image comes from, as far as it is known before the pipeline runs: which registry a step pulls it from.

A value of another stage is followed through exports: `${api.image}` may be what `api` has published.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeAlias

from transpiler import image_names, ir
from transpiler.expressions import Ref, Source, Text
from transpiler.graph import order


class Place(Enum):
    """Where an image is that names no registry's host: on the daemon that built it, where this pipeline publishes, or
    only the run knows."""

    DAEMON = auto()
    PUBLISHED = auto()
    UNKNOWN = auto()


Origin: TypeAlias = Place | str
"""Or the host of a registry."""

Key: TypeAlias = tuple[str, str]
"""A stage's name and a key that it binds."""

_BUILT = {"imageID": Place.DAEMON, "imageLocalName": Place.DAEMON}
_PUBLISHED = {"imageFullName": Place.PUBLISHED, "publishedImage": Place.PUBLISHED}


def origins(pipeline: ir.Pipeline) -> Mapping[Key, Origin]:
    """The origin of the image that a value names, for each value that may name one."""
    found: dict[Key, Origin] = {}
    by_name = {stage.name: stage for stage in pipeline.stages}
    for name in order(pipeline.graph):
        for step in by_name[name].steps:
            match step:
                case ir.Build():
                    found |= {(name, key): place for key, place in _BUILT.items()}
                case ir.Publish():
                    found |= {(name, key): place for key, place in _PUBLISHED.items()}
                case ir.Export():
                    found[name, step.name] = origin(step.value, found)
                case _:
                    pass
    return found


def origin(image: Text, known: Mapping[Key, Origin]) -> Origin:
    """Where the image of that name comes from; `known` has the origins of the values that it may read."""
    first = image.parts[0] if image.parts else ""
    if isinstance(first, Ref):
        followed = first.source is Source.STAGE and not first.default
        return known.get((first.stage, first.key), Place.UNKNOWN) if followed else Place.UNKNOWN
    if "/" in first or image.literal is not None:
        return image_names.host(first)
    return Place.UNKNOWN
