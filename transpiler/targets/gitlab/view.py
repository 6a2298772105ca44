"""The content of a `.gitlab-ci.yml` as values, in the order of the template.

`emit` and the modules that it calls decide the content; the template only loops over these values. The texts are not
quoted yet: the template's filters do that.
"""

from __future__ import annotations

from typing import TypeAlias

from transpiler.program import Deployment
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
    """A job's artifacts. `paths` and `exclude` are GitLab's patterns, and so are `junit`, the files of test results,
    and `coverage`, which is one pattern, "" for none; if `expire` is "", they do not expire."""

    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    always: bool = False
    expire: str = ""
    junit: tuple[str, ...] = ()
    coverage: str = ""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Triggers another project's pipeline; `wait` says whether the job waits until it ends."""

    project: str
    wait: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job or a hidden template. A key whose value is None, "" or () is left out, except `needs`: () is `needs:
    []`."""

    name: str
    comment: tuple[str, ...] = ()
    extends: str = ""
    stage: str = ""
    yields: tuple[str, ...] = ()  # conditions under which a newer pipeline ends the job; they come before the rules
    rules: tuple[str, ...] = ()  # names of anchors
    when: str = ""
    verifies: str = ""  # the environment whose protection says who may start the job
    manual: bool = False  # a person starts the job, and what comes after it waits for that
    allow_failure: bool = False
    allowed_status: int = 0  # the exit status that is shown as a warning; 0 for none
    interruptible: bool | None = None
    image: str = ""
    entrypoint: bool = True  # False: the image's own entry point is not run
    services: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    timeout: str = ""
    resource_group: str = ""
    environment: Deployment | None = None
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
    """A rule of `workflow`; `anchor` is "" if no pipeline refers to it, `why` a comment."""

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
    """The whole file. `yields`: a newer pipeline of the same merge request ends what is interruptible."""

    yields: bool
    rules: tuple[Rule, ...]
    columns: tuple[str, ...]
    sections: tuple[Section, ...]
