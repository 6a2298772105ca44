"""GitLab CI: one `.gitlab-ci.yml` with a job for each stage, ordered by `needs`.

Values, files and images travel between jobs as artifacts or through the project's registry; everything else is the
stages' programs, run as they are.
"""

from __future__ import annotations

from transpiler.profile import Profile
from transpiler.program import Plan, RenderedFile, Use, in_order
from transpiler.targets.gitlab.emit import intro, lay_out
from transpiler.targets.gitlab.read import check_size, read
from transpiler.targets.gitlab.support import SUPPORTS, support
from transpiler.targets.render import render

__all__ = ["NAME", "SUPPORTS", "emit", "read", "support"]

NAME = "gitlab"


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """The one file. Raises TargetTooLarge if GitLab would not parse it."""
    body = render("gitlab/gitlab-ci.yml.j2", file=lay_out(plan, profile, lost))
    check_size(body)
    losses = tuple(f"  left out: {_told(use)}" for use in in_order(plan.uses, lost))
    return (RenderedFile(profile.outputs.gitlab, "#", (*intro(plan), *losses), body),)


def _told(use: Use) -> str:
    what = " ".join(part for part in (use.feature.value, use.detail) if part)
    where = "/".join(part for part in (use.pipeline, use.stage) if part)
    return f"{what} ({where})" if where else what
