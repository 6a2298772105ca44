"""`transpipe graph`: its arguments, and the pictures it prints."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transpiler.app.place import WrongUsage
from transpiler.app.results import Exit
from transpiler.cli import tell
from transpiler.cli.options import OnePath, ProfileName, Project

if TYPE_CHECKING:
    from transpiler.ir import Workflow
    from transpiler.profile import Profile


class PictureForm(StrEnum):
    """How graphs are drawn."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"
    JSON = "json"


def graph(
    path: OnePath = None,
    form: Annotated[PictureForm, typer.Option("--format", help="How to draw the graph.")] = PictureForm.TEXT,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Draw this pipeline only.")] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Tell what a run costs, for each event and target (text or json).")
    ] = False,
    times: Annotated[
        Path | None,
        typer.Option("--times", metavar="FILE", help="With --cost: in minutes, by what `transpipe run --times` wrote."),
    ] = None,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Draw the stage graph of each pipeline."""
    from transpiler.app import place as places
    from transpiler.driver import Request, understand
    from transpiler.records import replace

    _check(form, times, cost=cost)
    place = places.find(path)
    request = Request(place.root, place.config, places.profile(place, profile), project=project, folder=place.folder)
    outcome = understand(request)
    colour = tell.coloured(sys.stderr)
    tell.put(tell.text(place, outcome.diagnostics, outcome.sources, colour=colour), sys.stderr)
    if not outcome.workflow:
        raise typer.Exit(Exit.FINDINGS)
    chosen = tuple(p for p in outcome.workflow.pipelines if pipeline in (None, p.name))
    if pipeline and not chosen:
        names = ", ".join(p.name for p in outcome.workflow.pipelines)
        raise WrongUsage(f"there is no pipeline {pipeline}; there are {names or 'none'}")
    workflow = replace(outcome.workflow, pipelines=chosen)
    if form is PictureForm.HTML:
        assert outcome.profile
        tell.put(_page(workflow, outcome.profile, workflow.project or place.root.resolve().name))
    elif cost and outcome.profile:
        tell.put(_cost(workflow, outcome.profile, form, times))
    else:
        tell.put(_drawn(workflow, form))


def _page(workflow: Workflow, profile: Profile, name: str) -> str:
    from transpiler.drawing.html_page import page
    from transpiler.lowering import lower

    plan = lower(workflow, profile)
    programs = {(p.name, stage.name): "\n".join(stage.lines) for p in plan.pipelines for stage in p.stages}
    return page(f"Pipelines of {name}", workflow.pipelines, programs)


def _check(form: PictureForm, times: Path | None, *, cost: bool) -> None:
    """Raises WrongUsage for options that do not go together."""
    if cost and form not in (PictureForm.TEXT, PictureForm.JSON):
        raise WrongUsage(f"--cost is told as text or json, not as {form}")
    if not cost and (times or form is PictureForm.JSON):
        raise WrongUsage(f"{'--times' if times else '--format json'} goes with --cost")


def _cost(workflow: Workflow, profile: Profile, form: PictureForm, path: Path | None) -> str:
    import json

    from transpiler import bill
    from transpiler.local import times
    from transpiler.lowering import lower
    from transpiler.targets import TARGETS

    try:
        taken = times.read(path) if path else None
    except ValueError as error:
        raise WrongUsage(f"--times {path}: {error}") from None
    targets = [TARGETS[name] for name in profile.targets]
    found = tuple(bill.bills(lower(workflow, profile), profile, targets, taken))
    if form is PictureForm.JSON:
        return json.dumps(bill.data(found), indent=2, ensure_ascii=False) + "\n"
    return bill.text(found, {target.name: target.title for target in targets})


def _drawn(workflow: Workflow, form: PictureForm) -> str:
    if form is PictureForm.SVG:
        from transpiler.drawing.svg import svg

        return svg(workflow.pipelines)
    from transpiler.picture import picture

    return picture(workflow, form.value)
