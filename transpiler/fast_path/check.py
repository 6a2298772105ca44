"""Checks from digests alone whether all outputs are fresh, so that a hook is fast when nothing changed.

The answer is that they are fresh, or that the compiler must decide. If it is "fresh", the compiler must agree, so all
unusual cases (a link, a target that is left out, a Blubber file that needs a YAML parser) are left to the compiler. Do
not add imports: reading and comparing a dozen files takes less time than importing `re`.
"""

from __future__ import annotations

import os
from itertools import pairwise

from transpiler.fast_path.digests import (
    ABSENT,
    FORMAT,
    HELMCONFIG,
    PROFILE,
    SHARED,
    copy_of,
    digest,
    input_digest,
    read,
)
from transpiler.fast_path.fields import Field, Parts, file_field, listing, options, take_apart, unword
from transpiler.fast_path.places import (
    MANY,
    ONE,
    OWN_PROFILE,
    beside,
    divided,
    hiding,
    own_profile,
    places,
    read_whole,
    usual_places,
    words,
)
from transpiler.work_tree import folder_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

_KINDS = ("config", "blubberfile", "dockerfile", HELMCONFIG, PROFILE, SHARED)
_SHARED_KEYS = ("git:", "commit:", "path:")
_LARGE = 2**19


class Question:
    """The repository and config to check. `profile` is the one that the user named, "" if none; `options` are those
    that affect the bytes of outputs; `targets` are the chosen ones; `profiles` is the folder of the built-in profiles.
    `folder` is the path of `root` in its git repository, None if only git can tell."""

    __slots__ = ("folder", "options", "profile", "profiles", "root", "source", "targets")

    def __init__(
        self, root: str, source: str, profile: str, options: tuple[Field, ...], targets: tuple[str, ...], profiles: str
    ) -> None:
        self.root, self.source, self.profile = os.path.realpath(root), source, profile
        self.folder = folder_of(self.root)
        self.options, self.targets, self.profiles = options, targets, profiles


def fresh_files(question: Question, templates: str) -> tuple[str, ...]:
    """Returns the paths of the inputs and outputs below the root if all outputs are fresh, and () if that is not
    certain.

    `templates` is the digest of the shipped templates. Raises OSError if a file cannot be read.
    """
    found = _first(question)
    if not found:
        return ()
    first, (_, fields, _, _, intact) = found
    only = dict(fields)
    made = listing(fields, "outputs")
    same = (
        intact
        and "others" not in only
        and _targets_agree(question, only.get("targets", ""), made)
        and options(fields) == question.options
        and unword(only.get("folder", "")) == question.folder
        and (only.get("templates"), only.get("format")) == (templates, str(FORMAT))
        and _outputs_agree(question, first, [path for _, path in made], only.get("set", ""))
        and _no_others(question, made)
    )
    inputs = _inputs(question, fields) if same else ()
    return (*inputs, *(path for _, path in made)) if inputs else ()


def other_paths(question: Question) -> tuple[str, ...]:
    """The paths which are neither inputs nor outputs, but would make the outputs stale if a file were there: those of
    optional inputs and of outputs of earlier runs, and folders with everything in them, which end in a slash."""
    found = _first(question)
    fields = found[1][1] if found else ()
    named = [file_field(value) for kind, value in fields if kind == HELMCONFIG]
    made = listing(fields, "outputs")
    usual = {OWN_PROFILE, *ONE, *divided(made), *(name for name, mark in named if mark == ABSENT)}
    folders = {*read_whole(path for _, path in made), *(folder for target in MANY for folder in target.folders)}
    hidden = hiding(made)
    return (*usual, *hidden, *(f"{name}/" for name in (*hidden, *folders)))


def _first(question: Question) -> tuple[str, Parts] | None:
    """The path and the header of the first output. Every output names it, so it is found from any output at a usual
    path or at one that the profile seems to name."""
    for place in places(question.root, question.profile):
        if parts := _header(question, place):
            path = unword(dict(parts[1]).get("first", "")) or place
            first = _header(question, path)
            return (path, first) if first else None
    return None


def _header(question: Question, path: str) -> Parts | None:
    """The header of an output that was made from this config; None if there is no such output at `path`."""
    file = _within(question, path)
    if not file or not os.path.isfile(file):
        return None
    parts = take_apart(read(file).decode("utf-8", "surrogateescape"))
    return parts if parts and parts[0] == question.source else None


def _within(question: Question, path: str) -> str:
    """The absolute path of the file, "" if it is outside the repository or is reached through a link."""
    file = os.path.join(question.root, path)
    return file if path and ".git" not in path.split("/") and os.path.realpath(file) == file else ""


def _targets_agree(question: Question, made_for: str, made: tuple[Field, ...]) -> bool:
    """Whether a run with the chosen targets would make these outputs or a part of them."""
    if made_for:
        return tuple(made_for.split()) == question.targets
    return {target for target, _ in made}.issuperset(question.targets)


def _outputs_agree(question: Question, first: str, paths: list[str], together: str) -> bool:
    """Whether the same run wrote all outputs, and none was changed since."""
    marks = []
    for path in paths:
        parts = _header(question, path)
        if parts is None or not parts[4]:
            return False
        if path != first:
            marks.append(parts[2])
            if unword(dict(parts[1]).get("first", "")) != first:
                return False
    return paths[:1] == [first] and together == (digest(" ".join(marks)) if marks else "")


def _no_others(question: Question, made: tuple[Field, ...]) -> bool:
    """Whether there is no output of an earlier run at another path, and no file that hides an output from its
    engine."""
    paths = {path for _, path in made}
    if any(_may_be_output(question, place) for place in {*usual_places(question.root), *divided(made)} - paths):
        return False
    if any(_may_be_output(question, path) for path in beside(question.root, paths)):
        return False
    return not any(os.path.exists(os.path.join(question.root, name)) for name in hiding(made))


def _may_be_output(question: Question, place: str) -> bool:
    """Whether there is an output of this config at `place`, or a file that only the compiler can judge."""
    file = os.path.join(question.root, place)
    return bool(place) and os.path.lexists(file) and (not _within(question, place) or bool(_header(question, place)))


def _inputs(question: Question, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The paths of the inputs in the repository if all are unchanged and the profile is the one that a run would use
    now; else ()."""
    named = [(kind, *file_field(value)) for kind, value in fields if kind in _KINDS]
    profiles = [name for kind, name, _ in named if kind == PROFILE]
    if not profiles or profiles[0] != _profile_now(question, profiles[0]):
        return ()
    paths = []
    for kind, name, mark in named:
        shipped = os.path.join(question.profiles, f"{name}.yaml")
        built_in = kind == PROFILE and "/" not in name and os.path.isfile(shipped)
        file = shipped if built_in else _within(question, name)
        if kind == HELMCONFIG and mark == ABSENT and file and not os.path.lexists(file):
            continue
        if not file or not os.path.isfile(file):
            return ()
        content = read(file)
        if len(content) > _LARGE or not mark or input_digest(kind, content) != mark:
            return ()
        if not _refers_to_same_files(question, named, kind, name, content):
            return ()
        paths += [] if built_in else [name]
    return tuple(paths)


def _profile_now(question: Question, made_with: str) -> str:
    """The name that a header would have for the profile that a run would use now."""
    given = question.profile or own_profile(question.root)
    if not given:
        return made_with
    if "/" not in given and os.path.isfile(os.path.join(question.profiles, f"{given}.yaml")):
        return given
    return os.path.relpath(os.path.realpath(given), question.root).replace(os.sep, "/")


def _refers_to_same_files(
    question: Question, named: list[tuple[str, str, str]], kind: str, name: str, content: bytes
) -> bool:
    """Whether an unchanged input certainly still refers to the same files. A folder that a stage works in may have
    become a link, and so may the file that a profile extends."""
    found = words(content.decode("utf-8", "replace"))
    if kind == "config" and b"directory" in content:
        folders = [folder for word, folder in pairwise(found) if word in ("directory:", "directory")]
        folders = [folder for folder in folders if folder != ":"]
        return len(folders) == content.count(b"directory") and all(_plain(question, folder) for folder in folders)
    if kind == PROFILE and b"extends" in content:
        bases = [base for word, base in pairwise(found) if word == "extends:"]
        known = {other for other_kind, other, _ in named if other_kind == PROFILE}
        here = os.path.dirname(name)
        return (
            content.count(b"extends") == 1
            and len(bases) == 1
            and (
                os.path.normpath(os.path.join(here, bases[0])).replace(os.sep, "/") in known
                or (bases[0] in _SHARED_KEYS and (SHARED, copy_of(name)) in {(kind, other) for kind, other, _ in named})
                or (bases[0] in known and os.path.isfile(os.path.join(question.profiles, f"{bases[0]}.yaml")))
            )
        )
    return True


def _plain(question: Question, folder: str) -> bool:
    """Whether the text is a path below the root, not reached through a link, that the compiler reads in the same
    way."""
    path = os.path.normpath(folder)
    return folder.replace("-", "").replace("_", "").replace("/", "").replace(".", "").isalnum() and bool(
        path == "." or _within(question, path)
    )
