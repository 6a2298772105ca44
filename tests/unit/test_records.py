"""What `records.dataclass` makes behaves as what the standard library's makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transpiler import records

Decorator = Callable[..., Any]


def _pair(decorate: Decorator) -> Any:
    class Pair:
        """Two values."""

        first: str
        second: list[int] = dataclasses.field(default_factory=list)
        third: int = 3
        hidden: str = dataclasses.field(default="", repr=False)

        @property
        def twice(self) -> str:
            return self.first * 2

    return decorate(frozen=True, slots=True)(Pair)


@records.dataclass(frozen=True, slots=True)
class Kept:
    """One that can be found again by its name."""

    name: str
    more: tuple[int, ...] = ()


@records.dataclass(slots=True)
class Loose:
    """One that may change."""

    name: str
    found: list[str] = dataclasses.field(default_factory=list)


@records.dataclass(frozen=True, slots=True)
class Empty:
    """One without fields."""


@pytest.mark.parametrize(
    "use",
    [
        lambda pair: repr(pair("a", [1], hidden="secret")),
        lambda pair: pair("a") == pair("a"),
        lambda pair: pair("a") == pair("b"),
        lambda pair: pair("a") == ("a", [], 3, ""),
        lambda pair: pair("a").second is pair("a").second,
        lambda pair: pair("a").twice,
        lambda pair: repr(dataclasses.replace(pair("a"), third=4)),
        lambda pair: records.replace(pair("a"), third=4) == dataclasses.replace(pair("a"), third=4),
        lambda pair: [field.name for field in dataclasses.fields(pair)],
        lambda pair: dataclasses.asdict(pair("a")),
        lambda pair: pair.__match_args__,
        lambda pair: hash(pair("a", ())) == hash(pair("a", ())),
        lambda pair: hasattr(pair("a"), "__dict__"),
        lambda pair: pair.__doc__,
    ],
    ids=[
        "shown without what is hidden",
        "equal by value",
        "different by value",
        "different from a tuple",
        "with a default of its own",
        "with properties",
        "replaced in part",
        "replaced by either",
        "listed",
        "as a dict",
        "matched",
        "hashed",
        "without a dict",
        "documented",
    ],
)
def test_it_is_as_the_standard_library_makes_it(use: Callable[[Any], object]) -> None:
    assert use(_pair(records.dataclass)) == use(_pair(dataclasses.dataclass))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda pair: pair(),
        lambda pair: pair("a", other=1),
        lambda pair: setattr(pair("a"), "first", "b"),
        lambda pair: setattr(pair("a"), "other", "b"),
        lambda pair: delattr(pair("a"), "first"),
    ],
    ids=["too few values", "an unknown one", "a change", "a new name", "a deletion"],
)
def test_what_the_standard_library_refuses_is_refused(wrong: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        wrong(_pair(dataclasses.dataclass))
    with pytest.raises((TypeError, AttributeError)):
        wrong(_pair(records.dataclass))


@pytest.mark.parametrize("value", [Kept("a", (1,)), Loose("a", ["b"]), Empty()], ids=["frozen", "loose", "empty"])
def test_it_goes_to_a_worker_process_and_back(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


def test_one_that_is_not_frozen_changes_and_has_no_hash() -> None:
    loose = Loose("a")
    loose.name = "b"
    assert loose == Loose("b")
    with pytest.raises(TypeError):
        hash(loose)


def test_all_classes_are_made_by_it() -> None:
    own = Path(records.__file__).parent
    lines = [line for path in own.rglob("*.py") if path.name != "records.py" for line in path.read_text().splitlines()]
    names = [line.partition(" import ")[2].split(", ") for line in lines if line.startswith("from dataclasses import")]
    assert [found for found in names if "dataclass" in found] == []
