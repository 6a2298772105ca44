"""Puts outputs on the disk: all or none, each by rename, nothing through a link that leaves the repository.

What may not be overwritten is said before anything is written. This module must not know what the files hold.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from transpiler.diagnostics import Diagnostics
from transpiler.freshness.verdicts import State, Verdict

# Where Zuul looks, in this order: the first that is there hides the rest.
_ZUUL_PLACES = ("zuul.yaml", "zuul.d", ".zuul.yaml", ".zuul.d")


def check_paths(root: Path, paths: tuple[str, ...], diagnostics: Diagnostics) -> None:
    """Refuses paths that two outputs share, that leave the repository or that no output may take."""
    for path in paths:
        if paths.count(path) > 1:
            message = f"Two outputs would be written to `{path}`."
            diagnostics.error("output-shared", message, None, "Give each target a path of its own in the profile.")
        elif ".git" in PurePosixPath(path).parts or not _inside(root, path):
            message = f"The output `{path}` would lie outside the repository's files."
            hint = "Give it a path below the repository's root in the profile, without links that lead out."
            diagnostics.error("output-outside", message, None, hint)
        elif (root / path).is_dir():
            message = f"`{path}` is a directory: no output can be written there."
            diagnostics.error("output-is-directory", message, None, "Give the output another path in the profile.")


def check_zuul(root: Path, path: str, ours: frozenset[str], diagnostics: Diagnostics) -> None:
    """Refuses to write Zuul's configuration where Zuul would not look; `ours` are files that are about to go."""
    place = PurePosixPath(path).parts[0]
    for hiding in _ZUUL_PLACES[: _ZUUL_PLACES.index(place)] if place in _ZUUL_PLACES else ():
        found = root / hiding
        if (found.is_file() and hiding not in ours) or (found.is_dir() and any(found.iterdir())):
            places = ", ".join(_ZUUL_PLACES)
            message = f"`{hiding}` hides `{path}`: Zuul reads only the first of {places} that it finds."
            hint = f"Move what `{hiding}` holds to {f'a file in `{place}/`' if place.endswith('.d') else f'`{place}`'}."
            diagnostics.error("hidden-output", message, None, hint)


def check_verdicts(verdicts: tuple[Verdict, ...], diagnostics: Diagnostics, *, force: bool) -> None:
    """Refuses to overwrite what a person wrote, unless forced; says which orphans stay."""
    for path, state, _ in verdicts:
        if state is State.EDITED_ORPHAN:
            message = f"`{path}` is no longer made, but was edited by hand: it stays."
            diagnostics.warning("edited-orphan", message, None, "Delete it when its edits are no longer needed.")
        elif state is State.FOREIGN and not force:
            message = f"`{path}` is there, and transpipe did not write it."
            hint = "Overwrite it with `--force`, give another path in the profile, or choose other targets with `-t`."
            diagnostics.error("foreign-output", message, None, hint)
        elif state is State.EDITED and not force:
            message = f"`{path}` was edited by hand."
            hint = "Bring the edit into the config, or overwrite it with `--force`."
            diagnostics.error("edited-output", message, None, hint)


def apply(root: Path, files: Mapping[str, str], verdicts: tuple[Verdict, ...]) -> tuple[tuple[str, str], ...]:
    """Writes the files whose verdict is not FRESH and deletes the orphans, or does nothing and raises OSError.

    Returns what was done: pairs of "wrote" or "deleted" and a path.
    """
    writes = {path: files[path] for path, state, _ in verdicts if path in files and state is not State.FRESH}
    orphans = [path for path, state, _ in verdicts if state is State.ORPHAN and _inside(root, path)]
    temporary: dict[str, Path] = {}
    made: list[Path] = []
    before = {path: _content(_real(root, path)) for path in writes}
    try:
        for path, text in writes.items():
            made += _make_folders(_real(root, path).parent)
            temporary[path] = _write_beside(_real(root, path), text)
        _rename_all(root, temporary, before)
    except BaseException:
        for left in temporary.values():
            left.unlink(missing_ok=True)
        for folder in reversed(made):
            _remove_if_empty(folder)
        raise
    for path in orphans:
        _real(root, path).unlink(missing_ok=True)
        _remove_if_empty(_real(root, path).parent)
    return (*(("wrote", path) for path in writes), *(("deleted", path) for path in orphans))


def write(root: Path, path: str, text: str) -> None:
    """Writes one file of the repository, whole or not at all. Raises OSError."""
    real = _real(root, path)
    made = _make_folders(real.parent)
    try:
        _write_beside(real, text).replace(real)
    except BaseException:
        for folder in reversed(made):
            _remove_if_empty(folder)
        raise


def leads_out(root: Path, path: str) -> bool:
    """Whether a path leads to a file outside the repository's own, by a link or by its name."""
    return not _inside(root, path)


def _rename_all(root: Path, temporary: Mapping[str, Path], before: Mapping[str, bytes | None]) -> None:
    """Renames each into its place; when one fails, those before it get back what they held."""
    done: list[str] = []
    try:
        for path, source in temporary.items():
            source.replace(_real(root, path))
            done.append(path)
    except BaseException:
        for path in done:
            old = before[path]
            if old is None:
                _real(root, path).unlink()
            else:
                _write_beside(_real(root, path), old).replace(_real(root, path))
        raise


def _write_beside(path: Path, content: str | bytes) -> Path:
    """A file in the same folder with that content, on the disk for good, with the mode that `path` has or will get."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _make_folders(folder: Path) -> list[Path]:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return list(reversed(missing))


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _real(root: Path, path: str) -> Path:
    """Where the path leads: a link within the repository stays a link."""
    return (root / path).resolve()


def _inside(root: Path, path: str) -> bool:
    real, top = _real(root, path), root.resolve()
    return real != top and real.is_relative_to(top) and ".git" not in real.relative_to(top).parts
