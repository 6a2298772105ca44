"""The first job of a pipeline with `changes`, which decides; the others read in its artifact whether they do anything.

GitLab's own `rules:changes` would start no job at all, but it compares a push with whatever was there before, also
after a forced push.
"""

from __future__ import annotations

from transpiler.ir import Fetch
from transpiler.profile import Profile
from transpiler.quoting import sh
from transpiler.targets.gitlab.shared import Site
from transpiler.targets.gitlab.view import Artifacts, Block, Job, Line, Need

_BASE = "base=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA-}}"
_TELL = 'mkdir -p .values; echo "$runs" > .values/runs'
GATE: Line = '[ ! -e "$values/runs" ] || [ "$(cat "$values/runs")" != no ] || exit 0 # by what was changed'
"""The line of `before_script` that ends a job of a pipeline that does not run."""
ENDED: Line = '[ "$(cat .values/runs)" != no ] || exit 0 # by what was changed'
"""The same for a job without that script."""


def name(site: Site) -> str:
    """The name of the job."""
    return f"{site.column} changes"


def need(site: Site) -> tuple[Need, ...]:
    """What the jobs of stages wait for because of it."""
    return (Need(name(site), True),) if site.pipeline.deciding else ()


def job(site: Site) -> Job | None:
    """The job that decides; None if the pipeline always runs."""
    how = site.pipeline.deciding
    if how is None:
        return None
    return Job(
        name=name(site),
        comment=("Says whether the others do anything.",),
        extends=site.template,
        services=site.no_services,
        variables=_history(how.fetch),
        needs=(),
        before_script=(),
        script=(_compared(site.profile), how.lines, _TELL),
        after_script=(),
        artifacts=Artifacts((".values/",), expire=site.kept_for),
    )


def _history(fetch: Fetch) -> tuple[tuple[str, str], ...]:
    return (("GIT_DEPTH", str(fetch.depth) if fetch.shallow else "0"), ("GIT_SUBMODULE_STRATEGY", "none"))


def _compared(profile: Profile) -> Block:
    """The lines that say what is compared. A push to any other branch than that of merges is no merge."""
    merged = tuple(map(sh, profile.branches)) if profile.branches_said else ('"$CI_DEFAULT_BRANCH"',)
    pushed = " | ".join(f"push:{branch}" for branch in merged)
    return (
        _BASE,
        f"case $CI_PIPELINE_SOURCE:${{CI_COMMIT_BRANCH-}} in {pushed}) before=$CI_COMMIT_BEFORE_SHA ;; esac",
    )
