"""`copy` → `docker cp` (LANGUAGE 1.5): out of a container into the working tree, and what is kept as an artifact."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import quote

from transpiler import ir
from transpiler.expressions import Loop, Map, Source, Text, Value, refs
from transpiler.lowering import lists, words
from transpiler.lowering.program_scope import Draft, Scope, assign
from transpiler.lowering.shell import Lines, command, indent
from transpiler.lowering.words import Part, Variable
from transpiler.program import Archive
from transpiler.quoting import sh
from transpiler.records import dataclass

_FUNCTION = "copy_out"
_NO_LINK = "no_link"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to copy: texts as in `ir.Copy`, and whether it is kept."""

    origin: Text
    source: Text
    destination: Text
    archived: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a known destination lies: `path` normalised, relative to the working directory, "." for that itself.
    `lands` is the path that appears there. `contents`: the source ends in `/`, so it is a directory's contents."""

    path: str
    lands: str
    contents: bool


def item_of(value: Value) -> Item:
    """The item that a Map stands for."""
    match value:
        case Map():
            found = {key: value.get(key) for key in ("from", "source", "destination", "archive")}
            origin, source, destination, archive = found.values()
            if isinstance(origin, Text) and isinstance(source, Text) and isinstance(destination, Text):
                return Item(origin, source, destination, isinstance(archive, Text) and archive.literal == "true")
    raise TypeError("an item of `copy` has `from`, `source`, `destination`; the front end fills them in")


def normalised(path: str) -> str:
    """A destination within the tree: `..` is resolved first, what still leaves the tree is cut."""
    return posixpath.normpath("/" + path).lstrip("/") or "."


def place(source: str, destination: str) -> Place:
    """Where a known source and destination lead."""
    path = normalised(destination)
    contents = source.endswith("/")
    lands = path if contents or path != "." else posixpath.basename(normalised(source))
    return Place(path, lands or ".", contents)


def copy(step: ir.Copy, draft: Draft) -> Lines:
    """The lines that copy, and bind what is read."""
    urls = draft.is_read("artifactURLs")
    if not urls:
        return lists.each(step.items, Scope(draft), lambda value, scope: _item(item_of(value), scope))
    if len(step.items.items) == 1 and not lists.is_dynamic(step.items):
        lines = lists.each(step.items, Scope(draft), _item_and_only_url)
    else:
        lines = ("artifactURLs=", *lists.each(step.items, Scope(draft), _item_and_url))
        lines += ("artifactURLs=${artifactURLs%?}",)
    return lines + draft.bind("artifactURLs", Variable("artifactURLs"))


def _item_and_only_url(value: Value, scope: Scope) -> Lines:
    item = item_of(value)
    before, url = _url(item, scope)
    return (*_item(item, scope), *before, assign("artifactURLs", url))


def _item_and_url(value: Value, scope: Scope) -> Lines:
    """A line per item, empty for what is not kept."""
    item = item_of(value)
    before, url = _url(item, scope)
    return (*_item(item, scope), *before, assign("artifactURLs", (Variable("artifactURLs"), *url, "\n")))


def _url(item: Item, scope: Scope) -> tuple[Lines, tuple[Part, ...]]:
    """The lines that find out where an artifact will be, and the URL; no URL if the item is not kept."""
    if not item.archived:
        return (), ()
    source, where = _known_place(item, scope)
    path = _at_root(kept_name(where, source or ""), scope.draft)
    base: tuple[Part, ...] = (Variable("artifacts"), "/" + quote(path))
    if where.contents:
        return (), (Variable("artifacts"), f"/{quote(path)}.tar.gz")
    name = local(kept_name(where, source or ""))
    return (
        assign("archived", base),
        f"[ ! -d {name} ] || archived=$archived.tar.gz",
    ), (Variable("archived"),)


def _known_place(item: Item, scope: Scope) -> tuple[str | None, Place]:
    """The source if it is known, and where the destination lies, which must be known."""
    source, destination = known_outside(item.source, scope), known_outside(item.destination, scope)
    if destination is None:
        raise ValueError("what is archived is known at compile time; the front end refuses it otherwise")
    return source, place(source or "x", destination)


def known_outside(text: Text, scope: Scope) -> str | None:
    """The text if it is known at compile time; a loop's tokens are not."""
    if any(ref.source is Source.LOOP for ref in refs(text)):
        return None
    return scope.known(text)


def _at_root(path: str, draft: Draft) -> str:
    """A path in the stage's directory, relative to the checkout's root."""
    return posixpath.normpath(posixpath.join(draft.stage.directory, path))


def _item(item: Item, scope: Scope) -> Lines:
    source, destination = known_outside(item.source, scope), known_outside(item.destination, scope)
    if source is None or destination is None:
        pack = _pack(_known_place(item, scope)[1], item, scope) if item.archived else ()
        return (*_call(item, scope), *pack)
    where = place(source, destination)
    engine = scope.draft.site.engine
    target = local(where.path)
    # podman copies contents only into a directory that exists
    parent = where.path if where.contents else posixpath.dirname(where.path)
    made = (f"mkdir -p {local(parent)}",) if parent not in ("", ".") else ()
    unlinked = _no_link(_steps_of(where.path), scope)
    inside = "/" + source.lstrip("/") + ("." if where.contents else "")
    origin = words.word((*scope.parts(item.origin), ":" + inside))
    copied = command(f"{engine} cp", origin, target)
    return (*unlinked, *made, *copied, *(_pack(where, item, scope) if item.archived else ()))


def _steps_of(path: str) -> tuple[str, ...]:
    """The path, and each directory on the way to it."""
    parts = path.split("/") if path != "." else []
    return tuple("/".join(parts[: i + 1]) for i in range(len(parts)))


def _no_link(paths: tuple[str, ...], scope: Scope) -> Lines:
    """Lines that end the program where one of these paths is a link: `docker cp`, tar and what keeps artifacts follow
    it, whoever made it, also out of the checkout."""
    if not paths:
        return ()
    scope.draft.functions[_NO_LINK] = (
        f"{_NO_LINK}() {{ # PATHS, for a link may lead out of the checkout",
        *indent((
            'for path in "$@"; do',
            *indent(('[ ! -L "$path" ] || { echo "$path is a link: nothing is copied through it" >&2; exit 1; }',)),
            "done",
        )),
        "}",
    )  # fmt: skip
    return command(_NO_LINK, *map(local, paths))


def local(path: str) -> str:
    """A known path as a shell word that neither an option nor `CONTAINER:PATH` can be mistaken for."""
    return sh(f"./{path}") if path.startswith("-") or ":" in path else sh(path)


def _call(item: Item, scope: Scope) -> Lines:
    _no_link(("x",), scope)
    scope.draft.functions[_FUNCTION] = (
        f"{_FUNCTION}() {{ # CONTAINER SOURCE DESTINATION, which stays in the tree whatever `..` it holds",
        *indent((
            "path=. rest=$3/",
            'while [ -n "$rest" ]; do',
            *indent((
                "part=${rest%%/*} rest=${rest#*/}",
                "case $part in",
                *indent(("'' | .) ;;", '..) [ "$path" = . ] || path=${path%/*} ;;', "*) path=$path/$part ;;")),
                "esac",
                f'{_NO_LINK} "$path"',
            )),
            "done",
            "case $2 in",
            *indent((
                f'*/) mkdir -p "$path" && {scope.draft.site.engine} cp "$1:/$2." "$path" ;;',
                f'*) mkdir -p "${{path%/*}}" && {scope.draft.site.engine} cp "$1:/$2" "$path" ;;',
            )),
            "esac",
        )),
        "}",
    )  # fmt: skip
    return command(_FUNCTION, scope.word(item.origin), scope.word(item.source), scope.word(item.destination))


def _pack(where: Place, item: Item, scope: Scope) -> Lines:
    """Packs a directory as `<destination>.tar.gz`; a file is kept as it is."""
    name = kept_name(where, known_outside(item.source, scope) or "")
    if where.path == "." and where.contents:
        source = words.word((*scope.parts(item.origin), ":/" + (scope.known(item.source) or "").lstrip("/") + "."))
        return (
            *_no_link((f"{name}.tar.gz",), scope),
            f"{scope.draft.site.engine} cp {source} - | gzip > {local(name + '.tar.gz')}",
        )
    kept = _no_link((*(() if where.contents else (name,)), f"{name}.tar.gz"), scope)
    packed = f"tar -czf {local(name + '.tar.gz')} {local(name)}"
    return (*kept, packed if where.contents else f"[ ! -d {local(name)} ] || {packed}")


def kept_name(where: Place, source: str) -> str:
    """The path of an artifact, without `.tar.gz`: contents that land in the working directory are called like
    their source."""
    return posixpath.basename(normalised(source)).strip(".") or "files" if where.lands == "." else where.lands


def archives(step: ir.Copy, draft: Draft) -> tuple[Archive, ...]:
    """What the engine keeps, relative to the checkout's root."""
    found: dict[Archive, None] = {}
    for item in _all_items(step):
        if item.archived:
            source, where = _known_place(item, Scope(draft))
            path = _at_root(kept_name(where, source or ""), draft)
            found[Archive(path, True if source is not None and where.contents else None)] = None
    return tuple(found)


def copied(step: ir.Copy, draft: Draft) -> tuple[str, ...]:
    """The paths that appear in the checkout, relative to its root; "." where that is not known."""
    found: dict[str, None] = {}
    scope = Scope(draft)
    for item in _all_items(step):
        source, destination = known_outside(item.source, scope), known_outside(item.destination, scope)
        known = destination is not None and (source is not None or normalised(destination) != ".")
        found[_at_root(place(source or "x", destination or "").lands if known else ".", draft)] = None
    return (".",) if "." in found else tuple(found)


def _all_items(step: ir.Copy) -> Iterator[Item]:
    for entry in step.items.items:
        yield item_of(entry.item if isinstance(entry, Loop) else entry)
