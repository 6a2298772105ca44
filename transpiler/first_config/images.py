"""Finds the variants or targets of a Blubber file or Dockerfile, and guesses what each is for.

It guesses from names and entry points, because it builds nothing. This module must not know what a config looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics
from transpiler.fast_path.dockerfile import instructions, target, without_flags
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Mapping, Node, Scalar, Sequence

_TESTS = re.compile(
    r"(?:^|[-_.\d])(?:tests?|unit|lint|check|checks|spec|qa|e2e|integration|verify|phpunit|pytest|tox|jest|mocha)"
    r"(?=$|[-_.\d])",
    re.IGNORECASE,
)
_SHIPS = re.compile(r"(?:^|[-_.])(?:production|prod|release)(?=$|[-_.])", re.IGNORECASE)
_DEVELOPS = re.compile(
    r"(?:^|[-_.])(?:dev|devel|develop|development|local|debug|build|builder|base|prep)(?=$|[-_.])", re.IGNORECASE
)


class Role(StrEnum):
    """What an image is for: `CHECK` has tests that run while it is built, `PART` is only a part of other images."""

    TEST = "test"
    CHECK = "check"
    SHIP = "ship"
    PART = "part"


class Image(NamedTuple):
    """The image of one variant or target. `runs`: it has an entry point or a command; `used`: other images are built on
    it."""

    variant: str
    runs: bool
    used: bool = False


class Recipe(NamedTuple):
    """A Blubber file or a Dockerfile: its images in file order, and the files of the build context that it names."""

    images: tuple[Image, ...]
    needs: tuple[str, ...]


def roles(recipe: Recipe) -> dict[str, Role]:
    """What each image is probably for, by its variant.

    An image is shipped if its name says so. If no name does, each image is shipped that runs, is no part of another
    image, and is neither for tests nor for development; if there is none, the last image is shipped.
    """
    images = [image for image in recipe.images if not _TESTS.search(image.variant)]
    ships = [image for image in images if _SHIPS.search(image.variant)] or [
        image for image in images if image.runs and not image.used and not _DEVELOPS.search(image.variant)
    ]
    last = recipe.images[-1:]
    ships = ships or [image for image in last if image in images and not _DEVELOPS.search(image.variant)]
    return {image.variant: _role(image, tuple(ships)) for image in recipe.images}


def _role(image: Image, ships: tuple[Image, ...]) -> Role:
    if image in ships:
        return Role.SHIP
    if _TESTS.search(image.variant):
        return Role.TEST if image.runs else Role.CHECK
    return Role.PART


# ---- Blubber ----


def blubber(data: bytes, name: str) -> Recipe | None:
    """The recipe in a Blubber file; None if the data are not a Blubber file, or not YAML."""
    document = read(data, name, Diagnostics())
    root = document.root if document else None
    variants = root.get("variants") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(variants, Mapping) or not variants.entries:
        return None
    own = {key.text: node for key, node in variants if isinstance(node, Mapping)}
    used = {other for node in own.values() for other in (*_includes(node), *_copied(node))}
    everywhere = root.get("entrypoint") is not None
    images = (Image(v, everywhere or _has_entrypoint(v, own, frozenset()), v in used) for v in own)
    return Recipe(tuple(images), tuple(dict.fromkeys(_needed((root, *own.values())))))


def _includes(variant: Mapping) -> tuple[str, ...]:
    return _texts(variant.get("includes"))


def _copied(variant: Mapping) -> tuple[str, ...]:
    """The variants that a variant copies files from."""
    copies = variant.get("copies")
    items = copies.items if isinstance(copies, Sequence) else (copies,) if copies else ()
    sources = (item.get("from") if isinstance(item, Mapping) else item for item in items)
    return tuple(source.text for source in sources if isinstance(source, Scalar) and source.text != "local")


def _has_entrypoint(name: str, variants: dict[str, Mapping], above: frozenset[str]) -> bool:
    variant = variants.get(name)
    if variant is None or name in above:
        return False
    included = (_has_entrypoint(other, variants, above | {name}) for other in _includes(variant))
    return variant.get("entrypoint") is not None or any(included)


def _needed(places: tuple[Mapping, ...]) -> Iterator[str]:
    """The files that Blubber's language sections and local copies take from the build context."""
    for place in places:
        for language in ("node", "python", "php"):
            section = place.get(language)
            if isinstance(section, Mapping):
                yield from _texts(section.get("requirements"))
        copies = place.get("copies")
        for item in copies.items if isinstance(copies, Sequence) else ():
            if isinstance(item, Mapping) and isinstance(origin := item.get("from"), Scalar) and origin.text == "local":
                yield from _texts(item.get("source"))


def _texts(node: Node | None) -> tuple[str, ...]:
    items = node.items if isinstance(node, Sequence) else (node,) if node else ()
    return tuple(item.text for item in items if isinstance(item, Scalar))


# ---- Dockerfiles ----


class _Part(NamedTuple):
    """One `FROM` and what follows it. `base` is the image after FROM; `sources` are the names of the parts that it
    copies files from."""

    name: str
    base: str
    runs: bool
    sources: tuple[str, ...]


def dockerfile(data: bytes) -> Recipe | None:
    """The recipe in a Dockerfile; None if it has no `FROM`. Its last stage can be built without a name."""
    parts, needs = _parts(instructions(data))
    used = {word for part in parts for word in (part.base, *part.sources)}
    # `COPY --from` accepts the number of a part, from 0, as its name.
    images = [
        Image(part.name, _runs(part, parts), part.name in used or str(i) in used)
        for i, part in enumerate(parts)
        if part.name or i == len(parts) - 1
    ]
    return Recipe(tuple(images), needs) if images else None


def _parts(steps: Iterable[tuple[str, str]]) -> tuple[list[_Part], tuple[str, ...]]:
    parts: list[_Part] = []
    needs: list[str] = []
    for instruction, value in steps:
        flags, rest = without_flags(value)
        plain = rest.split()
        if instruction == "FROM" and plain:
            parts.append(_Part(target(value), plain[0].lower(), runs=False, sources=()))
        elif parts and instruction in ("ENTRYPOINT", "CMD"):
            parts[-1] = parts[-1]._replace(runs=value not in ("[]", ""))
        elif parts and instruction in ("COPY", "ADD"):
            source = next((flag.removeprefix("--from=") for flag in flags if flag.startswith("--from=")), "")
            if source:
                parts[-1] = parts[-1]._replace(sources=(*parts[-1].sources, source.lower()))
            elif not rest.startswith("["):
                needs += plain[:-1]
    return parts, tuple(dict.fromkeys(need for need in needs if not re.search(r"[$*?<:]", need)))


def _runs(part: _Part, parts: list[_Part]) -> bool:
    """Whether a part has a command, its own or that of a part that it is built on. The command of a base image is
    unknown."""
    base = next((p for p in parts if p is not part and p.name and p.name == part.base), None)
    return part.runs or (base is not None and parts.index(base) < parts.index(part) and _runs(base, parts))
