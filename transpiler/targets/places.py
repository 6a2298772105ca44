"""Checks that the outputs of all targets have different paths."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from transpiler.diagnostics import Diagnostics
from transpiler.files import below
from transpiler.profile import Profile


def check_places(outputs: Iterable[tuple[str, str]], root: Path, profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports outputs (target and path) that have the same path, or of which one is a file where another needs a
    directory. Links are followed. Upper and lower case are the same, because some file systems do not distinguish
    them."""
    files: dict[PurePosixPath, str] = {}
    folders: dict[PurePosixPath, str] = {}
    for target, name in outputs:
        path = PurePosixPath(below(root, name).casefold())
        parents = path.parents[:-1]  # the last is the root
        if path in files:
            _refuse(f"Two outputs have the path `{name}`.", (target, files[path]), profile, diagnostics)
        elif path in folders:
            message = f"The output `{name}` is a file, and another output is below it."
            _refuse(message, (target, folders[path]), profile, diagnostics)
        elif above := next((folder for folder in parents if folder in files), None):
            message = f"The output `{name}` is below another output, which is a file."
            _refuse(message, (target, files[above]), profile, diagnostics)
        files.setdefault(path, target)
        for folder in parents:
            folders.setdefault(folder, target)


def _refuse(message: str, targets: tuple[str, str], profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports the error where the profile sets the path of one of the two targets; the second one is preferred."""
    span = next((span for target in targets if (span := profile.place("targets", target))), profile.span)
    diagnostics.error("output-shared", message, span, "Give each target a path of its own in the profile.")
