"""Whether every output is fresh, from digests alone: the answer that a hook can afford when nothing changed.

The answer is yes, or that only the compiler can tell. A yes must be the compiler's too, so whatever is unusual (a link,
a target left out, a blubberfile that takes a YAML reader) is left to it. This module must not grow imports: reading
and comparing a dozen files costs less than importing `re`.
"""

from __future__ import annotations

import os
from itertools import pairwise

from transpiler.fast_path.digests import ABSENT, FORMAT, HELMCONFIG, PROFILE, digest, input_digest, read
from transpiler.fast_path.fields import Field, Parts, file_field, listing, options, take_apart, unword
from transpiler.targets import TARGETS
from transpiler.work_tree import folder_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACES = tuple(target.place for target in TARGETS.values())
"""Where outputs are unless a profile says otherwise."""

OWN_PROFILE = ".pipeline/profile.yaml"

_KINDS = ("config", "blubberfile", "dockerfile", HELMCONFIG, PROFILE)
_PATH_KEYS = (*(f"{name}:" for name in TARGETS), "path:")
_LARGE = 2**19


class Question:
    """Which repository and config are asked about, and how: the profile that was named ("": none was), the options
    that decide about bytes and the targets chosen, and the folder of the built-in profiles. `folder` is the root's in
    its git repository, None where only git can tell."""

    __slots__ = ("folder", "options", "profile", "profiles", "root", "source", "targets")

    def __init__(
        self, root: str, source: str, profile: str, options: tuple[Field, ...], targets: tuple[str, ...], profiles: str
    ) -> None:
        self.root, self.source, self.profile = os.path.realpath(root), source, profile
        self.folder = folder_of(self.root)
        self.options, self.targets, self.profiles = options, targets, profiles


def fresh_files(question: Question, templates: str) -> tuple[str, ...]:
    """The inputs and outputs in the repository, relative to its root, if all is fresh; none where that is not certain.

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
        and _nothing_beside(question, made)
    )
    inputs = _inputs(question, fields) if same else ()
    return (*inputs, *(path for _, path in made)) if inputs else ()


def looked_at(question: Question) -> tuple[str, ...]:
    """What was looked at beside inputs and outputs, for it could make these stale by being there: paths of inputs and
    of other outputs, and folders (with a slash) with all that is in them."""
    found = _first(question)
    fields = found[1][1] if found else ()
    named = [file_field(value) for kind, value in fields if kind == HELMCONFIG]
    made = listing(fields, "outputs")
    places = {OWN_PROFILE, *_other_places(made), *(name for name, mark in named if mark == ABSENT)}
    hiding, folders = _hiding(made), _read_whole(path for _, path in made)
    return (*places, *hiding, *(f"{name}/" for name in (*hiding, *folders)))


def _first(question: Question) -> tuple[str, Parts] | None:
    """The path and the header of the first output, which any of them names: one in a usual place, or in one that the
    profile seems to name."""
    for place in places(question.root, question.profile):
        if parts := _header(question, place):
            path = unword(dict(parts[1]).get("first", "")) or place
            first = _header(question, path)
            return (path, first) if first else None
    return None


def _header(question: Question, path: str) -> Parts | None:
    """The header of an output made from this config."""
    file = _within(question, path)
    if not file or not os.path.isfile(file):
        return None
    parts = take_apart(read(file).decode("utf-8", "surrogateescape"))
    return parts if parts and parts[0] == question.source else None


def _within(question: Question, path: str) -> str:
    """The file of that path, "" where it leaves the repository or leads over a link."""
    file = os.path.join(question.root, path)
    return file if path and ".git" not in path.split("/") and os.path.realpath(file) == file else ""


def _own_profile(root: str) -> str:
    """The file of the repository's own profile, "" where there is none."""
    file = os.path.join(root, OWN_PROFILE)
    return file if os.path.isfile(file) else ""


def places(root: str, profile: str = "") -> Iterator[str]:
    """Where outputs may be: the usual places, and what may be paths in the profile ("": the repository's own); wrong
    guesses are no headers. Raises OSError if the profile cannot be read."""
    yield from PLACES
    file = profile or _own_profile(root)
    if file and os.path.isfile(file):
        words = _words(read(file).decode("utf-8", "replace"))
        yield from (path for name, path in pairwise(words) if name in _PATH_KEYS)


def _words(text: str) -> list[str]:
    for sign in "{}[],\"'":
        text = text.replace(sign, " ")
    return text.split()


def _targets_agree(question: Question, made_for: str, made: tuple[Field, ...]) -> bool:
    """Whether a run as it is asked about would make these outputs, or some of them."""
    if made_for:
        return tuple(made_for.split()) == question.targets
    return {target for target, _ in made}.issuperset(question.targets)


def _outputs_agree(question: Question, first: str, paths: list[str], together: str) -> bool:
    """Whether all outputs are as one and the same run wrote them."""
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


def _nothing_beside(question: Question, made: tuple[Field, ...]) -> bool:
    """Whether there is no output of an earlier run elsewhere, and nothing that hides one from its engine."""
    paths = {path for _, path in made}
    if any(_exists_as_header(question, place) for place in _other_places(made) - paths):
        return False
    if any(_exists_as_header(question, path) for path in beside(question.root, paths)):
        return False
    return not any(os.path.exists(os.path.join(question.root, name)) for name in _hiding(made))


def _other_places(made: tuple[Field, ...]) -> set[str]:
    """Where an earlier run may have had outputs: the usual places, and with a file for each pipeline what stands before
    the last dot, which is where one file for all would be."""
    divided = (path.rpartition(".")[0] for name, path in made if name in TARGETS and TARGETS[name].divided)
    return {*PLACES, *divided} - {""}


def _hiding(made: tuple[Field, ...]) -> tuple[str, ...]:
    """What would hide a target's first output, which is its configuration, from its engine."""
    first = dict(reversed(made))
    return tuple(place for name, path in first.items() if name in TARGETS for place in TARGETS[name].hiding(path))


def beside(root: str, outputs: Iterable[str]) -> dict[str, str]:
    """The other files where an engine reads all (`*.yaml`, in folders too), with its target: one that was renamed would
    count twice."""
    made = set(outputs)
    found: dict[str, str] = {}
    for folder, name in _read_whole(made).items():
        for where, _, names in os.walk(os.path.join(root, folder)):
            files = [os.path.relpath(os.path.join(where, file), root) for file in names if file.endswith(".yaml")]
            found.update((file.replace(os.sep, "/"), name) for file in files)
    return {path: found[path] for path in sorted(found.keys() - made)}


def _read_whole(outputs: Iterable[str]) -> dict[str, str]:
    """The folders of these outputs of which an engine reads all files, with its target."""
    folders = {path.rpartition("/")[0] for path in outputs}
    return {folder: name for name, target in TARGETS.items() for folder in target.folders if folder in folders}


def _exists_as_header(question: Question, place: str) -> bool:
    """Whether there is a file of ours, or one that takes a closer look."""
    file = os.path.join(question.root, place)
    return bool(place) and os.path.lexists(file) and (not _within(question, place) or bool(_header(question, place)))


def _inputs(question: Question, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The inputs in the repository if all are what they were, the profile the one that would be used now."""
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
        if not _stays(question, named, kind, name, content):
            return ()
        paths += [] if built_in else [name]
    return tuple(paths)


def _profile_now(question: Question, made_with: str) -> str:
    """What the header would call the profile that is used now."""
    given = question.profile or _own_profile(question.root)
    if not given:
        return made_with
    if "/" not in given and os.path.isfile(os.path.join(question.profiles, f"{given}.yaml")):
        return given
    return os.path.relpath(os.path.realpath(given), question.root).replace(os.sep, "/")


def _stays(question: Question, named: list[tuple[str, str, str]], kind: str, name: str, content: bytes) -> bool:
    """Whether what the file names could not have moved without a change of its own: a folder that stages work in, or
    the file that a profile extends, either of which may have become a link."""
    words = _words(content.decode("utf-8", "replace"))
    if kind == "config" and b"directory" in content:
        folders = [folder for word, folder in pairwise(words) if word in ("directory:", "directory")]
        folders = [folder for folder in folders if folder != ":"]
        return len(folders) == content.count(b"directory") and all(_plain(question, folder) for folder in folders)
    if kind == PROFILE and b"extends" in content:
        bases = [base for word, base in pairwise(words) if word == "extends:"]
        known = {other for other_kind, other, _ in named if other_kind == PROFILE}
        beside = os.path.dirname(name)
        return (
            content.count(b"extends") == 1
            and len(bases) == 1
            and (
                os.path.normpath(os.path.join(beside, bases[0])).replace(os.sep, "/") in known
                or (bases[0] in known and os.path.isfile(os.path.join(question.profiles, f"{bases[0]}.yaml")))
            )
        )
    return True


def _plain(question: Question, folder: str) -> bool:
    """Whether the text is a path below the root as the compiler would read it, over no link."""
    path = os.path.normpath(folder)
    return folder.replace("-", "").replace("_", "").replace("/", "").replace(".", "").isalnum() and bool(
        path == "." or _within(question, path)
    )
