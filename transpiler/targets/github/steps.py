"""The steps of a stage: its program, taken over as it is, and what GitHub must do around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpiler.ir import CredentialKind
from transpiler.profile import Profile
from transpiler.program import CredentialUse, Feature, StageProgram
from transpiler.targets.github import scripts, settings, sources, starting, summary
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
        yield from _after(stage, around)
        return
    here = {stage.name: stage for stage in stages}
    edges = [(a, b) for a, b in around.pipeline.graph.edges if a in here and b in here]
    for stage in stages:
        after = [word for a, b in edges if b == stage.name for word in _ends(here[a], around)]
        yield from _credentials(stage, around)
        run = scripts.start(stage, after)
        yield Step(f"start {shown(stage.name)}", id=_stage_id(stage), env=around.bound(stage), run=run)
    for stage in stages:
        started = f"!cancelled() && steps.{_stage_id(stage)}.outcome == 'success'"
        run = scripts.wait(stage.slug)
        yield Step(f"wait for {shown(stage.name)}", id=f"wait-{stage.slug}", condition=started, run=run)
        succeeded = f"!cancelled() && steps.wait-{stage.slug}.outcome == 'success'"
        yield from _after(stage, around, succeeded, told=any(a == stage.name for a, _ in edges))


def _ends(stage: StageProgram, around: Around) -> Iterator[str]:
    """What must have ended before a stage of the same row begins: the program, and what follows it."""
    yield stage.slug
    if stage.archives:
        yield f"{stage.slug}.collect"
    if around.starts(stage):
        yield f"{stage.slug}.trigger"


def mails(around: Around, rows: Sequence[tuple[str, ...]]) -> Iterator[Step]:
    """A mail for each stage of these rows that has failed."""
    for row in rows:
        for stage in map(around.pipeline.stage, row):
            if stage.mail and stage.mail.send and not around.is_lost(Feature.NOTIFY, stage):
                failed = " || ".join(_failures(stage, around, background=len(row) > 1))
                run = (scripts.STOP, *stage.mail.compose, *stage.mail.send)
                title = f"mail about {shown(stage.name)}"
                yield Step(title, condition=f"failure() && ({failed})", continues=True, run=run)


def upload(
    title: str,
    name: str,
    path: str,
    profile: Profile,
    more: Pairs = (),
    *,
    id: str = "",
    condition: str = "",
    if_none: str = "error",
) -> Step:
    """Keeps a folder as an artifact; `more` are further inputs of the action, `if_none` says what becomes of an empty
    folder."""
    own = settings.of(profile)
    hidden = (("include-hidden-files", "true"),) if own.is_github else ()
    inputs = (("name", name), ("path", path), ("if-no-files-found", if_none), *hidden, *more)
    return Step(title, id=id, condition=condition, uses=own.actions["upload-artifact"], inputs=inputs)


def _stage_id(stage: StageProgram) -> str:
    return f"stage-{stage.slug}"


def _program_id(stage: StageProgram, background: bool) -> str:
    """The step that ends as the program does."""
    return f"wait-{stage.slug}" if background else _stage_id(stage)


def _has_ended(stage: StageProgram, *, background: bool) -> str:
    """The condition of a step that follows a program, however that has ended."""
    step = f"steps.{_program_id(stage, background)}"
    started = f" && {step}.outputs.ended != 'skipped'" if background else ""
    return f"!cancelled() && {step}.outcome != 'skipped'{started}"


def _failures(stage: StageProgram, around: Around, *, background: bool) -> Iterator[str]:
    """Conditions of which one holds if the stage has failed: its program, or a step before or after it."""
    checked, kept = bool(_needed(stage, around)), bool(stage.archives)
    ids = (("secrets", checked), ("stage", True), ("collect", kept), ("keep", kept))
    yield from (f"steps.{kind}-{stage.slug}.outcome == 'failure'" for kind, is_there in ids if is_there)
    if background:
        wait = f"steps.wait-{stage.slug}"
        yield f"{wait}.outcome == 'failure' && {wait}.outputs.ended != 'skipped'"
    if around.starts(stage) and stage.trigger and stage.trigger.propagate:
        yield f"steps.trigger-{stage.slug}.outcome == 'failure'"


def _needed(stage: StageProgram, around: Around) -> list[tuple[CredentialUse, str, str]]:
    """The secrets without which the stage cannot run."""
    return [secret for secret in around.secrets(stage) if not secret[0].optional]


def _credentials(stage: StageProgram, around: Around) -> Iterator[Step]:
    """Checks that the stage's secrets are there, and writes those that are files."""
    found = _needed(stage, around)
    if not found:
        return
    lines = ["set -eu"]
    if any(sources.is_file(use) for use, _, _ in found):
        lines.append('umask 077; mkdir -p "$values/secret"')
    for use, variable, source in found:
        why = "is empty: there is no such secret, or none for this pull request" if use.id else "is empty"
        told = f"::error::{source.strip('${} ')} {why}"
        lines.append(f'[ -n "${variable}" ] || {{ echo "{told}"; exit 1; }}')
        if sources.is_file(use):
            # The tool that sets secrets cuts off the last newline, and ssh takes no key without it.
            ended = " | awk 1" if use.kind is CredentialKind.SSH_KEY else ""
            lines.append(f'printf %s "${variable}"{ended} > "$values/{secret_file(stage, variable)}"')
    env = tuple((variable, source) for _, variable, source in found)
    yield Step(f"secrets of {shown(stage.name)}", id=f"secrets-{stage.slug}", env=env, run=tuple(lines))


def _after(stage: StageProgram, around: Around, condition: str = "", *, told: bool = False) -> Iterator[Step]:
    """What follows the program of a stage that has succeeded. `told`: stages in the background wait for it."""
    if stage.archives:
        name, slug = shown(stage.name), stage.slug
        path = f"${{{{ runner.temp }}}}/archive/{stage.slug}"
        late = any(archive.late for archive in stage.archives)
        ended = _has_ended(stage, background=bool(condition)) if late else condition
        env = (("outcome", f"${{{{ steps.{_program_id(stage, bool(condition))}.outcome }}}}"),) if late else ()
        run = (*scripts.tell_end(f"{slug}.collect", told=told), *scripts.archive(slug, stage.archives))
        title, if_none = f"keep what {name} archives", "ignore" if late else "error"
        yield Step(f"collect what {name} archives", id=f"collect-{slug}", condition=ended, env=env, run=run)
        yield upload(title, slug, path, around.profile, id=f"keep-{slug}", condition=ended, if_none=if_none)
        if stage.reports:
            yield Step(f"summary of {name}", condition=ended, continues=True, run=summary.lines(stage.reports))
    if stage.may_fail:
        run = (f'[ ! -e "$values/{stage.may_fail}" ]',)
        title = f"whether {shown(stage.name)} succeeded, which it need not"
        yield Step(title, id=f"allowed-{stage.slug}", condition=condition, continues=True, run=run)
    if stage.publishes:
        run = scripts.published(stage.publishes)
        yield Step(f"list what {shown(stage.name)} published", condition=condition, run=run)
    if around.starts(stage):
        yield starting.step(stage, around.profile, condition, told=told)
