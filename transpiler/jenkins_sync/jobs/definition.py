"""The types of a Jenkins job's definition. `define.py` makes definitions, `xml.py` writes them as XML."""

from __future__ import annotations

from typing import TypeAlias

from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Inline:
    """The job's configuration contains the Jenkinsfile."""

    script: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class FromSource:
    """The job reads the Jenkinsfile from a git repository; `branch` has the form that the git plugin expects."""

    url: str
    branch: str
    credential: str
    script_path: str
    lightweight: bool


@dataclass(frozen=True, slots=True)
class Multibranch:
    """A job for each branch, and for each tag if `tags`, that contains the Jenkinsfile.

    `id` identifies the source in builds; it does not change with the URL. `scan` is a duration such as `1h`, "" for no
    scans. `days` and `builds` limit how long a deleted branch is kept.
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
    """One job. `path` is its full name; `owner` is the project; `source` is the config's path, followed by `#` and the
    pipeline if the job runs only one. `description` is the site's text; `quiet_period` is in seconds; `disabled` is
    None if a job stays as people disable or enable it."""

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
    disabled: bool | None = False
    quiet_period: int | None = None
