"""What a run of a plan takes of an engine, for `transpipe graph --cost`."""

from __future__ import annotations

from typing import NamedTuple


class Count(NamedTuple):
    """How many jobs start, and how many images go from one of them to another through a registry or an artifact."""

    jobs: int
    images: int
