"""Where outputs may be: the usual places, those that a profile seems to name, and what else an engine would read there.

Like all of the fast path it imports next to nothing.
"""

from __future__ import annotations

import os
from itertools import pairwise

from transpiler.fast_path.digests import copy_of, read
from transpiler.targets import TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transpiler.fast_path.fields import Field

ONE = tuple(target.place for target in TARGETS.values() if "*" not in target.place)
"""The usual paths of the targets that have one output."""

MANY = tuple(target for target in TARGETS.values() if "*" in target.place)
"""The targets that have an output for each pipeline."""

OWN_PROFILE = ".pipeline/profile.yaml"

_PATH_KEYS = (*(f"{name}:" for name in TARGETS), "path:")


def own_profile(root: str) -> str:
    """The path of the repository's own profile, "" if it has none."""
    file = os.path.join(root, OWN_PROFILE)
    return file if os.path.isfile(file) else ""


def places(root: str, profile: str = "") -> Iterator[str]:
    """Paths at which outputs may be: the usual ones, and words in the profile ("": the repository's own) that look like
    paths of outputs. A wrong guess does no harm, because there is no header. Raises OSError if the profile cannot be
    read."""
    yield from usual_places(root)
    file = profile or own_profile(root)
    if file and os.path.isfile(file):
        content = read(file)
        if b"git:" in content and os.path.isfile(copy := copy_of(file)):
            content += read(copy)
        found = words(content.decode("utf-8", "replace"))
        yield from (path for name, path in pairwise(found) if name in _PATH_KEYS)


def usual_places(root: str) -> Iterator[str]:
    """The paths at which outputs are unless a profile sets others. Of a target that has an output for each pipeline,
    all files where they may be."""
    yield from ONE
    for target in MANY:
        for folder in target.folders:
            yield from expanded(root, f"{folder}/*.yml")


def expanded(root: str, pattern: str) -> tuple[str, ...]:
    """The files that a path stands for; its last part may contain a `*`."""
    if "*" not in pattern:
        return (pattern,)
    folder, _, name = pattern.rpartition("/")
    begin, _, end = name.partition("*")
    path = os.path.join(root, folder)
    names = sorted(os.listdir(path)) if os.path.isdir(path) else []
    return tuple(f"{folder}/{name}" for name in names if name.startswith(begin) and name.endswith(end))


def words(text: str) -> list[str]:
    for sign in "{}[],\"'":
        text = text.replace(sign, " ")
    return text.split()


def divided(made: tuple[Field, ...]) -> set[str]:
    """For outputs with the paths `<path>.<pipeline>`, the path of an output with all pipelines, which an earlier run
    may have written."""
    found = (path.rpartition(".")[0] for name, path in made if name in TARGETS and TARGETS[name].divided)
    return {*found} - {""}


def hiding(made: tuple[Field, ...]) -> tuple[str, ...]:
    """The paths which, if they exist, make an engine ignore the target's first output, which is its configuration."""
    first = dict(reversed(made))
    return tuple(place for name, path in first.items() if name in TARGETS for place in TARGETS[name].hiding(path))


def beside(root: str, outputs: Iterable[str]) -> dict[str, str]:
    """Other files (`*.yaml` and `*.yml`, also in subfolders) in the folders in which an engine reads all files: path to
    target. If an output was renamed, the engine would read both."""
    made = set(outputs)
    found: dict[str, str] = {}
    for folder, name in read_whole(made).items():
        for where, _, names in os.walk(os.path.join(root, folder)):
            yaml = (file for file in names if file.endswith((".yaml", ".yml")))
            files = (os.path.relpath(os.path.join(where, file), root) for file in yaml)
            found.update((file.replace(os.sep, "/"), name) for file in files)
    return {path: found[path] for path in sorted(found.keys() - made)}


def read_whole(outputs: Iterable[str]) -> dict[str, str]:
    """Those folders of the outputs in which an engine reads all files: folder to target."""
    folders = {path.rpartition("/")[0] for path in outputs}
    return {folder: name for name, target in TARGETS.items() for folder in target.folders if folder in folders}
