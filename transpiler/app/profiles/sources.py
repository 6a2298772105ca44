"""Fetches a shared profile, with everything that it extends in turn."""

from __future__ import annotations

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.profiles.load import built_in
from transpiler.frontend.profiles.shared import Section, Source, named
from transpiler.frontend.profiles.shared_mistakes import check_source
from transpiler.frontend.yaml.reader import read
from transpiler.git_fetch import Fetched, FetchError, Why
from transpiler.nodes import Mapping, Scalar
from transpiler.records import replace

_LONGEST = 16
"""How many shared profiles a chain may have."""

_HINTS = {
    Why.NO_GIT: "Install git.",
    Why.NO_SERVER: "Correct the URL, or try again when the server can be reached.",
    Why.NO_LOGIN: "Let git know the password: by a credential helper, a netrc file, or an SSH key in an agent.",
    Why.TOO_SLOW: "Try again. If a credential helper or SSH waits for an answer, set it up so that it does not ask.",
    Why.NO_COMMIT: "Name a branch, a tag or a commit that the server has with `--to`.",
    Why.NO_FILE: "Correct `path` in `extends`.",
}


def fetch(source: Source, revision: str, span: Span, fetched: Fetched, found: Diagnostics) -> tuple[Section, ...]:
    """The sections of a copy: the source at a revision, first, and then all shared profiles that it extends. None if
    something could not be fetched, which is reported at `span`."""
    wanted: Source | None = replace(source, commit=_commit(source, revision, span, fetched, found))
    sections: dict[Source, Section] = {}
    while wanted and not found.failed:
        if wanted in sections:
            _report_loop(sections, wanted, span, found)
            break
        if len(sections) == _LONGEST:
            message = f"More than {_LONGEST} shared profiles extend each other."
            found.error("profile-loop", message, span, "Let the profiles extend fewer others.")
            break
        section = _section(wanted, span, fetched, found)
        if section:
            sections[wanted] = section
            wanted = _next(section, span, fetched, found)
    return () if found.failed else tuple(sections.values())


def _report_loop(sections: dict[Source, Section], source: Source, span: Span, found: Diagnostics) -> None:
    names = [other.name for other in sections]
    circle = " → ".join([*names[names.index(source.name) :], source.name])
    hint = "Remove one of the `extends`, and name the commit that does not have it."
    found.error("profile-loop", f"The shared profile extends itself: {circle}.", span, hint)


def _commit(source: Source, revision: str, span: Span, fetched: Fetched, found: Diagnostics) -> str:
    try:
        return fetched.commit(source.git, revision)
    except FetchError as error:
        of = "The default branch" if revision == "HEAD" else f"`{revision}`"
        _report(error, f"{of} of {source.git}", span, found)
        return ""


def _section(source: Source, span: Span, fetched: Fetched, found: Diagnostics) -> Section | None:
    try:
        content = fetched.file(source.commit, source.path)
    except FetchError as error:
        _report(error, source.name, span, found)
        return None
    return Section(source, content.decode("utf-8", "surrogateescape"))


def _report(error: FetchError, what: str, span: Span, found: Diagnostics) -> None:
    reasons = {
        Why.NO_GIT: "git is not installed",
        Why.NO_SERVER: "git could not reach it",
        Why.NO_LOGIN: "the server wants a password that git does not know",
        Why.TOO_SLOW: "git did not end in time",
        Why.NO_COMMIT: "the server does not have it",
        Why.NO_FILE: "there is no such file",
    }
    said = f" ({error})" if str(error) and error.why is Why.NO_SERVER else ""
    message = f"{what} was not fetched: {reasons[error.why]}{said}."
    found.error("profile-not-fetched", message, span, _HINTS[error.why])


def _next(section: Section, span: Span, fetched: Fetched, found: Diagnostics) -> Source | None:
    """What a shared profile extends; None if that is no shared profile, or if it is wrong, which is reported."""
    own = Diagnostics()
    document = read(section.text.encode("utf-8", "surrogateescape"), section.source.name, own)
    extends = document.root.get("extends") if document and isinstance(document.root, Mapping) else None
    wanted: Source | None = None
    if isinstance(extends, Mapping):
        if check_source(extends, own):
            wanted = named(extends)
    elif isinstance(extends, Scalar) and extends.text and extends.text not in built_in():
        wanted = section.source.beside(extends.text)
        if wanted.path.startswith(("/", "../")):
            message = f"{section.source.name} extends `{extends.text}`, which is outside its repository."
            own.error("profile-source", message, span, "Let it extend a file of its own repository.")
            wanted = None
    for one in own:  # the place is in a file that is nowhere on this disk
        where = f"{section.source.name}, line {one.span.line}: " if one.span and one.span != span else ""
        found.add(replace(one, message=f"{where}{one.message}", span=span))
    if not wanted or (wanted.git == section.source.git and wanted.commit == section.source.commit):
        return wanted
    return replace(wanted, commit=commit) if (commit := _commit(wanted, wanted.commit, span, fetched, found)) else None
