"""What a program reads, binds, needs and leaves: the parts of a plan."""

from __future__ import annotations

import re

from transpiler.ir import CredentialKind, ReportKind
from transpiler.records import dataclass

EVENT = "event"
"""The key of `setup` that holds the event of the run: a name of `ir.Event`, or any other text. Only an engine gives it
a value, and no config can read it."""

_NO_LETTER = re.compile("[^A-Za-z0-9_]")


def setup_variable(key: str) -> str:
    """The shell variable that holds ${setup.KEY}: `setup_tag`, `setup_params_NAME`."""
    return f"setup_{_NO_LETTER.sub('_', key)}"


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A value that one stage passes to another: the stage that binds it, its key, and its file's name in `$values`."""

    stage: str
    key: str
    file: str


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """A credential that the engine binds to shell variables around the program.

    `id` is the profile's; "" is the registry that comes with the engine (GitLab's own). Kinds FILE and SSH_KEY bind
    the path of a file. `exported`: the variables must be exported (a container takes them by `--env NAME`).
    `optional`: a run that may not have it, such as one for a fork's change, leaves the variables unset or empty, and
    the program does without.
    """

    id: str
    kind: CredentialKind
    variables: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """A file that becomes a build artifact: `path` in the checkout, relative to its root, `/`-separated.

    `directory` True: the program packs it as `<path>.tar.gz`, and that is what to keep; None: known only when it
    runs, so either `path` (a file) or `<path>.tar.gz` (it was a directory) is what to keep. `late`: it is kept even if
    the program has failed, and need not be there.
    """

    path: str
    directory: bool | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report for the engine to show: `path` in the checkout, as in `Archive`. `directory` True: each `.xml` file
    below the path is one; None: known only when the program runs. It need not be there."""

    kind: ReportKind
    path: str
    directory: bool | None

    @property
    def patterns(self) -> tuple[str, ...]:
        """The paths of its files as patterns in which `**` stands for any directories and `*` for a part of a name;
        what else is in the path is not quoted."""
        below = f"{self.path}/**/*.xml"
        if self.directory is None and self.path.endswith(".xml"):
            return (self.path,)
        return (below,) if self.directory else (self.path, below)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a triggered job: its known value, or else the file in `$values` that the program writes it to."""

    name: str
    text: str | None
    file: str


@dataclass(frozen=True, slots=True)
class TriggerCall:
    """Another job to start after the program has succeeded; `name` is a key of the profile's `triggers`."""

    name: str
    parameters: tuple[Parameter, ...]
    propagate: bool
    wait: bool


@dataclass(frozen=True, slots=True)
class MailProgram:
    """Composes the mail for a failed stage: shell lines that set `to` (addresses joined by ", "), `subject` and `body`.

    It has the same contract as a stage's program, but values that were not bound are empty. `files` writes the three to
    `$values/<slug>.mail.to`, `.subject` and `.body` for engines with a mail step; `send` pipes a whole message into the
    profile's mail command, and is empty if the profile has none.
    """

    compose: tuple[str, ...]
    files: tuple[str, ...]
    send: tuple[str, ...]
    setup: tuple[str, ...]
    reads: tuple[ValueFile, ...]
    literal: tuple[str, str, str] | None  # to, subject, body, if all three are known at compile time
