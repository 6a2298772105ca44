"""What can stand at a place that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from transpiler.editor import names, schemas
from transpiler.editor.analysis import Analysis
from transpiler.editor.where import WORD, Path, Typing, at_path, typing
from transpiler.frontend.profiles.load import built_in
from transpiler.nodes import Mapping, Node
from transpiler.quoting import yaml_scalar

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]*)(?:(\.)([A-Za-z0-9._-]*))?$")


_WORD = re.compile(r"[\w.-]*")


class Sort(StrEnum):
    """What a proposal is, for the icon beside it."""

    KEY = "key"
    WORD = "word"
    STAGE = "stage"
    VARIANT = "variant"
    VALUE = "value"
    CREDENTIAL = "credential"


class Proposal(NamedTuple):
    """Something that can stand here. `text` takes the place of `replaced` characters before the cursor and of `ahead`
    after it."""

    label: str
    sort: Sort
    text: str
    replaced: int
    detail: str = ""
    description: str = ""
    ahead: int = 0


def complete(analysis: Analysis, text: str, offset: int, *, profile: bool = False) -> list[Proposal]:
    """What can stand at an offset of a text, which is that of the config, or of the profile."""
    rest = _WORD.match(text, offset)
    ahead = len(rest[0]) if rest else 0
    named = text.startswith(":", offset + ahead)
    found = _found(analysis, text, offset, profile=profile)
    return [one._replace(ahead=ahead, text=one.label if named and one.sort is Sort.KEY else one.text) for one in found]


def _found(analysis: Analysis, text: str, offset: int, *, profile: bool) -> list[Proposal]:
    at = typing(text, offset)
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    reference = None if profile else _REFERENCE.search(line)
    if reference and at:
        return list(_values(analysis, at, reference))
    if at is None:
        return []
    schema = "profile" if profile else analysis.schema
    found = list(_keys(schema, at)) if at.is_key else []
    if not at.is_key:
        found = list(_words(analysis, schema, at, profile=profile))
        # A word alone on the line below a key may become a key as well as a value.
        if schemas.is_mapping(schema, at.path) and re.fullmatch(r"[ \-]*[\w-]*", line):
            found += _keys(schema, at)
    return found


def _keys(schema: str, at: Typing) -> Iterator[Proposal]:
    node = at_path(at.root, at.path)
    taken = {key.text for key, _ in node} if isinstance(node, Mapping) else set()
    for key in schemas.keys(schema, at.path):
        if key.name not in taken:
            yield Proposal(key.name, Sort.KEY, f"{key.name}: ", len(at.word), key.kind, key.description)


def _words(analysis: Analysis, schema: str, at: Typing, *, profile: bool) -> Iterator[Proposal]:
    """The words that the schema lists, and the names that the config, its profile and its build files have."""
    for name, sort, detail in _of_profile(analysis, at.path) if profile else _named(analysis, at):
        yield Proposal(name, sort, yaml_scalar(name), len(at.word), detail)
    for word in schemas.words(schema, at.path):
        yield Proposal(word, Sort.WORD, word, len(at.word))


def _of_profile(analysis: Analysis, path: Path) -> Iterator[tuple[str, Sort, str]]:
    if path == ("extends",):
        yield from ((name, Sort.WORD, "built in") for name in built_in())
    elif path[-1:] == ("credential",) and analysis.profile:
        yield from ((name, Sort.CREDENTIAL, "") for name in analysis.profile.credentials)


def _named(analysis: Analysis, at: Typing) -> Iterator[tuple[str, Sort, str]]:
    path, keys = at.path, tuple(step for step in at.path if isinstance(step, str))
    last = keys[-1] if keys else ""
    site = analysis.profile
    if keys[2:] == ("execution",):
        yield from ((name, Sort.STAGE, "stage") for name in _stages(at.root, path))
    elif keys[2:] in (("stages", "build"), ("stages", "build", "variant")):
        if held := names.variants(analysis, at.root, path):
            yield from ((name, Sort.VARIANT, held.path) for name in held.offsets)
    elif last == "id" and {"credentials", "secrets"} & set(keys):
        yield from ((name, Sort.CREDENTIAL, kind) for name, kind in names.credentials(analysis))
    elif keys[-2:] == ("trigger", "name") and site:
        yield from ((name, Sort.WORD, "job") for name in site.triggers)
    elif keys[-2:] == ("deploy", "environment") and site:
        yield from ((name, Sort.WORD, one.cluster) for name, one in site.environments.items())
    elif keys[-2:] == ("deploy", "cluster") and site:
        yield from ((name, Sort.WORD, "cluster") for name in site.kubernetes.clusters)


def _stages(root: Node, path: Path) -> Iterator[str]:
    pipeline = names.pipeline_of(root, path)
    yield from (stage.name.text for stage in (names.stages(pipeline) if pipeline else ()))


def _values(analysis: Analysis, at: Typing, reference: re.Match[str]) -> Iterator[Proposal]:
    """The stages, or the values of one, that a reference can name here."""
    pipeline, stage = names.pipeline_of(at.root, at.path), names.stage_of(at.root, at.path)
    if pipeline is None:
        return
    own = stage.name.text if stage else ""
    by_name = {one.name.text: one for one in names.stages(pipeline) if WORD not in one.name.text}
    earlier = [name for name in names.before(pipeline, own) if name in by_name]
    written, dot, key = reference.groups()
    if not dot:
        yield Proposal("setup", Sort.STAGE, "setup", len(written), "what is known before the first stage")
        yield from (Proposal(name, Sort.STAGE, name, len(written), "stage") for name in reversed(earlier))
        return
    if written == "setup":
        bound = {name: found.text or "" for name, found in names.setup(analysis, str(at.path[1])).items()}
    else:
        owner = stage if not written else by_name.get(written) if written in earlier else None
        values = names.binds(owner) if owner else {}
        bound = {name: f"{value.step or 'name'} of {written or own}" for name, value in values.items()}
    for name, detail in bound.items():
        yield Proposal(name, Sort.VALUE, name, len(key or ""), detail)
