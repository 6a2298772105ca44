"""`copy` → `docker cp` from a container into the working tree, and the files that are kept as artifacts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import quote

from transpiler import ir
from transpiler.expressions import List, Loop, Source, Text, refs
from transpiler.ir import When
from transpiler.lowering import lists, words
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope, assign
from transpiler.lowering.shell import Lines, command, indent
from transpiler.lowering.words import Part, Variable
from transpiler.program import Archive, Report
from transpiler.quoting import sh
from transpiler.records import dataclass, replace

_FUNCTION = "copy_out"
_NO_LINK = "no_link"
_AFTER_FAILURE = "copy_after_failure"


@dataclass(frozen=True, slots=True)
class Place:
    """A known destination. `path` is normalised and relative to the working directory, which is "."; `lands` is the
    path that the copy creates; `contents` is true if the source ends in `/`, which copies only a directory's
    contents."""

    path: str
    lands: str
    contents: bool


def normalised(path: str) -> str:
    """Normalises a destination; any `..` that would still lead out of the tree is removed."""
    return posixpath.normpath("/" + path).lstrip("/") or "."


def place(source: str, destination: str) -> Place:
    """Returns the place to which a known source and destination lead."""
    path = normalised(destination)
    contents = source.endswith("/")
    lands = path if contents or path != "." else posixpath.basename(normalised(source))
    return Place(path, lands or ".", contents)


def lower(step: ir.Copy, draft: Draft, body: Body) -> None:
    """Adds the lines that copy, and binds the values that something reads."""
    usual = _after_success(step)
    body.add("copy", _lines(usual, draft))
    body.archives += _archives(step, draft)
    body.reports += _reports(step, draft)
    body.copies += _copied(usual, draft)


def after_failure(draft: Draft) -> Lines:
    """The call of a function that copies what is wanted even after a failed run; () if nothing is. What is not there is
    told, and passed over."""
    found = [step.items for step in draft.stage.steps if isinstance(step, ir.Copy)]
    items = List(tuple(entry for each in found for entry in each.items if _item_of(entry).when is not When.SUCCESS))
    if not items.items:
        return ()
    draft.functions[_AFTER_FAILURE] = (
        f"{_AFTER_FAILURE}() {{ # what the run has left, as far as it has",
        f"    container=$run-{draft.slug}",
        *indent(lists.each(items, Scope(draft), _if_there)),
        "}",
    )
    return (_AFTER_FAILURE,)


def _if_there(item: ir.CopyItem, scope: Scope) -> Lines:
    """Lines that copy an item, or say that they could not. The shell would not heed `set -e` in lines that a `||`
    follows, so that they run in the background."""
    what = scope.word(item.source)
    return ("(", *indent(_item(item, scope)), f') & wait "$!" || echo "not copied:" {what} >&2')


def _item_of(entry: ir.CopyItem | Loop[ir.CopyItem]) -> ir.CopyItem:
    return entry.item if isinstance(entry, Loop) else entry


def _after_success(step: ir.Copy) -> ir.Copy:
    """The step without what is copied only after a failure."""
    items = tuple(entry for entry in step.items.items if _item_of(entry).when is not When.FAILURE)
    return replace(step, items=List(items, step.items.span))


def _lines(step: ir.Copy, draft: Draft) -> Lines:
    if not draft.is_read("artifactURLs"):
        return lists.each(step.items, Scope(draft), _item)
    if len(step.items.items) == 1 and not lists.is_dynamic(step.items):
        lines = lists.each(step.items, Scope(draft), _item_and_only_url)
    else:
        lines = ("artifactURLs=", *lists.each(step.items, Scope(draft), _item_and_url))
        lines += ("artifactURLs=${artifactURLs%?}",)
    return lines + draft.bind("artifactURLs", Variable("artifactURLs"))


def _item_and_only_url(item: ir.CopyItem, scope: Scope) -> Lines:
    before, url = _url(item, scope)
    return (*_item(item, scope), *before, assign("artifactURLs", url))


def _item_and_url(item: ir.CopyItem, scope: Scope) -> Lines:
    """Writes one URL per item to `artifactURLs`, and an empty line for an item that is not kept."""
    before, url = _url(item, scope)
    return (*_item(item, scope), *before, assign("artifactURLs", (Variable("artifactURLs"), *url, "\n")))


def _url(item: ir.CopyItem, scope: Scope) -> tuple[Lines, tuple[Part, ...]]:
    """Returns the lines that compute where an artifact will be, and its URL, which is empty if the item is not kept."""
    if item.archived is None:
        return (), ()
    scope.draft.artifacts = True
    source, where = _known_place(item, item.archived, scope)
    path = _at_root(kept_name(where, source or ""), scope.draft)
    base: tuple[Part, ...] = (Variable("artifacts"), "/" + quote(path))
    if where.contents:
        return (), (Variable("artifacts"), f"/{quote(path)}.tar.gz")
    name = local(kept_name(where, source or ""))
    return (
        assign("archived", base),
        f"[ ! -d {name} ] || archived=$archived.tar.gz",
    ), (Variable("archived"),)


def _known_place(item: ir.CopyItem, destination: str, scope: Scope) -> tuple[str | None, Place]:
    """Returns the source if it is known, and the place of an archived destination."""
    source = known_outside(item.source, scope)
    return source, place(source or "x", destination)


def known_outside(text: Text, scope: Scope) -> str | None:
    """Returns the text if it is known at compile time, else None; the tokens of a loop never are."""
    if any(ref.source is Source.LOOP for ref in refs(text)):
        return None
    return scope.known(text)


def _at_root(path: str, draft: Draft) -> str:
    """A path in the stage's directory, relative to the checkout's root."""
    return posixpath.normpath(posixpath.join(draft.site.folder, draft.stage.directory, path))


def _item(item: ir.CopyItem, scope: Scope) -> Lines:
    source, destination = known_outside(item.source, scope), known_outside(item.destination, scope)
    if source is None or destination is None:
        pack = () if item.archived is None else _pack(_known_place(item, item.archived, scope)[1], item, scope)
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
    return (*unlinked, *made, *copied, *(() if item.archived is None else _pack(where, item, scope)))


def _steps_of(path: str) -> tuple[str, ...]:
    """The path and each of its parent directories."""
    parts = path.split("/") if path != "." else []
    return tuple("/".join(parts[: i + 1]) for i in range(len(parts)))


def _no_link(paths: tuple[str, ...], scope: Scope) -> Lines:
    """Lines that end the program if one of these paths is a symbolic link. `docker cp`, tar and the engine's archiving
    follow links, even out of the checkout."""
    if not paths:
        return ()
    scope.draft.functions[_NO_LINK] = (
        f"{_NO_LINK}() {{ # PATHS, for a link may lead out of the checkout",
        *indent(
            (
                'for path in "$@"; do',
                *indent(('[ ! -L "$path" ] || { echo "$path is a link: nothing is copied through it" >&2; exit 1; }',)),
                "done",
            )
        ),
        "}",
    )
    return command(_NO_LINK, *map(local, paths))


def local(path: str) -> str:
    """A known path as a shell word that docker takes neither for an option nor for `CONTAINER:PATH`."""
    return sh(f"./{path}") if path.startswith("-") or ":" in path else sh(path)


def _call(item: ir.CopyItem, scope: Scope) -> Lines:
    _no_link(("x",), scope)
    scope.draft.functions[_FUNCTION] = (
        f"{_FUNCTION}() {{ # CONTAINER SOURCE DESTINATION, which stays in the tree whatever `..` it holds",
        *indent(
            (
                "path=. rest=$3/",
                'while [ -n "$rest" ]; do',
                *indent(
                    (
                        "part=${rest%%/*} rest=${rest#*/}",
                        "case $part in",
                        *indent(("'' | .) ;;", '..) [ "$path" = . ] || path=${path%/*} ;;', "*) path=$path/$part ;;")),
                        "esac",
                        f'{_NO_LINK} "$path"',
                    )
                ),
                "done",
                "case $2 in",
                *indent(
                    (
                        f'*/) mkdir -p "$path" && {scope.draft.site.engine} cp "$1:/$2." "$path" ;;',
                        f'*) mkdir -p "${{path%/*}}" && {scope.draft.site.engine} cp "$1:/$2" "$path" ;;',
                    )
                ),
                "esac",
            )
        ),
        "}",
    )
    return command(_FUNCTION, scope.word(item.origin), scope.word(item.source), scope.word(item.destination))


def _pack(where: Place, item: ir.CopyItem, scope: Scope) -> Lines:
    """Lines that pack the copy as `<destination>.tar.gz` if it is a directory; a file stays as it is."""
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
    """The path of an artifact, without `.tar.gz`. If a directory's contents are copied to the working directory itself,
    the artifact gets the name of the source."""
    return posixpath.basename(normalised(source)).strip(".") or "files" if where.lands == "." else where.lands


def _archives(step: ir.Copy, draft: Draft) -> tuple[Archive, ...]:
    """The artifacts that the engine must keep; their paths are relative to the checkout's root."""
    found: dict[Archive, None] = {}
    for item in _all_items(step):
        if item.archived is not None:
            source, where = _known_place(item, item.archived, Scope(draft))
            path = _at_root(kept_name(where, source or ""), draft)
            late = item.when is not When.SUCCESS
            found[Archive(path, True if source is not None and where.contents else None, late)] = None
    return tuple(found)


def _reports(step: ir.Copy, draft: Draft) -> tuple[Report, ...]:
    """The reports; their paths are relative to the checkout's root."""
    found: dict[Report, None] = {}
    for item in _all_items(step):
        if item.report and item.archived is not None:
            source, where = _known_place(item, item.archived, Scope(draft))
            path = _at_root(where.lands, draft)
            found[Report(item.report, path, True if source is not None and where.contents else None)] = None
    return tuple(found)


def _copied(step: ir.Copy, draft: Draft) -> tuple[str, ...]:
    """The paths that the step creates in the checkout, relative to its root; "." if a path is not known."""
    found: dict[str, None] = {}
    scope = Scope(draft)
    for item in _all_items(step):
        source, destination = known_outside(item.source, scope), known_outside(item.destination, scope)
        known = destination is not None and (source is not None or normalised(destination) != ".")
        found[_at_root(place(source or "x", destination or "").lands if known else ".", draft)] = None
    return (".",) if "." in found else tuple(found)


def _all_items(step: ir.Copy) -> Iterator[ir.CopyItem]:
    yield from map(_item_of, step.items.items)
