"""Warns of folders and files that a config names and that the repository does not have: `directory`, the context of
`build`, and the chart and the values files of `deploy`, which would be missed only once somebody has approved.

A stage may copy files to where another one works, and a submodule may not be checked out; neither is a mistake. So this
looks only where files of the repository are, and never reports an error.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from transpiler.diagnostics import Span
from transpiler.expressions import Loop
from transpiler.files import is_file, is_folder
from transpiler.frontend.context import Context
from transpiler.frontend.matrix import Stages
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.suggestions import nearest, these
from transpiler.ir import Build, Copy, Deploy, Stage, is_in_checkout
from transpiler.nodes import Mapping

_MOST = 1_000
_LIKE = 0.7
"""How near the name of a file must be: most have the same ending."""
_ELSEWHERE = re.compile(r"[A-Za-z][\w+.-]*://|[^/]+@[^/]+:")
"""A context that is a URL, or a repository as scp writes it."""


def check_folders(context: Context, pipeline: Mapping, stages: Stages, read: tuple[Stage, ...]) -> None:
    """Warns of each folder and file that a pipeline's stages name and that is not there, once."""
    if context.root is None:
        return
    made = tuple(_copied_to(read))
    if None in made:  # any folder may be made when the pipeline runs
        return
    for check, named in ((_check, _named(pipeline, stages, read)), (_check_file, _values_files(read))):
        for path, span in dict(named).items():
            if not any(_holds(path, to) or _holds(to, path) for to in made if to is not None):
                check(context, context.root, path, span)


def _named(pipeline: Mapping, stages: Stages, read: Iterable[Stage]) -> Iterator[tuple[str, Span]]:
    """The folders that stages name, normalised, with their places."""
    for stage in read:
        node = stages.by_name[stage.name].node.get("directory") or pipeline.get("directory")
        if node is not None:
            yield stage.directory, node.span
        for step in (step for step in stage.steps if isinstance(step, Build)):
            where = step.context.literal or "."
            if where != "." and step.context.span and not _ELSEWHERE.match(where):
                yield posixpath.normpath(posixpath.join(stage.directory, where)), step.context.span
    for chart in (step.chart for step in _deployments(read) if is_in_checkout(step.chart)):
        if chart.literal and chart.span:
            yield posixpath.normpath(chart.literal), chart.span


def _values_files(read: Iterable[Stage]) -> Iterator[tuple[str, Span]]:
    """The files with values for charts, normalised, with their places."""
    for path in (path for step in _deployments(read) if step.release for path in step.release.values):
        if path.literal and path.span:
            yield posixpath.normpath(path.literal), path.span


def _deployments(read: Iterable[Stage]) -> Iterator[Deploy]:
    return (step for stage in read for step in stage.steps if isinstance(step, Deploy))


def _copied_to(read: Iterable[Stage]) -> Iterator[str | None]:
    """Where stages copy files to; None for a place that is known only while the pipeline runs."""
    for stage in read:
        for step in stage.steps:
            for item in step.items.items if isinstance(step, Copy) else ():
                to = (item.item if isinstance(item, Loop) else item).destination.literal
                yield None if to is None else posixpath.normpath(posixpath.join(stage.directory, to.lstrip("/")))


def _holds(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def _check(context: Context, root: Path, path: str, span: Span) -> None:
    there = "."
    for part in path.split("/"):
        below = posixpath.join(there, part) if there != "." else part
        if part in (".", ".."):
            return
        if not is_folder(root / below):
            break
        there = below
    else:
        return
    folders = _folders(root / there)
    if not folders:
        return
    near = nearest(part, folders)
    meant = posixpath.normpath(posixpath.join(there, near.name)) + path.removeprefix(posixpath.join(there, part))
    sure = near.sure and is_folder(root / meant)
    fix = fixes.word(context.document, span, path, meant) if sure else None
    known = f"The folders {'of the repository' if there == '.' else f'in `{there}`'} are {these(folders)}."
    hint = f"Did you mean `{posixpath.normpath(posixpath.join(there, near.name))}`?" if near.name else known
    context.diagnostics.warning("missing-directory", f"The repository has no folder `{path}`.", span, hint, fix)


def _check_file(context: Context, root: Path, path: str, span: Span) -> None:
    folder, name = posixpath.split(path)
    if folder and not is_folder(root / folder):
        _check(context, root, folder, span)
        return
    if is_file(root / path) or not (files := _files(root / folder)):
        return
    near = nearest(name, files, cutoff=_LIKE)
    known = f"The files {f'in `{folder}`' if folder else 'of the repository'} are {these(files)}."
    hint = f"Did you mean `{posixpath.join(folder, near.name)}`?" if near.name else known
    context.diagnostics.warning("missing-file", f"The repository has no file `{path}`.", span, hint)


def _folders(place: Path) -> tuple[str, ...]:
    """The folders in a folder; none if it holds no files of the repository that can be seen: a submodule that is not
    checked out, or a copy of a few files."""
    return tuple(sorted(entry.name for entry in _entries(place) if entry.is_dir(follow_symlinks=True)))


def _files(place: Path) -> tuple[str, ...]:
    """The files in a folder; none as in `_folders`."""
    return tuple(sorted(entry.name for entry in _entries(place) if entry.is_file(follow_symlinks=True)))


def _entries(place: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return [entry for entry, _ in zip(entries, range(_MOST), strict=False) if entry.name[0] != "."]
    except OSError:
        return []
