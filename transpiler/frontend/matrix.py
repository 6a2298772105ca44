"""Stages with a `matrix`: each stands for one stage for each combination of the matrix's values.

They are expanded before anything else is read, so that all later code, and every engine, sees stages that could as well
have been written out by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from collections.abc import Mapping as Mappings
from itertools import islice, product
from math import prod
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Span
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.sizes import check_name
from transpiler.frontend.suggestions import these
from transpiler.frontend.values.plain import plain
from transpiler.frontend.values.scope import RUNTIME, Binding, Bindings
from transpiler.image_names import clean_tag
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence
from transpiler.steps import STEPS

MAX_MEMBERS = 64
MAX_COMBINATIONS = 4_096
"""The limit on the combinations of one matrix before any is excluded."""

RESERVED = ("setup", "teardown")
_BOUND = frozenset({"stage", *(name for kind in STEPS for name in kind.binds)})
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MEMBER_COST = 200
"""The cost of a member, in characters (`Context.work`): about 10,000 fit into one config."""

_Lists: TypeAlias = Mappings[str, tuple[str, ...]]
_Combination: TypeAlias = tuple[str, ...]


class Member(NamedTuple):
    """A stage that can run: its mapping, the name that the config gives to that mapping, and what its combination
    binds. The name is its own, and nothing is bound, unless the mapping has a matrix."""

    node: Mapping
    written: str
    values: Bindings


class Stages(NamedTuple):
    """The stages of one pipeline in file order, members in place of their matrix; and the members of each stage that
    has a matrix, by the name that it is written with. `names` are all that an arc can go through."""

    by_name: Mappings[str, Member]
    members: Mappings[str, tuple[str, ...]]
    names: tuple[str, ...]

    def named(self, name: str) -> tuple[str, ...]:
        """The stages that an arc through this name goes through; empty if there is none."""
        return self.members.get(name) or ((name,) if name in self.by_name else ())


def expanded(context: Context, written: Mappings[str, Mapping]) -> Stages:
    """All stages; `written` are those of the config, by name. After a mistake in a matrix its stage still has members,
    so that few further errors follow."""
    by_name: dict[str, Member] = {}
    members: dict[str, tuple[str, ...]] = {}
    for name, node in written.items():
        matrix = node.get("matrix")
        if not isinstance(matrix, Mapping):
            by_name[name] = Member(node, name, {})
            continue
        lists = _lists(context, name, matrix)
        own = dict(_members(context, name, node, lists, matrix))
        taken = _taken(context, name, own, written.keys() | by_name.keys(), matrix)
        own = {member: stage for member, stage in own.items() if member not in taken}
        by_name |= own or {name: Member(_without_matrix(node, None), name, dict.fromkeys(lists, RUNTIME))}
        if own:
            members[name] = tuple(own)
    return Stages(by_name, members, tuple(dict.fromkeys([*written, *by_name])))


def _lists(context: Context, stage: str, matrix: Mapping) -> _Lists:
    """The lists of values by name."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in matrix.entries:
        if key.text == "exclude":
            continue
        plain(context, key)
        check_name(context, key.text, "name in a matrix", key.span)
        if not _NAME.fullmatch(key.text):
            message = f"No reference can read a value named `{key.text}`."
            context.error("bad-name", message, key.span, "Use only letters, digits, `.`, `_` and `-` in the name.")
        elif key.text in _BOUND:
            message = f"`{key.text}` is already bound in stage `{stage}`: steps bind this name themselves."
            context.error("already-bound", message, key.span, "Choose another name in the matrix.")
        found[key.text] = tuple(plain(context, item) for item in (value.items if isinstance(value, Sequence) else ()))
    return found


def _combinations(context: Context, stage: str, lists: _Lists, matrix: Mapping) -> tuple[_Combination, ...]:
    """The combinations that are not excluded, the last name moving fastest: at most `MAX_MEMBERS`."""
    first = matrix.key(next(iter(lists), ""))
    span = first.span if first else matrix.span
    count = prod(map(len, lists.values())) if lists else 0
    excluded = _excluded(context, lists, matrix.get("exclude"))
    if count > MAX_COMBINATIONS:
        message = f"The matrix of `{stage}` has {count:,} combinations; at most {MAX_COMBINATIONS:,} are allowed."
        context.error("matrix-too-large", message, span, "Shorten the lists.")
        excluded = ()
    elif not _afforded(context, stage, count * (1 + len(excluded)), matrix):
        return ()
    every = tuple(islice(product(*lists.values()), MAX_COMBINATIONS)) if count else ()
    kept = tuple(one for one in every if not any(_matches(one, item) for item in excluded))
    if not kept and count <= MAX_COMBINATIONS:
        message = f"The matrix of `{stage}` has no combination{' left' if count else ''}, so the stage would never run."
        hint = "Remove an item from `exclude`." if count else "Give each name a list with at least one value."
        context.error("matrix-empty", message, span, hint)
    elif len(kept) > MAX_MEMBERS and count <= MAX_COMBINATIONS:
        message = f"The matrix of `{stage}` stands for {len(kept):,} stages; at most {MAX_MEMBERS} are allowed."
        context.error("matrix-too-large", message, span, "Shorten the lists, or leave combinations out with `exclude`.")
    return (kept or every)[:MAX_MEMBERS]


def _afforded(context: Context, stage: str, amount: int, matrix: Mapping) -> bool:
    """Whether that much work is left. If not, it is reported once, and nothing more is computed."""
    if context.work.exhausted or context.work.spend(amount):
        return not context.work.exhausted
    message = f"The config has too many combinations in all its matrices together, up to that of `{stage}`."
    context.error("too-much-work", message, matrix.span, "Shorten the lists, or the list under `exclude`.")
    context.work.exhausted = True
    return False


_Excluded: TypeAlias = tuple[tuple[int, str], ...]
"""For one item of `exclude`, the index of each name, and the value."""


def _matches(combination: _Combination, excluded: _Excluded) -> bool:
    return all(combination[index] == value for index, value in excluded)


def _excluded(context: Context, lists: _Lists, node: Node | None) -> tuple[_Excluded, ...]:
    """The items of `exclude` without those that have a mistake."""
    order = {name: index for index, name in enumerate(lists)}
    known = {name: frozenset(values) for name, values in lists.items()}
    found: list[_Excluded] = []
    for item in node.items if isinstance(node, Sequence) else ():
        wanted: list[tuple[int, str]] = []
        entries = item.entries if isinstance(item, Mapping) else ()
        for key, value in entries:
            text = plain(context, value)
            if text in known.get(key.text, ()):
                wanted.append((order[key.text], text))
            else:
                _excludes_nothing(context, lists, key, text, value.span)
        if len(wanted) == len(entries):
            found.append(tuple(wanted))
    return tuple(found)


def _excludes_nothing(context: Context, lists: _Lists, key: Scalar, text: str, span: Span) -> None:
    """Reports that there is no list of that name, or that it does not have that value."""
    values = lists.get(key.text)
    if values is None:
        near = context.suggestions.near(key.text, lists)
        hint = near.hint(f"The names are {these(lists)}.")
        fix = fixes.word(context.document, key.span, key.text, near.name) if near.sure else None
        context.error("matrix-exclude", f"The matrix has no list `{key.text}`.", key.span, hint, fix)
    else:
        near = context.suggestions.near(text, values)
        message = f"`{key.text}` has no value `{text}`, so this item leaves nothing out."
        hint = near.hint(f"The values are {these(values)}.")
        fix = fixes.word(context.document, span, text, near.name) if near.sure else None
        context.error("matrix-exclude", message, span, hint, fix)


def _members(
    context: Context, name: str, node: Mapping, lists: _Lists, matrix: Mapping
) -> Iterator[tuple[str, Member]]:
    """The members by name; of two with the same name only the first."""
    seen: dict[str, _Combination] = {}
    for one in _combinations(context, name, lists, matrix):
        if not _afforded(context, name, _MEMBER_COST, matrix):
            return
        member = clean_tag("-".join((name, *one)))
        if member in seen:
            message = f"Two combinations of this matrix have the name `{member}`: {_shown(lists, seen[member])} and "
            message += f"{_shown(lists, one)}."
            hint = "Names are cleaned like tags: in lower case, with `-` for other characters. Change a value."
            context.error("matrix-clash", message, matrix.span, hint)
            continue
        seen[member] = one
        values = {key: Binding(value) for key, value in zip(lists, one, strict=True)}
        yield member, Member(_without_matrix(node, member), name, values)


def _taken(
    context: Context, name: str, own: Mappings[str, Member], others: Set[str], matrix: Mapping
) -> frozenset[str]:
    """The members whose name is empty, reserved, or that of another stage; each is reported."""
    found = {member: "which another stage has" for member in own if member in others}
    found |= {member: "which is reserved" for member in own if member in RESERVED}
    found |= {member: "which is empty" for member in own if not member}
    for member, why in found.items():
        message = f"A member of the matrix of `{name}` has the name `{member}`, {why}."
        context.error("matrix-clash", message, matrix.span, "Rename one of the stages, or change a value.")
    return frozenset(found)


def _without_matrix(node: Mapping, name: str | None) -> Mapping:
    """The stage's mapping as it would be written out for one member."""
    entries = (
        (key, Scalar(name, Kind.STR, value.span) if key.text == "name" and name is not None else value)
        for key, value in node.entries
        if key.text != "matrix"
    )
    return Mapping(tuple(entries), node.span)


def _shown(lists: _Lists, combination: _Combination) -> str:
    return f"`{{{', '.join(f'{name}: {value}' for name, value in zip(lists, combination, strict=True))}}}`"
