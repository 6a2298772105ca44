"""Configs as people write them, made at random: every dialect, comments wherever YAML takes one, blocks and braces,
quotes, anchors and aliases, blank lines."""

from __future__ import annotations

from random import Random
from typing import TypeAlias

from support.migration import VARIANTS

Data: TypeAlias = "str | int | bool | list[Data] | dict[str, Data] | None"
PIPELINES = ("test", "publish", "web", "api")
DIRECTORIES = ("src", "src/web", ".")
TAGS = ("stable", "1.2", "${setup.tag}")


class Writer:
    """Writes data as YAML, in a way of its own each time."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._comments = 0
        self._anchors: dict[str, str] = {}

    def document(self, data: Data) -> str:
        """The text of a whole file."""
        maybe = self._maybe
        start = "%YAML 1.2\n---\n" if maybe(0.05) else "---\n" if maybe(0.1) else ""
        lines = [f"{start}# {self._number()}" if maybe(0.3) else start.rstrip()]
        space = " " if maybe(0.1) else ""
        body = [f"{space}{line}" if line else "" for line in self._block(data)]
        end = [f"# {self._number()}"] if maybe(0.3) else []
        text = "\n".join([*(line for line in lines if line), *body, *end])
        return text if maybe(0.1) else f"{text}\n"

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    def _number(self) -> int:
        self._comments += 1
        return self._comments

    def _above(self) -> list[str]:
        blank = [""] if self._maybe(0.1) else []
        spaces = " " * self._chance.choice((0, 0, 0, 2))
        return [*blank, *(f"{spaces}# {self._number()}" for _ in range(2) if self._maybe(0.1))]

    def _beside(self) -> str:
        return f"  # {self._number()}" if self._maybe(0.2) else ""

    def _block(self, data: Data) -> list[str]:
        """The lines of a collection, from the first column on."""
        lines: list[str] = []
        if isinstance(data, dict):
            for key, value in data.items():
                lines += [*self._above(), *self._entry(f"{key}:", value, dash=False)]
        elif isinstance(data, list):
            for value in data:
                lines += [*self._above(), *self._entry("-", value, dash=True)]
        return [*lines, *(f"# {self._number()}" for _ in range(1) if self._maybe(0.1))]

    def _entry(self, head: str, value: Data, *, dash: bool) -> list[str]:
        if isinstance(value, dict | list) and value and self._maybe(0.7):
            nested = self._block(value)
            first = nested[0].startswith(("#", " ")) or not nested[0]
            if dash and not first and self._maybe(0.9):
                return [f"- {nested[0]}", *(f"  {line}" if line else "" for line in nested[1:])]
            shift = "" if isinstance(value, list) and not dash and not first and self._maybe(0.3) else "  "
            if shift == "" and any(line.startswith(" #") for line in nested):
                shift = "  "
            return [f"{head}{self._beside()}", *(f"{shift}{line}" if line else "" for line in nested)]
        if isinstance(value, list) and len(value) > 1 and self._maybe(0.15):
            items = [self._flow(item) for item in value]
            more = (f"    {item},{self._beside()}" for item in items[1:])
            return [f"{head} [{items[0]},{self._beside()}", *more, f"  ]{self._beside()}"]
        return [f"{head} {self._flow(value)}{self._beside()}"]

    def _flow(self, value: Data) -> str:
        known = self._anchors.get(repr(value))
        if known and value is not None and self._maybe(0.7):
            return f"*{known} "
        if value is not None and self._maybe(0.05) and repr(value) not in self._anchors:
            written, name = self._bare(value), f"a{len(self._anchors)}"
            self._anchors[repr(value)] = name
            return f"&{name} {written}"
        return self._bare(value)

    def _bare(self, value: Data) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self._flow(v)}" for key, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._flow(v) for v in value) + "]"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Word):
            return str(value)
        if not isinstance(value, str):
            return "" if value is None else str(value)
        quoted = [f"'{value}'", f'"{value}"']
        plain = [] if not value or any(c in value for c in "{}[],#:") or value[0] in "0123456789 " else [value] * 3
        return self._chance.choice(quoted + plain)


def some(chance: Random, things: tuple[str, ...], most: int) -> list[str]:
    """A few of them, each once, one at least."""
    return chance.sample(things, chance.randint(1, min(most, len(things))))


def given(chance: Random, **values: Data) -> dict[str, Data]:
    """Some of these entries."""
    return {key: value for key, value in values.items() if chance.random() < 0.5}


def flat_list(chance: Random) -> Data:
    """Dialect A."""
    names = some(chance, ("one", "two", "three", "four", "five"), 5)
    return [
        {
            "name": name,
            "stage": chance.choice(("test", "production", "lint")),
            **given(chance, blubberfile="web/blubber.yaml", directory=chance.choice(DIRECTORIES)),
            "variant": chance.choice(VARIANTS),
        }
        for name in names
    ]


def _with_top(chance: Random, pipelines: dict[str, Data]) -> Data:
    top: dict[str, Data] = given(chance, project="team/ores", concurrency=2)
    more: dict[str, Data] = {"x-more": {"a": ["b", 1]}}
    return {**top, **given(chance, **more), "pipelines": pipelines}


def variants(chance: Random) -> Data:
    """Dialect B."""
    return _with_top(chance, {name: _variants(chance) for name in some(chance, PIPELINES, 3)})


def _variants(chance: Random) -> Data:
    tests = some(chance, VARIANTS, 3)
    production: Data = chance.choice(("production", "unit", False, True)) if chance.random() < 0.7 else "production"
    return {
        **given(chance, blubberfile="blubber.yaml", directory=chance.choice(DIRECTORIES), helmConfig="web/helm.yaml"),
        "variants": {
            "test": tests[0] if len(tests) == 1 else list(tests),
            **({} if production is True else {"production": production}),
        },
    }


def plans(chance: Random) -> Data:
    """Dialect C."""
    return _with_top(chance, {name: _plan(chance) for name in some(chance, PIPELINES, 3)})


def _plan(chance: Random) -> Data:
    names = some(chance, VARIANTS, 5)
    stages: list[Data] = [_plan_stage(chance, name) for name in names]
    execution: list[Data] = [names[0]]
    left = names[1:]
    while left:
        count = chance.randint(1, 3)
        taken, left = left[:count], left[count:]
        execution.append(taken[0] if len(taken) == 1 else list(taken))
    chance.shuffle(stages)
    return {
        **given(chance, blubberfile="blubber.yaml", directory=chance.choice(DIRECTORIES)),
        "execution": execution,
        **({"stages": stages} if chance.random() < 0.8 else {}),
    }


def _plan_stage(chance: Random, name: str) -> Data:
    published: list[Data] = []
    if chance.random() < 0.3:
        published.append({"type": "files", "paths": list(some(chance, ("out/", "log/junit.xml", "docs/*"), 2))})
    image = chance.random() < 0.4
    if image:
        published.append({"type": "image", **given(chance, tags=list(some(chance, TAGS, 2)))})
    chance.shuffle(published)
    charts: list[Data] = [{"chart": f"https://charts.example.org/{n}.tgz"} for n in some(chance, ("a", "b"), 2)]
    return {
        "name": name,
        **given(chance, variant=chance.choice(VARIANTS)),
        **({"publish": published} if published else {}),
        **(given(chance, testDeploy=charts, deploy=True) if image else {}),
    }


def tolerated(chance: Random) -> Data:
    """Version 0, with what it tolerates."""
    pipelines: dict[str, Data] = {}
    for name in some(chance, PIPELINES, 3):
        stages: list[Data] = [_tolerated_stage(chance, variant) for variant in some(chance, VARIANTS, 4)]
        pipelines[name] = {
            **given(chance, fetch={"submodules": Word("no")}, directory="src", blubberfile="blubber.yaml"),
            "stages": stages if chance.random() < 0.9 else [],
        }
    return _with_top(chance, pipelines)


class Word(str):
    """A text that is never quoted."""

    __slots__ = ()


def _tolerated_stage(chance: Random, name: str) -> Data:
    run: Data = {
        **given(chance, arguments=["x", 1, Word("1.10"), True], env={"A": 2, "B": "b"}),
        "tail": 2,
    }
    if chance.random() < 0.3:
        run = {"env": [{"A": 2}, {"B": Word("012")}]}
    publishes: tuple[Data, ...] = (
        {"image": True},
        {"image": True, "tags": ["a", Word("1.0")]},
        {"image": {"tag": ""}},
        {"image": {"tag": None, "tags": ["b"]}},
        {"image": {"tag": "", "name": "ores", "tags": ["a"]}},
    )
    promotions: tuple[Data, ...] = (True, Word("yes"), [{"chart": "ores"}])
    charts: tuple[Data, ...] = ("https://x.org/y.tgz", "ores", {"name": "ores"})
    steps: dict[str, Data] = {"name": name, "build": chance.choice(VARIANTS), **given(chance, run=run)}
    if chance.random() < 0.5:
        more: dict[str, Data] = {
            "promote": chance.choice(promotions),
            "deploy": {"chart": chance.choice(charts), "test": Word("off")},
        }
        steps |= {"publish": chance.choice(publishes), **given(chance, **more)}
    return steps
