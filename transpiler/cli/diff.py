"""`transpipe diff`: its arguments, and what it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transpiler.cli import tell
from transpiler.cli.options import ProfileName, Project, Repos, examples

if TYPE_CHECKING:
    from transpiler.app.diff import Compared
    from transpiler.difference.report.markdown import Section

DIFF_EXAMPLES = examples(
    ("transpipe diff", "what this branch changes"),
    ("transpipe diff v1.2 services/api", "what has changed there since v1.2"),
    ("transpipe diff --format markdown", "the same as a comment for a review"),
)
_INTERRUPTED = 130
_FEWEST = 1_000


class DiffForm(StrEnum):
    """How the difference is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def diff(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REV] [PATH]...",
            help="The revision to compare with (default: where HEAD left the default branch, else HEAD), and "
            "repositories' roots or config files (default: the repository around the current directory).",
            show_default=False,
        ),
    ] = None,
    repos: Repos = None,
    form: Annotated[DiffForm, typer.Option("--format", help="How to write the difference.")] = DiffForm.TEXT,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 if the meaning is different.")] = False,
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="BYTES", min=_FEWEST, help="How long Markdown may be. Gerrit takes 16000."),
    ] = 60_000,
    profile: ProfileName = None,
    project: Project = "",
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Compare N repositories at a time.")
    ] = 1,
) -> None:
    """Show what changes of configs mean: identical, the same meaning, or what is different. Write nothing."""
    from transpiler.app.diff import Options, divided, run_all
    from transpiler.app.place import paths_in
    from transpiler.cli.progress_bar import Progress

    revision, named = divided(words or ())
    paths: list[str | None] = [*named, *paths_in(repos)] if repos else [*(named or (None,))]
    options = Options(revision, profile, project, exit_code)
    writer, progress = _WRITERS[form](limit, len(paths)), Progress(len(paths))
    code = 0
    with closing(run_all(paths, options, jobs)) as results:
        try:
            for path, compared in zip(paths, results, strict=True):
                code = max(code, compared.report.status)
                progress.close()
                writer.add(path, compared)
                progress.step()
        except KeyboardInterrupt:
            progress.close()
            raise typer.Exit(_INTERRUPTED) from None
    progress.close()
    writer.end()
    raise typer.Exit(code)


def _shown(path: str | None, compared: Compared) -> str:
    """What a repository is called: its path from the current directory."""
    return (compared.report.place.shown if compared.report.place else path) or "."


class _Text:
    """Prints each difference as it arrives, errors on stderr, and how many repositories there are of each verdict."""

    def __init__(self, _limit: int, total: int) -> None:
        self._total, self._counts = total, dict[str, int]()
        self._once = tell.Once()

    def add(self, path: str | None, compared: Compared) -> None:
        """Prints one repository's."""
        from transpiler.difference.report.text import headline, text

        several = self._total > 1
        report = self._once.untold(compared.report)
        verdict = compared.difference.meaning.value if compared.difference else "with errors"
        self._counts[verdict] = self._counts.get(verdict, 0) + 1
        if report.failure:
            tell.put(tell.failure(report.failure, path if several else None), sys.stderr)
        elif report.place:
            words = tell.text(report.place, report.diagnostics, report.sources, colour=tell.coloured(sys.stderr))
            tell.put(words, sys.stderr)
        if not compared.difference:
            return
        colour = tell.coloured(sys.stdout)
        if not several:
            tell.put(text(compared.difference, compared.revision, colour=colour))
        elif verdict == "different":
            tell.put(f"\n{_shown(path, compared)}: {text(compared.difference, compared.revision, colour=colour)}\n")
        else:
            tell.put(f"{_shown(path, compared)}: {headline(compared.difference, compared.revision)}\n")

    def end(self) -> None:
        """Prints the summary."""
        if self._total > 1:
            counts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(self._counts.items()))
            tell.put(f"{self._total:,} repositories: {counts}\n", sys.stderr)


class _Markdown:
    """Prints one comment about all repositories; those that are identical are not mentioned, unless it is the only
    one."""

    def __init__(self, limit: int, total: int) -> None:
        self._limit, self._total = limit, total
        self._sections: list[Section] = []

    def add(self, path: str | None, compared: Compared) -> None:
        """Keeps one repository's."""
        from transpiler.difference.report.markdown import Section

        several = self._total > 1
        if several and compared.difference and compared.difference.meaning == "identical":
            return
        name = _shown(path, compared) if several else ""
        self._sections.append(Section(name, compared.revision, compared.difference, tuple(_messages(compared))))

    def end(self) -> None:
        """Prints the comment."""
        from transpiler.difference.report.markdown import markdown

        same = f"Nothing that transpipe reads has changed in {self._total} repositories.\n"
        tell.put(markdown(self._sections, self._limit) if self._sections else same)


class _Json:
    """Prints one JSON object with an entry for each repository, as they arrive; the worst verdict is last."""

    def __init__(self, _limit: int, _total: int) -> None:
        self._before = '{\n  "repositories": ['
        self._worst: list[str] = []

    def add(self, path: str | None, compared: Compared) -> None:
        """Prints one repository's."""
        body = json.dumps(_entry(path, compared), ensure_ascii=False, indent=2).replace("\n", "\n    ")
        tell.put(f"{self._before}\n    {body}")
        self._before = ","
        self._worst.append(compared.difference.meaning.value if compared.difference else "")

    def end(self) -> None:
        """Prints the end."""
        meaning = next((word for word in ("", "different", "same") if word in self._worst), "identical")
        empty = self._before if self._before != "," else ""
        tell.put(f'{empty}\n  ],\n  "meaning": {json.dumps(meaning or None)}\n}}\n')


_WRITERS: dict[DiffForm, Callable[[int, int], _Text | _Markdown | _Json]] = {
    DiffForm.TEXT: _Text,
    DiffForm.MARKDOWN: _Markdown,
    DiffForm.JSON: _Json,
}


def _messages(compared: Compared) -> Iterator[str]:
    """The messages of errors, each on a line."""
    report = compared.report
    if report.failure:
        yield report.failure.message
    for one in tell.placed(report.place, report.diagnostics) if report.place else ():
        where = f"{one.span.file}:{one.span.line}: " if one.span else ""
        yield f"{where}{one.message} [{one.code}]"


def _entry(path: str | None, compared: Compared) -> dict[str, Any]:
    from transpiler.difference.report.as_json import plain
    from transpiler.report import plain as plain_diagnostic

    report = compared.report
    empty: dict[str, Any] = {"meaning": None, "changes": [], "pipelines": [], "targets": []}
    told = tell.placed(report.place, report.diagnostics) if report.place else ()
    return {
        "path": _shown(path, compared),
        "revision": compared.revision or None,
        **(plain(compared.difference) if compared.difference else empty),
        "diagnostics": [plain_diagnostic(diagnostic) for diagnostic in told],
        "failure": report.failure.message if report.failure else None,
    }
