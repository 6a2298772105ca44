"""What a workflow says, in the order in which the template lays it out.

Small frozen values, no decisions. Texts may contain GitHub's expressions; what a config says has been made literal
(`names.literal`) before it comes here. Every text leaves through a filter of the template's.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from transpiler.program import Deployment
from transpiler.quoting import yaml_line
from transpiler.records import dataclass

# The inputs of ours that are no texts; a stage may be called `true`, or by a number too long for a reader.
_NUMBERS = re.compile("true|false|[1-9][0-9]{0,3}|0")
_TEXTS = ("name", "path")

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: an action with its `inputs`, or a program. `uses` has the version as a comment after ` # `."""

    name: str
    id: str = ""
    condition: str = ""
    continues: bool = False
    env: Pairs = ()
    uses: str = ""
    inputs: Pairs = ()
    run: tuple[str, ...] = ()

    @property
    def given(self) -> Pairs:
        """The inputs as they are written: numbers and booleans without quotes."""
        return tuple(
            (n, text if n not in _TEXTS and _NUMBERS.fullmatch(text) else yaml_line(text)) for n, text in self.inputs
        )

    @property
    def action(self) -> str:
        """The action, without its comment."""
        return self.uses.partition(" #")[0]

    @property
    def version(self) -> str:
        """The comment behind the action, "" for none."""
        return self.uses.partition(" #")[2].strip()


@dataclass(frozen=True, slots=True)
class Permission:
    """What a job's token may do; `why` is for whoever reads the workflow, "" where it is plain."""

    name: str
    level: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `condition` "" stands for success of all that it needs."""

    id: str
    name: str
    steps: tuple[Step, ...]
    runs_on: tuple[str, ...]
    timeout: int
    comment: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    condition: str = ""
    permissions: tuple[Permission, ...] = ()
    env: Pairs = ()
    outputs: Pairs = ()
    environment: Deployment | None = None


@dataclass(frozen=True, slots=True)
class When:
    """The events that start a workflow. `branches` are patterns; `by_hand`: nothing else starts it."""

    change: bool
    merge_queue: bool
    branches: tuple[str, ...]
    tags: bool
    schedule: tuple[str, ...]

    @property
    def by_hand(self) -> bool:
        """Whether no event starts it."""
        return not (self.change or self.branches or self.tags or self.schedule)


@dataclass(frozen=True, slots=True)
class Workflow:
    """The whole file. `group` is shared by runs of which the newest replaces the others, if `supersedes`."""

    name: str
    slug: str
    when: When
    group: str
    supersedes: str
    jobs: tuple[Job, ...]
