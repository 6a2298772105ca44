"""The state of one program while it is being written: how it reads each reference, and what it needs for that.

A program reads only what its lines use. `Scope.resolve` records that use: a stage's value is added to `Draft.heads`, a
key of `setup` to `Draft.setup`, an environment variable to `Draft.environment`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from transpiler import ir
from transpiler.expressions import Ref, Source, Text
from transpiler.lowering import words
from transpiler.lowering.flow import Flow
from transpiler.lowering.origins import Origins
from transpiler.lowering.shell import Lines
from transpiler.lowering.slugs import Variables
from transpiler.lowering.words import Part, Variable
from transpiler.profile import Profile
from transpiler.program import ValueFile, setup_variable
from transpiler.quoting import sh, sh_double
from transpiler.records import dataclass, replace

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_$./:@+,{}-]+")
_ASSURED = frozenset({"project", "projectShortName", "timestamp", "commit"})


@dataclass(frozen=True, slots=True)
class Entered:
    """The stage in whose container a person opens a shell (`transpipe run --shell`). Its container is made before its
    services start, so that there is one if they fail. `at_once`: its command is not started, and no step follows."""

    pipeline: str
    stage: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """What all stages of one pipeline share. `folder` is the config's in the checkout, "" for the checkout's top;
    `events` are those that the pipeline runs on."""

    project: str | None
    pipeline: str
    profile: Profile
    flow: Flow
    origins: Origins
    folder: str = ""
    entered: Entered | None = None
    events: tuple[ir.Event, ...] = ()

    @property
    def engine(self) -> str:
        """The container command: `docker` or `podman`."""
        return self.profile.container


@dataclass(slots=True)
class Draft:
    """One program while it is being written. `own` are the values that the stage has bound so far, `heads` the
    variables for values of other stages, `functions` the shell functions that it needs, and `late` the keys that the
    section `# values` writes to their files."""

    site: Site
    stage: ir.Stage
    variables: Variables
    tolerant: bool = False  # a mail: values may not have been bound
    own: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    heads: dict[tuple[str, str], str] = field(default_factory=dict)
    reads: dict[tuple[str, str], ValueFile] = field(default_factory=dict)
    setup: dict[str, None] = field(default_factory=dict)
    environment: dict[str, None] = field(default_factory=dict)
    functions: dict[str, Lines] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()
    registry: bool = False
    push_registry: bool = False
    artifacts: bool = False
    root: bool = False
    layers: bool = False

    @property
    def slug(self) -> str:
        """The stage's slug."""
        return self.site.flow.slugs[self.stage.name]

    @property
    def entered(self) -> Entered | None:
        """How a person enters this stage, if one does."""
        entered = self.site.entered
        return entered if entered and entered.stage == self.stage.name else None

    def file(self, name: str) -> str:
        """A file of this stage in `$values`, as text for the inside of double quotes."""
        return sh_double_path(f"{self.slug}.{name}")

    def value_file(self, key: str, stage: str = "") -> str:
        """The file of a value that this or another stage binds, as text for the inside of double quotes."""
        return sh_double_path(self.site.flow.files[stage or self.stage.name, key].file)

    def is_read(self, key: str) -> bool:
        """Whether a step of this stage, a later stage or a mail reads the value that this stage binds to `key`."""
        flow, where = self.site.flow, (self.stage.name, key)
        return where in flow.outside or where in flow.mailed or key in flow.own[self.stage.name]

    def bind(self, key: str, *found: Part) -> Lines:
        """Binds a value, and returns the lines that write its file now. The stage's own mail needs it even if a later
        line fails; for all other readers the section `# values` at the end writes it."""
        self.own[key] = found
        where = (self.stage.name, key)
        if where in self.site.flow.mailed:
            return (self.write(key),)
        if where in self.site.flow.outside:
            self.late.append(key)
        return ()

    def write(self, key: str) -> str:
        """The line that writes a value's file."""
        return f'printf %s {words.word(self.own[key])} > "{self.value_file(key)}"'

    def head(self) -> Lines:
        """The first lines of the program, which read the values of earlier stages."""
        return tuple(self._read(key, variable) for key, variable in self.heads.items())

    def _read(self, key: tuple[str, str], variable: str) -> str:
        file = f'"{sh_double_path(self.site.flow.files[key].file)}"'
        if self.tolerant:
            return f"{variable}=$(cat {file} 2>/dev/null || :)"
        return read_file(variable, file, exact=key in self.site.flow.ends_in_newline)


def sh_double_path(name: str) -> str:
    """A file in `$values`, as text for the inside of double quotes."""
    return f"$values/{sh_double(name)}"


def read_file(variable: str, file: str, *, exact: bool) -> str:
    """A line that reads a file (a shell word) into a variable. `$(…)` drops final newlines; `exact` keeps them."""
    if exact:
        return f"{variable}=$(cat {file} && echo .); {variable}=${{{variable}%.}}"
    return f"{variable}=$(cat {file})"


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that can be read at one place of a program. `loops` are the variables of the loops around it."""

    draft: Draft
    loops: Mapping[str, str] = field(default_factory=dict)
    splitting: bool = False  # inside a loop that has turned file-name patterns off

    def inside(self, names: Iterable[tuple[str, str]], *, splitting: bool) -> Scope:
        """Returns the scope inside a loop; `names` are pairs of the loop's name and its shell variable."""
        return replace(self, loops={**self.loops, **dict(names)}, splitting=splitting)

    def parts(self, text: Text) -> tuple[Part, ...]:
        """The text with its references resolved."""
        return words.parts(text, self.resolve)

    def word(self, text: Text) -> str:
        """The text as one shell word."""
        return words.word(self.parts(text))

    def known(self, text: Text) -> str | None:
        """Returns the text if it is known at compile time, else None."""
        return words.known(self.parts(text))

    def resolve(self, ref: Ref) -> tuple[Part, ...]:
        """Returns the literals and variables that make up the referenced value, and records its use."""
        match ref.source:
            case Source.LOOP:
                return (Variable(self.loops[ref.key]),)
            case Source.ENVIRONMENT:
                self.draft.environment[ref.key] = None
                return (Variable(ref.key, assured=False),)
            case Source.SETUP:
                return self._setup(ref.key)
            case Source.STAGE:
                return self._stage(ref)

    def is_step_output(self, ref: Ref) -> bool:
        """Whether a step binds the value, so that its form is known. An export may have the same name."""
        return ref.source is Source.STAGE and (ref.stage, ref.key) in self.draft.site.flow.step_outputs

    def _setup(self, key: str) -> tuple[Part, ...]:
        site = self.draft.site
        folded = {"pipeline": site.pipeline, "stage": "setup"}
        if site.project is not None:
            folded |= {"project": site.project, "projectShortName": site.project.rpartition("/")[2]}
        if site.profile.proxy:
            folded["httpProxy"] = site.profile.proxy
        if key in folded:
            return (folded[key],)
        self.draft.setup[key] = None
        return (Variable(setup_variable(key), assured=key in _ASSURED),)

    def _stage(self, ref: Ref) -> tuple[Part, ...]:
        draft = self.draft
        if ref.key == "stage":
            return (ref.stage,)
        if ref.stage == draft.stage.name and not draft.tolerant:
            return draft.own.get(ref.key, ())
        key = (ref.stage, ref.key)
        if key not in draft.site.flow.files:
            return ()
        if key not in draft.heads:
            own = ref.stage == draft.stage.name
            draft.heads[key] = draft.variables.take(ref.key if own else f"{ref.stage}_{ref.key}")
            draft.reads[key] = draft.site.flow.files[key]
        return (Variable(draft.heads[key]),)


def path_word(scope: Scope, text: Text, *, at_root: bool = False) -> str:
    """A path as a shell word that no command takes for an option, or for `-` (its standard input).

    `at_root`: the path is relative to the repository's root, whatever the stage's directory.
    """
    found = scope.parts(text)
    if at_root and scope.draft.stage.directory != "." and not _absolute(found):
        scope.draft.root = True
        return words.word((Variable("root"), "/", *found)) if found else '"$root"'
    if not found:
        return "."
    first = found[0]
    if isinstance(first, str):
        return words.word(("./" + first, *found[1:])) if first.startswith("-") else words.word(found)
    return words.word(("./", *found)) if at_root else words.word(found)


def inside(draft: Draft, word: str) -> str:
    """A line that ends the program if a directory (a shell word) is outside the checkout, by a link or `..`. Anything
    that is not a directory is accepted, because it may be a URL."""
    draft.root = True
    draft.functions["inside"] = (
        "inside() { # DIRECTORY",
        '    case $(cd -P -- "$1" 2> /dev/null && pwd -P)/ in',
        '        / | "$root"/*) ;;',
        '        *) echo "$1 leads out of the checkout" >&2; exit 1 ;;',
        "    esac",
        "}",
    )
    return f"inside {word}"


def _absolute(found: tuple[Part, ...]) -> bool:
    return bool(found) and isinstance(found[0], str) and found[0].startswith("/")


def guard(found: tuple[Part, ...], *, safe: bool) -> str:
    """Returns `--` if the next word might begin with a `-`, else ""."""
    if safe:
        return ""
    first = found[0] if found else ""
    return "" if isinstance(first, str) and first and not first.startswith("-") else "--"


def assign(variable: str, found: tuple[Part, ...]) -> str:
    """A line that sets a variable. The shell does not split or glob the value of an assignment, so values without
    special characters need no quotes."""
    text = words.known(found)
    if text is not None:
        return f"{variable}={sh(text)}"
    inside = words.inside(found)
    return f"{variable}={inside}" if _NEEDS_NO_QUOTES.fullmatch(inside) else f'{variable}="{inside}"'
