"""The steps of a stage: its program, taken over as it is, and what GitHub must do around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpiler.profile import Profile
from transpiler.program import Feature, StageProgram
from transpiler.targets.github import scripts, settings, sources, starting
from transpiler.targets.github.around import Around, secret_file
from transpiler.targets.github.names import shown
from transpiler.targets.github.view import Pairs, Step


def stage_steps(around: Around, names: tuple[str, ...]) -> Iterator[Step]:
    """The steps of one row of stages: one in the foreground, or several side by side in the background."""
    stages = [around.pipeline.stage(name) for name in names]
    if len(stages) == 1:
        stage = stages[0]
        yield from _credentials(stage, around)
        run = (scripts.STOP, *stage.lines) if stage.lines else ("true # nothing to do here",)
        yield Step(shown(stage.name), id=_stage_id(stage), env=around.bound(stage), run=run)
        yield from _after(stage, around, "")
        return
    slugs = {stage.name: stage.slug for stage in stages}
    for stage in stages:
        after = [slugs[a] for a, b in around.pipeline.graph.edges if b == stage.name and a in slugs]
        yield from _credentials(stage, around)
        run = scripts.start(stage, after)
        yield Step(f"start {shown(stage.name)}", id=_stage_id(stage), env=around.bound(stage), run=run)
    for stage in stages:
        started = f"!cancelled() && steps.{_stage_id(stage)}.outcome == 'success'"
        run = scripts.wait(stage.slug)
        yield Step(f"wait for {shown(stage.name)}", id=f"wait-{stage.slug}", condition=started, run=run)
        yield from _after(stage, around, f"!cancelled() && steps.wait-{stage.slug}.outcome == 'success'")


def mails(around: Around, rows: Sequence[tuple[str, ...]]) -> Iterator[Step]:
    """A mail for each stage of these rows that has failed."""
    for row in rows:
        for stage in map(around.pipeline.stage, row):
            if stage.mail and stage.mail.send and not around.is_lost(Feature.NOTIFY, stage):
                failed = " || ".join(_failures(stage, around, background=len(row) > 1))
                run = (scripts.STOP, *stage.mail.compose, *stage.mail.send)
                title = f"mail about {shown(stage.name)}"
                yield Step(title, condition=f"failure() && ({failed})", continues=True, run=run)


def upload(title: str, name: str, path: str, profile: Profile, more: Pairs = (), condition: str = "") -> Step:
    """Keeps a folder as an artifact; `more` are further inputs of the action."""
    own = settings.of(profile)
    hidden = (("include-hidden-files", "true"),) if own.is_github else ()
    inputs = (("name", name), ("path", path), ("if-no-files-found", "error"), *hidden, *more)
    return Step(title, condition=condition, uses=own.actions["upload-artifact"], inputs=inputs)


def _stage_id(stage: StageProgram) -> str:
    return f"stage-{stage.slug}"


def _failures(stage: StageProgram, around: Around, *, background: bool) -> Iterator[str]:
    """Conditions of which one holds if the stage has failed."""
    yield f"steps.{_stage_id(stage)}.outcome == 'failure'"
    if background:
        wait = f"steps.wait-{stage.slug}"
        yield f"{wait}.outcome == 'failure' && {wait}.outputs.ended != 'skipped'"
    if around.starts(stage) and stage.trigger and stage.trigger.propagate:
        yield f"steps.trigger-{stage.slug}.outcome == 'failure'"


def _credentials(stage: StageProgram, around: Around) -> Iterator[Step]:
    """Checks that the stage's secrets are there, and writes those that are files."""
    found = [secret for secret in around.secrets(stage) if not secret[0].optional]
    if not found:
        return
    lines = ["set -eu", "umask 077"]
    for use, variable, source in found:
        why = "is empty: there is no such secret, or none for this pull request" if use.id else "is empty"
        told = f"::error::{source.strip('${} ')} {why}"
        lines.append(f'[ -n "${variable}" ] || {{ echo "{told}"; exit 1; }}')
        if sources.is_file(use):
            lines.append(f'printf %s "${variable}" > "$values/{secret_file(stage, variable)}"')
    env = tuple((variable, source) for _, variable, source in found)
    yield Step(f"secrets of {shown(stage.name)}", env=env, run=tuple(lines))


def _after(stage: StageProgram, around: Around, condition: str) -> Iterator[Step]:
    """What follows the program of a stage that has succeeded."""
    if stage.archives:
        name = shown(stage.name)
        path = f"${{{{ runner.temp }}}}/archive/{stage.slug}"
        yield Step(f"collect what {name} archives", condition=condition, run=_collecting(stage))
        yield upload(f"keep what {name} archives", stage.slug, path, around.profile, condition=condition)
    if stage.publishes:
        run = scripts.published(stage.publishes)
        yield Step(f"list what {shown(stage.name)} published", condition=condition, run=run)
    if around.starts(stage):
        yield starting.step(stage, around.profile, condition)


def _collecting(stage: StageProgram) -> tuple[str, ...]:
    return scripts.archive(stage.slug, stage.archives)
