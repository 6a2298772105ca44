"""The first job of a pipeline with `changes`, which says whether the others run.

Never by `paths`: a required check of a workflow that they filter out stays pending for ever, while that of a job which
was skipped counts as a success.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler.deciding import Deciding
from transpiler.program import PipelineProgram
from transpiler.records import replace
from transpiler.targets.github.view import Job, Pairs, Step

JOB = "changes"
CONDITION = f"needs.{JOB}.outputs.runs != 'no'"
OUTPUTS: Pairs = (("runs", "${{ steps.decide.outputs.runs }}"),)

# Who starts a run again wants it to run.
_FIRST = "!(github.run_attempt > 1)"
_PUSHED = "github.event_name == 'push' && github.ref_type == 'branch'"
_BASE = f"${{{{ {_FIRST} && (github.event.pull_request.base.sha || github.event.merge_group.base_sha) || '' }}}}"
_BEFORE = f"${{{{ {_FIRST} && {_PUSHED} && github.event.before || '' }}}}"


def step(how: Deciding) -> Step:
    """The step that decides."""
    run = (*how.lines, 'echo "runs=$runs" >> "$GITHUB_OUTPUT"')
    return Step("decide", id="decide", env=(("base", _BASE), ("before", _BEFORE)), run=run)


def gated(jobs: Iterable[Job], pipeline: PipelineProgram) -> Iterator[Job]:
    """The jobs, of which those that wait for no other wait for the decision; the others are skipped with them."""
    for job in jobs:
        first = pipeline.deciding and not job.needs
        yield replace(job, needs=(JOB,), condition=CONDITION) if first else job
