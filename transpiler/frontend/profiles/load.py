"""Finds a profile by name or path, reads it with everything that it extends, and checks it.

A profile is read as a chain of files, each merged over the next. Files are read each time, but the same bytes are
decoded once for all repositories of a run. This module knows where profiles are; `data` and the schema know what their
keys mean.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from functools import cache, lru_cache, reduce
from pathlib import Path
from typing import Any

from transpiler import files, resources
from transpiler.diagnostics import Diagnostic, Diagnostics, Span
from transpiler.fast_path.digests import copy_of
from transpiler.frontend.profiles import data as profile_data
from transpiler.frontend.profiles import required, shared
from transpiler.frontend.profiles.check import check_data, check_profile
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.shape.schema import check
from transpiler.frontend.suggestions import nearest
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document, Kind, Node, Scalar, Sequence
from transpiler.nodes import Mapping as MappingNode
from transpiler.profile import Profile, place
from transpiler.records import dataclass, replace
from transpiler.yaml_loader import load as load_yaml

BASE = "default"
_PODMAN = "podman"
"""The program, and the built-in profile that is below every profile which says `container: {command: podman}`."""

_OF_CHAIN = ("extends", "required")
"""The keys of a profile that are about itself and what extends it; they are not merged."""

# How many profiles are cached: sites have few, but repositories may have any number of their own.
_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Link:
    """One file of a chain: its name as the header shows it, and its content; `path` is None if it is built in. A shared
    profile has a `source`; its name, content and path are those of the copy."""

    name: str
    content: bytes
    path: Path | None = field(compare=False)
    document: Document = field(compare=False)
    source: shared.Source | None = None

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.source.name if self.source else self.name


@cache
def built_in() -> tuple[str, ...]:
    """The names of the profiles that ship with transpipe."""
    return tuple(sorted(path.stem for path in resources.directory("profiles").glob("*.yaml")))


def load(name_or_path: str, root: Path | None, diagnostics: Diagnostics) -> Profile | None:
    """The built-in profile of that name, or the profile in that file; None if an error was reported.

    `root` is the repository's root: the names of files in it are shown relative to it. Raises OSError if a file is
    there but cannot be read.
    """
    found = Diagnostics()
    chain = _chain(name_or_path, root, found)
    profile = None
    if not found.failed:
        profile, wrong = _profile(chain)
        found.extend(wrong)
    diagnostics.extend(found)
    return None if found.failed else profile


def merged(profile: Profile) -> Mapping[str, Any]:
    """The plain data of a profile that was loaded, after merging."""
    return reduce(profile_data.merge, (_own_keys(document) for document in reversed(profile.documents)))


def _own_keys(document: Document) -> dict[str, Any]:
    """The plain data of one file, without what is about itself and what extends it."""
    return {key: value for key, value in (_plain(document.root) or {}).items() if key not in _OF_CHAIN}


def decode(data: Mapping[str, Any]) -> Profile:
    """The profile from plain merged data; what they leave out is taken from the built-in default.

    Raises KeyError, TypeError or ValueError on data that the schema would reject.
    """
    return profile_data.from_data(data, _default())


@cache
def _default() -> Mapping[str, Any]:
    data: Mapping[str, Any] = load_yaml(resources.read_text("profiles", f"{BASE}.yaml"))
    return data


def _chain(name: str, root: Path | None, diagnostics: Diagnostics) -> tuple[_Link, ...]:
    """The profile and all that it extends, itself first; the built-in default is last, after what differs from it
    for podman."""
    links: list[_Link] = []
    link = _open(name, Path(), root, None, diagnostics)
    while link:
        if link.path is None and link.name == BASE and _wants_podman(links):
            links.append(_built_in(_PODMAN))
        links.append(link)
        if diagnostics.failed or (link.path is None and link.name == BASE):
            break
        link = _below(link, links, root, diagnostics)
    return tuple(links)


def _wants_podman(links: list[_Link]) -> bool:
    """Whether the profile uses podman, and does not have its built-in profile yet."""
    roots = [link.document.root for link in links if isinstance(link.document.root, MappingNode)]
    containers = [found for root in roots if isinstance(found := root.get("container"), MappingNode)]
    commands = [found.text for each in containers if isinstance(found := each.get("command"), Scalar)]
    return commands[:1] == [_PODMAN] and not any(link.path is None and link.name == _PODMAN for link in links)


def _below(link: _Link, links: list[_Link], root: Path | None, diagnostics: Diagnostics) -> _Link | None:
    """What a link of the chain extends; None if an error was reported."""
    extends = link.document.root.get("extends") if isinstance(link.document.root, MappingNode) else None
    if isinstance(extends, MappingNode):
        source = shared.named(extends)
        loop = _looping(links, source)
        return None if _reported(loop, extends.span, diagnostics) else _shared(link, source, extends, root, diagnostics)
    if not isinstance(extends, Scalar) or not extends.text:
        return _built_in(BASE) if BASE in built_in() else None
    name = extends.text
    if link.source and name not in built_in():
        source = link.source.beside(name)
        loop = _looping(links, source)
        return None if _reported(loop, extends.span, diagnostics) else _shared(link, source, extends, root, diagnostics)
    folder = link.path.parent if link.path else Path()
    if _reported(_loop(links, name, folder), extends.span, diagnostics):
        return None
    return _open(name, folder, root, extends.span, diagnostics, link.document)


def _reported(loop: str, span: Span, diagnostics: Diagnostics) -> bool:
    if loop:
        diagnostics.error("profile-loop", f"The profile extends itself: {loop}.", span, "Remove this `extends`.")
    return bool(loop)


def _shared(
    link: _Link, source: shared.Source, extends: Node, root: Path | None, diagnostics: Diagnostics
) -> _Link | None:
    """The link for a shared profile, from the copy beside the profile that extends it."""
    assert link.path
    copy = link.path if link.source else Path(copy_of(str(link.path)))
    found, top = os.path.realpath(copy), os.path.realpath(root) if root else None
    name = os.path.relpath(found, top) if top and files.within(found, top) else copy.as_posix()
    content = files.read(copy, MAX_BYTES + 1)
    parsed = shared.parse(content) if content is not None else None
    section = parsed.sections.get(source) if parsed and not parsed.edited else None
    if content is None or section is None:
        from transpiler.frontend.profiles import shared_mistakes as mistakes  # noqa: PLC0415 - it starts git's module

        if not isinstance(extends, MappingNode) or mistakes.check_source(extends, diagnostics):
            mistakes.explain(parsed, name, source, extends.span, diagnostics)
        return None
    document, wrong = _read(name, section.padded, checked=True)
    diagnostics.extend(wrong)
    return _Link(name, content, copy, document, source) if document else None


def _open(
    name: str,
    folder: Path,
    root: Path | None,
    span: Span | None,
    diagnostics: Diagnostics,
    by: Document | None = None,
) -> _Link | None:
    """The file of a name; `by` is the profile that extends it, and `span` where it says so."""
    if name in built_in():
        return _built_in(name)
    path = folder / name
    found, top = os.path.realpath(path), os.path.realpath(root) if root else None
    if root and top and not files.within(found, top) and _owned(folder if span else path.parent, root, top):
        hint = "Copy its target into the repository, or use a built-in profile."
        message = f"The profile `{name}` is a link that leads out of the repository."
        diagnostics.error("path-outside", message, span, hint)
        return None
    # A file in the repository is shown by its relative path, so that no absolute path of one reaches an output.
    shown = os.path.relpath(found, top) if top and files.within(found, top) else path.as_posix()
    content = files.read(path, MAX_BYTES + 1)
    if content is None:
        near = nearest(name, built_in())
        fix = fixes.word(by, span, name, near.name) if by and span and near.sure else None
        hint = near.hint(_ways(shown))
        diagnostics.error("profile-not-found", f"The profile `{name}` does not exist.", span, hint, fix)
        return None
    document, wrong = _read(shown, content, checked=True)
    diagnostics.extend(wrong)
    return _Link(shown, content, path, document) if document else None


@cache
def _built_in(name: str) -> _Link:
    content = (resources.directory("profiles") / f"{name}.yaml").read_bytes()
    document, _ = _read(name, content, checked=False)
    assert document is not None
    return _Link(name, content, None, document)


@lru_cache(_KEPT)
def _read(name: str, content: bytes, *, checked: bool) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """A profile's document and its diagnostics. A test checks the built-in profiles, so runs need not."""
    found = Diagnostics()
    document = read(content, name, found)
    if document and checked:
        check(document, "profile", found)
    return document, tuple(fixes.sure(document, found))


def _owned(named_in: Path, root: Path, top: str) -> bool:
    """Whether the file that names a profile is in the repository, or linked from it. Only a site's own profile may
    extend files anywhere."""
    written = files.within(os.path.abspath(named_in), os.path.abspath(root))
    return written or files.within(os.path.realpath(named_in), top)


def _ways(path: str) -> str:
    names = " and ".join(f"`{n}`" for n in built_in())
    return f"The built-in profiles are {names}; there is no file {path} either."


def _loop(links: list[_Link], name: str, folder: Path) -> str:
    """The names along the loop that extending `name` would close; "" if it closes none."""
    identity = name if name in built_in() else os.path.realpath(folder / name)
    if identity in built_in() and all(link.path for link in links):
        return ""
    seen = [os.path.realpath(link.path) if link.path and not link.source else link.name for link in links]
    if identity not in seen:
        return ""
    return _circle(links, seen.index(identity))


def _looping(links: list[_Link], source: shared.Source) -> str:
    """The same for a shared profile."""
    seen = [link.source for link in links]
    return _circle(links, seen.index(source)) if source in seen else ""


def _circle(links: list[_Link], start: int) -> str:
    return " → ".join([*(link.title for link in links[start:]), links[start].title])


@lru_cache(_KEPT)
def _profile(chain: tuple[_Link, ...]) -> tuple[Profile | None, tuple[Diagnostic, ...]]:
    """The profile that results from the chain, and its diagnostics."""
    found = Diagnostics()
    layers: list[Any] = [_plain(link.document.root) or {} for link in reversed(chain)]
    data = reduce(profile_data.merge, ({k: v for k, v in layer.items() if k not in _OF_CHAIN} for layer in layers))
    documents, top = tuple(link.document for link in chain), Span(chain[0].name, 1, 1, 1, 1)
    titles = tuple(link.title for link in chain)
    check_data(data, lambda path: place(documents, path) or top, found)
    stages = required.check(layers, documents, titles, found) if any("required" in layer for layer in layers) else ()
    if found.failed:
        return None, tuple(found)
    profile = replace(
        decode(data),
        branches_said=any("branches" in layer for layer in layers[1:]),  # the first is the built-in default
        name=chain[0].name,
        required_stages=stages,
        sources=tuple(dict.fromkeys((link.name, link.content) for link in chain)),
        shared=next((link.name for link in chain if link.source), ""),
        titles=titles,
        documents=documents,
        span=top,
    )
    check_profile(profile, found)
    return profile, tuple(found)


def _plain(node: Node) -> Any:
    """Plain data in which every scalar is its source text: the decoder decides what is a number."""
    if isinstance(node, Scalar):
        return None if node.kind is Kind.NULL else node.text
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node}
