"""What a `.gitlab-ci.yml` says, in the order in which the template lays it out.

Small frozen values, no decisions: `layout` and its neighbours decide, the template only loops over these. Texts here
are not yet quoted; every one of them leaves through a filter.
"""

from __future__ import annotations

from typing import TypeAlias

from transpiler.records import dataclass

Line: TypeAlias = str
Block: TypeAlias = tuple[str, ...]
Script: TypeAlias = tuple[Line | Block, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """A job to wait for, and whether its artifacts come along."""

    job: str
    artifacts: bool


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What a job leaves: `paths` and `exclude` are GitLab's patterns already; `expire` "" keeps them."""

    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    always: bool = False
    expire: str = ""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Another project's pipeline to start; `wait`: until it ends."""

    project: str
    wait: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job or a hidden template. None, "" and () leave a key out, but for `needs`: () says `needs: []`."""

    name: str
    comment: tuple[str, ...] = ()
    extends: str = ""
    stage: str = ""
    rules: tuple[str, ...] = ()  # names of anchors
    when: str = ""
    allow_failure: bool = False
    interruptible: bool = False
    image: str = ""
    entrypoint: bool = True  # False: the image's own entry point is put aside
    services: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    timeout: str = ""
    resource_group: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    raw: bool = False  # variables are literal: GitLab must not expand a `$`
    needs: tuple[Need, ...] | None = None
    dependencies: tuple[str, ...] | None = None
    before_script: Script | None = None
    script: Script = ()
    after_script: Script | None = None
    artifacts: Artifacts | None = None
    trigger: Bridge | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition under which anything runs at all; `anchor` "" where no pipeline refers to it."""

    anchor: str
    condition: str
    never: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The jobs of one pipeline under a heading."""

    title: str
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class File:
    """The whole file."""

    rules: tuple[Rule, ...]
    columns: tuple[str, ...]
    sections: tuple[Section, ...]
