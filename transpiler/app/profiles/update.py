"""`transpipe profile update`: moves profiles to another commit of the shared profile that they extend."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from transpiler import files, git_fetch
from transpiler.app.diff import side_of
from transpiler.app.place import Place, WrongUsage, find, profile
from transpiler.app.profiles.sources import fetch
from transpiler.app.results import Exit, Failure, failed
from transpiler.diagnostics import Diagnostic, Diagnostics, Span
from transpiler.difference.compare import compare
from transpiler.difference.model import Difference, Meaning
from transpiler.driver import Outcome, Request, compile_config
from transpiler.fast_path.digests import copy_of
from transpiler.files import is_file
from transpiler.freshness import writing
from transpiler.freshness.verdicts import State, Verdict
from transpiler.frontend.profiles.load import built_in
from transpiler.frontend.profiles.shared import Source, compose, named
from transpiler.frontend.profiles.shared_mistakes import UPDATE, check_source
from transpiler.frontend.shape.schema import check
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document
from transpiler.nodes import Mapping as MappingNode
from transpiler.records import dataclass, replace


class Effect(StrEnum):
    """What an update does to a repository, in the words of `transpipe diff`."""

    NOTHING = "up to date"
    IDENTICAL = "moved with the same outputs"
    SAME = "moved with the same meaning"
    DIFFERENT = "moved with another meaning"
    KEPT = "not moved"


@dataclass(frozen=True, slots=True)
class Updated:
    """The result for one repository: the source before and after, the outputs that change, by path ("added", "removed"
    or "changed"), and what changes in meaning, None if that is not known. `sources` are the texts that diagnostics
    point to."""

    effect: Effect
    place: Place | None = None
    before: Source | None = None
    after: Source | None = None
    changes: Mapping[str, str] = field(default_factory=dict)
    difference: Difference | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    status: Exit = Exit.FINE


@dataclass(frozen=True, slots=True)
class _Own:
    """A repository's profile: its path below the root, its content, and what it extends."""

    path: str
    content: bytes
    document: Document
    extends: MappingNode

    @property
    def copy(self) -> str:
        """The path of its copy of the shared profile."""
        return copy_of(self.path)


def update_all(
    paths: Sequence[str | None], revision: str, given: str | None, *, force: bool, dry: bool
) -> Iterator[Updated]:
    """Updates the profiles of the repositories, in order; each commit is fetched once. `revision` is "" for the newest
    commit of the default branch. With `force`, a profile is moved even if its config has errors then; with `dry`,
    nothing stays changed."""
    with git_fetch.Fetched(git_fetch.LIMIT) as fetched:
        for path in paths:
            try:
                yield _update(find(path), revision or "HEAD", given, fetched, force=force, dry=dry)
            except Exception as error:  # the other repositories are still processed
                report = failed(error)
                yield Updated(Effect.KEPT, failure=report.failure, status=report.status)


def _update(
    place: Place, revision: str, given: str | None, fetched: git_fetch.Fetched, *, force: bool, dry: bool
) -> Updated:
    found = Diagnostics()
    own = _own(place, given, found)
    if own is None or not check_source(own.extends, found, pinned=False):
        return _kept(place, found)
    before = named(own.extends)
    sections = fetch(before, revision, own.extends.span, fetched, found)
    if not sections:
        return _kept(place, found, Exit.WORLD if any(d.code == "profile-not-fetched" for d in found) else Exit.FINDINGS)
    after = sections[0].source
    texts = {own.path: _with_commit(own, after.commit), own.copy: compose(sections)}
    same = all(_content(place.root / path) == _bytes(text) for path, text in texts.items())
    if same:
        return Updated(Effect.NOTHING, place, before, after)
    writing.check_paths(place.root, tuple(texts), found)
    if found.failed:
        return _kept(place, found)
    return _moved(place, Updated(Effect.KEPT, place, before, after), texts, force=force, dry=dry)


def _moved(place: Place, updated: Updated, texts: Mapping[str, str], *, force: bool, dry: bool) -> Updated:
    """The result of compiling with the files as they were, and as they are to be. They are put back if that gives new
    errors, unless `force`, or if they are only to be tried (`dry`)."""
    old = {path: _content(place.root / path) for path in texts}
    was = _compiled(place)
    _write(place.root, texts)
    back = True
    try:
        now = _compiled(place)
        kept = now.failed and not was.failed and not force
        back = kept or dry
    finally:
        if back:
            _put_back(place.root, old)
    changes = dict(_changes(was, now))
    before, after = side_of(was), side_of(now)
    meaning = compare(before, after) if before and after else None
    same = meaning is not None and meaning.meaning is not Meaning.DIFFERENT
    effect = Effect.SAME if same and changes else Effect.IDENTICAL if same else Effect.DIFFERENT
    return replace(
        updated,
        effect=Effect.KEPT if kept else effect,
        changes=changes,
        difference=meaning,
        diagnostics=now.diagnostics if now.failed else (),
        sources=now.sources,
        status=Exit.FINDINGS if now.failed else Exit.FINE,
    )


def _own(place: Place, given: str | None, found: Diagnostics) -> _Own | None:
    """The repository's profile; None after an error. Raises WrongUsage if it is no file of the repository."""
    name = profile(place, given)
    root = os.path.realpath(place.root)
    path = os.path.relpath(os.path.realpath(name), root)
    if name in built_in() or not files.within(os.path.realpath(name), root):
        raise WrongUsage(f"there is no profile in the repository: write {place.call('.pipeline/profile.yaml')} first")
    content = files.read(place.root / path, MAX_BYTES + 1)
    if content is None:
        raise WrongUsage(f"there is no profile {place.call(path)}")
    document = read(content, path, found)
    if not document or not check(document, "profile", found) or not isinstance(document.root, MappingNode):
        return None
    extends = document.root.get("extends")
    if isinstance(extends, MappingNode):
        return _Own(path, content, document, extends)
    span = extends.span if extends else Span(path, 1, 1, 1, 1)
    message = "This profile extends no file of a git repository, so there is nothing to update."
    hint = f"Write `extends: {{git: URL, path: FILE}}`, and run `{UPDATE}` again."
    found.error("profile-not-shared", message, span, hint)
    return None


def _kept(place: Place, found: Diagnostics, status: Exit = Exit.FINDINGS) -> Updated:
    names = {d.span.file for d in found if d.span}
    contents = {name: files.read(place.root / name, MAX_BYTES) for name in names}
    texts = {name: content.decode("utf-8", "replace") for name, content in contents.items() if content}
    return Updated(Effect.KEPT, place, diagnostics=tuple(found), sources=texts, status=status)


def _with_commit(own: _Own, commit: str) -> str:
    """The profile's text with this commit, and otherwise as it was."""
    text = own.content.decode("utf-8", "surrogateescape")
    lines = text.splitlines(keepends=True)
    node = own.extends.get("commit")
    if node is not None:
        at, written = node.span, commit
        end = at.end_column - 1
    else:
        at = own.extends.entries[0][0].span
        end = at.column - 1
        inline = own.document.excerpt(own.extends.span).startswith("{")
        written = f"commit: {commit}, " if inline else f"commit: {commit}\n{' ' * (at.column - 1)}"
    mark = len(text) - len(text.removeprefix("\ufeff")) if at.line == 1 else 0
    line = lines[at.line - 1]
    lines[at.line - 1] = f"{line[: mark + at.column - 1]}{written}{line[mark + end :]}"
    return "".join(lines)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if is_file(path) else None


def _write(root: Path, texts: Mapping[str, str]) -> None:
    """Writes all files, or none."""
    writing.apply(root, texts, tuple(Verdict(path, State.STALE) for path in texts))


def _put_back(root: Path, old: Mapping[str, bytes | None]) -> None:
    _write(root, {path: content.decode("utf-8", "surrogateescape") for path, content in old.items() if content})
    for path in (path for path, content in old.items() if content is None):
        (root / path).unlink(missing_ok=True)


def _compiled(place: Place) -> Outcome:
    return compile_config(Request(place.root, place.config, profile(place, None), folder=place.folder))


def _changes(was: Outcome, now: Outcome) -> Iterator[tuple[str, str]]:
    """The outputs that are not the same, by path. The headers, which have digests of the profile, do not count."""
    before, after = ({output.path: output for output in outcome.outputs} for outcome in (was, now))
    for path in dict.fromkeys((*before, *after)):
        if path not in after:
            yield path, "removed"
        elif path not in before:
            yield path, "added"
        elif before[path] != after[path]:
            yield path, "changed"
