"""Reads an emitted Jenkinsfile back: its pipelines, their events, their stages, the order and programs of these.

It accepts only the forms that transpipe emits, and raises Unreadable for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import field
from functools import lru_cache
from typing import NamedTuple

from transpiler.ir import Event
from transpiler.program import ReadPipeline
from transpiler.records import dataclass
from transpiler.targets.jenkins.methods import Tokens, asking, calls, closing, is_part, on_node, sign_at
from transpiler.targets.jenkins.tokens import Sort, Token, Unreadable, closed, program, stretches, tokens

__all__ = ["Unreadable", "read"]

_SLUG_COMMENT = " in the names of files and containers"
_DECIDES = "return withEnv(comparedWith()) { sh(label: changes, returnStatus: true, script:) != 99 }".replace(" ", "")


class _Part(NamedTuple):
    """A section of the file: its tokens at the top level, each method's body (without the parameters of its `def`), and
    all words and signs in them."""

    top: tuple[Token, ...]
    methods: tuple[tuple[str, tuple[Token, ...]], ...]
    words: frozenset[str]


def read(files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
    """Returns the pipelines in the files, in file order. Raises Unreadable."""
    return tuple(pipeline for text in files.values() for pipeline in _pipelines(text))


def _pipelines(text: str) -> Iterator[ReadPipeline]:
    parts = _parts(text)
    methods = dict(method for part in parts for method in part.methods)
    if len(methods) < sum(len(part.methods) for part in parts):
        raise Unreadable("a method comes twice")
    conditions: dict[str, frozenset[Event]] = {}
    gated = {name for name, body in methods.items() if is_part(body)}
    pieces = {name for name, body in methods.items() if gated and name not in gated and calls(body, gated)}
    whole = {
        name for name, body in methods.items() if sign_at(body, 0) == "onNode" and sign_at(body, len(body) - 1) == "}"
    }
    pipelines = {name: body for name, body in methods.items() if name in whole | pieces}
    for part in parts:
        if not part.words.isdisjoint(pipelines):
            for body in (part.top, *(body for _, body in part.methods)):
                _conditions(body, frozenset(Event), conditions, pipelines.keys())
    for name, body in pipelines.items():
        yield _Walk(methods, conditions.get(name, frozenset())).pipeline(body)


def _parts(text: str) -> list[_Part]:
    """Splits the file into parts. A section that cannot be read alone is read together with the rest of the file."""
    parts: list[_Part] = []
    begin = 0
    for stretch in stretches(text):
        part = _part(stretch)
        if part is None:
            return [*parts, _taken_apart(tokens(text[begin:]))]
        parts.append(part)
        begin += len(stretch)
    return parts


@lru_cache(maxsize=256)
def _part(stretch: str) -> _Part | None:
    """Reads a section alone; None if that is not possible. It is cached, because most sections are the same in all
    files."""
    found = closed(stretch)
    try:
        return _taken_apart(found) if found is not None else None
    except Unreadable:
        return None


def _taken_apart(found: Tokens) -> _Part:
    top: list[Token] = []
    methods: list[tuple[str, tuple[Token, ...]]] = []
    at = 0
    while at < len(found):
        if sign_at(found, at) == "def" and sign_at(found, at + 2) == "(":
            start = closing(found, at + 2) + 1
            end = closing(found, start)
            methods.append((found[at + 1].text, tuple(found[start + 1 : end])))
            at = end + 1
        else:
            top.append(found[at])
            at += 1
    return _Part(tuple(top), tuple(methods), frozenset(token.text for token in found if token.sort is Sort.WORD))


def _conditions(
    body: Tokens, events: frozenset[Event], found: dict[str, frozenset[Event]], pipelines: Set[str]
) -> None:
    """Adds to `found` the events for which each pipeline's method is called: those of the `if` around the call, or
    all."""
    at = 0
    while at < len(body):
        sort, name = body[at]
        if sort is not Sort.WORD:
            at += 1
            continue
        if name == "if" and sign_at(body, at + 1) == "(" and sign_at(body, at + 2) in ("happened", "whatHappened"):
            end = closing(body, at + 1)
            wanted = frozenset(Event(t.text) for t in body[at + 2 : end] if t.sort is Sort.TEXT)
            close = closing(body, end + 1)
            _conditions(body[end + 2 : close], events & wanted, found, pipelines)
            at = close + 1
            continue
        if name in pipelines and sign_at(body, at + 1) == "(" and (not at or sign_at(body, at - 1) != "."):
            if name in found:
                raise Unreadable(f"{name} is called twice")
            found[name] = events
        at += 1


@dataclass(slots=True)
class _Walk:
    """Follows one pipeline's calls from method to method and collects its stages."""

    methods: Mapping[str, Tokens]
    events: frozenset[Event]
    stages: list[str] = field(default_factory=list)
    edges: set[tuple[str, str]] = field(default_factory=set)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    deciding: str = ""
    gates: set[str] = field(default_factory=set)
    slugs: set[str] = field(default_factory=set)

    def pipeline(self, body: Tokens) -> ReadPipeline:
        if sign_at(body, 0) == "onNode":
            (slug, *_), inside = on_node(body)
            self._series(self._decided(inside) if sign_at(inside, 0) == "if" else inside)
        else:
            self._series(self._decided_before(body) if sign_at(body, 0) == "def" else body)
            (slug,) = self.slugs
        return ReadPipeline(
            slug,
            self.events,
            tuple(self.stages),
            frozenset(self.edges),
            tuple(self.scripts),
            self.deciding,
            frozenset(self.gates),
        )

    def _part(self, body: Tokens) -> tuple[list[str], list[str]]:
        """Reads a part of a pipeline that a person approves on its way: the question, then the node that starts only
        once it is answered."""
        asked = asking(body)
        (name, *_), inside = on_node(body[asked:])
        self.slugs.add(name.partition(".")[0])
        heads, tails = self._series(inside)
        if asked:
            if len(heads) != 1:
                raise Unreadable(f"one approval starts {len(heads)} stages")
            self.gates.add(heads[0])
        return heads, tails

    def _decided(self, body: Tokens) -> Tokens:
        """Reads `if (method()) { … }`, the whole of a pipeline, and the program of that method; returns what is
        inside."""
        end = closing(body, 1)
        close = closing(body, end + 1)
        if end != 5 or close != len(body) - 1:  # `if (method()) {`, and nothing after it
            raise Unreadable("a pipeline runs whatever is decided")
        self._decides(body[2].text)
        return body[end + 2 : close]

    def _decided_before(self, body: Tokens) -> Tokens:
        """Reads a pipeline that decides on a node of its own, before its parts: `def runs = false onPart(…) { runs =
        method() } if (runs) { … }`, and the program of that method; returns what is inside."""
        close = closing(body, closing(body, 5) + 1)
        name = body[close - 3].text
        told, after = "".join(t.text for t in body[close - 6 : close + 6]), close + 5
        begin = "".join(token.text for token in body[:5])
        if (begin, told) != ("defruns=falseonPart", f"{{runs={name}()}}if(runs){{"):
            raise Unreadable("a pipeline runs whatever is decided")
        self._decides(name)
        end = closing(body, after)
        if end < len(body) - 1 and (sign_at(body, end + 1), closing(body, end + 2)) != ("reportOnNode", len(body) - 1):
            raise Unreadable("a pipeline runs whatever is decided")
        return body[after + 1 : end]

    def _decides(self, name: str) -> None:
        """Reads the method that decides, and its program."""
        method = self.methods[name]
        scripts = [token.text for token in method if token.sort is Sort.SHELL]
        around = [token.text for token in method if token.sort is not Sort.SHELL]
        if "".join(around) != _DECIDES or len(scripts) != 1:
            raise Unreadable("a pipeline runs whatever is decided")
        text, _, told = program(scripts[0]).rpartition("\n")
        if told != '[ "$runs" != no ] || exit 99':
            raise Unreadable("a program does not tell what it has decided")
        self.deciding = text

    def _series(self, body: Tokens) -> tuple[list[str], list[str]]:
        """Reads statements; returns the stages in them that have no predecessor there, and those with no successor."""
        first: list[str] = []
        last: list[str] = []
        at = 0
        while at < len(body):
            if body[at].sort is Sort.COMMENT:
                at += 1
                continue
            end = closing(body, at + 1)
            if body[at].text in ("finally", "takeOver", "handOn", "reportOnNode"):
                at = end + 1
                continue
            if body[at].text == "withEnv":
                close = closing(body, end + 1)
                heads, tails = self._statement("try", body[end + 2 : close])
                end = close
            else:
                heads, tails = self._statement(body[at].text, body[at + 2 : end])
            self.edges.update((a, b) for a in last for b in heads)
            first = first or heads
            last = tails or last
            at = end + 1
        return first, last

    def _statement(self, name: str, arguments: Tokens) -> tuple[list[str], list[str]]:
        if name == "try":
            return self._series(arguments)
        if name == "parallel":
            ends = [self._series(value[1:-1]) for _, value in self._entries(arguments)]
            return [s for heads, _ in ends for s in heads], [s for _, tails in ends for s in tails]
        if name == "runGraph":
            return self._graph(arguments)
        body = self.methods.get(name)
        if arguments or body is None:
            raise Unreadable(f"a call of {name} where only stages are called")
        if is_part(body):
            return self._part(body)
        return self._stage(body) if sign_at(body, 0) == "stage" else self._series(body)

    def _entries(self, body: Tokens) -> Iterator[tuple[str, Tokens]]:
        """The entries of a map, which is a literal, named arguments, or a sum of calls of methods that return maps."""
        if sign_at(body, 0) == "[" and closing(body, 0) == len(body) - 1:
            body = body[1:-1]
        if sign_at(body, 1) == "(":
            while body:
                returned = self.methods[body[0].text]
                if sign_at(returned, 0) != "return":
                    raise Unreadable(f"{body[0].text} should return a map")
                yield from self._entries(returned[1:])
                body = body[4:]
            return
        at = 0
        while at < len(body):
            if sign_at(body, at + 1) != ":":
                raise Unreadable("a map was expected")
            end = closing(body, at + 2)
            yield body[at].text, body[at + 2 : end + 1]
            at = end + 2

    def _graph(self, arguments: Tokens) -> tuple[list[str], list[str]]:
        ends: dict[str, tuple[list[str], list[str]]] = {}
        waits: list[tuple[str, str]] = []
        for name, value in self._entries(arguments):
            end = next(i for i, t in enumerate(value) if t.text == "stage" and t.sort is Sort.WORD)
            waits += [(t.text, name) for t in value[:end] if t.sort is Sort.TEXT]
            ends[name] = self._series(value[end + 3 : -2])
        self.edges.update((a, b) for before, name in waits for a in ends[before][1] for b in ends[name][0])
        first, last = ends.keys() - {name for _, name in waits}, ends.keys() - {name for name, _ in waits}
        heads = [stage for name, (found, _) in ends.items() if name in first for stage in found]
        return heads, [stage for name, (_, found) in ends.items() if name in last for stage in found]

    def _stage(self, body: Tokens) -> tuple[list[str], list[str]]:
        """Reads `stage('name') { // slug …`. The comment is there only if the slug differs from the name."""
        slug = body[2].text
        inside = body[5:-1]
        if inside and inside[0].sort is Sort.COMMENT and inside[0].text.endswith(_SLUG_COMMENT):
            slug = inside[0].text.removesuffix(_SLUG_COMMENT)
        scripts = [t.text for t in inside if t.sort is Sort.SHELL]
        if len(scripts) > 1:
            raise Unreadable(f"stage {slug} has {len(scripts)} programs")
        self.stages.append(slug)
        self.scripts.append((slug, program(scripts[0]) if scripts else ""))
        return [slug], [slug]
