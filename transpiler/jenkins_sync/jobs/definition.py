"""What a Jenkins job is, before it is XML: one definition for each job that a repository wants.

Values only. Where they come from is `define`'s business, how Jenkins writes them `jobxml`'s.
"""

from __future__ import annotations

from typing import TypeAlias

from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Inline:
    """The job holds the Jenkinsfile."""

    script: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class FromSource:
    """The job reads the Jenkinsfile from a branch of a git repository; `branch` as the git plugin has it."""

    url: str
    branch: str
    credential: str
    script_path: str
    lightweight: bool


@dataclass(frozen=True, slots=True)
class Multibranch:
    """A job for each branch, and for each tag if `tags`, that holds the Jenkinsfile.

    `id` is what builds know the source by: it stays when the URL changes. `scan` is a length of time such as `1h`, ""
    for no scans. `days` and `builds` bound how long a branch that is gone is kept.
    """

    id: str
    url: str
    credential: str
    script_path: str
    tags: bool
    scan: str
    days: int | None
    builds: int | None


@dataclass(frozen=True, slots=True)
class Starter:
    """A freestyle job that starts another one with its own parameters and waits for it."""

    starts: str


Body: TypeAlias = Inline | FromSource | Multibranch | Starter


@dataclass(frozen=True, slots=True)
class Parameter:
    """A text parameter of a job."""

    name: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """One job. `path` is its full name; `owner` the project, `source` what of it the job is made from: the config's
    path, `#` and the pipeline where the job runs one. `description` is the site's text, `quiet_period` in seconds."""

    path: str
    owner: str
    source: str
    body: Body
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    cron: str = ""
    poll: str = ""
    upstream: tuple[str, ...] = ()
    keep_days: int | None = None
    keep_builds: int | None = None
    concurrent: bool = True
    disabled: bool = False
    quiet_period: int | None = None
