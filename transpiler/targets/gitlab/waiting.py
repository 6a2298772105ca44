"""`needs`: the jobs that a job waits for.

GitLab allows at most 50. If a job needs more, joining jobs are added, which do nothing but wait for up to 50 jobs and
pass their artifacts on. Knows nothing of what a job does.
"""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.graph import Graph
from transpiler.targets.gitlab.view import Artifacts, Job, Need

MOST = 50


def needs_of(
    stage: str, graph: Graph, takes: frozenset[str], jobs: Mapping[str, str], bridges: Mapping[str, str]
) -> tuple[Need, ...]:
    """The jobs that the job of a stage needs, in file order: those of its direct predecessors, their bridges, and those
    of other earlier stages whose artifacts it takes."""
    found: list[Need] = []
    before = set(graph.before(stage))
    for node in graph.nodes:
        if node in before or node in takes:
            found.append(Need(jobs[node], node in takes))
        if node in before and node in bridges:
            found.append(Need(bridges[node], False))
    return tuple(found)


def gather(
    job: str, needs: tuple[Need, ...], left: Mapping[str, Artifacts | None], kept_for: str
) -> tuple[tuple[Need, ...], tuple[Job, ...]]:
    """Returns at most 50 needs with the same effect, and the joining jobs that are needed for that.

    `left` are the artifacts of each job, `kept_for` is how long GitLab keeps those of a joining job. A joining job that
    passes artifacts on needs a clean checkout: otherwise files that another job left in the directory would be passed
    on with them.
    """
    joins: list[Job] = []
    while len(needs) > MOST:
        gathered = []
        for start in range(0, len(needs), MOST):
            chunk = needs[start : start + MOST]
            if len(chunk) == 1:
                gathered.append(chunk[0])
                continue
            name = f"{job} joins {len(joins) + 1}"
            joins.append(_joining(name, chunk, left, kept_for))
            left = {**left, name: joins[-1].artifacts}
            gathered.append(Need(name, joins[-1].artifacts is not None))
        needs = tuple(gathered)
    return needs, tuple(joins)


def _joining(name: str, needs: tuple[Need, ...], left: Mapping[str, Artifacts | None], kept_for: str) -> Job:
    taken = [artifacts for need in needs if need.artifacts and (artifacts := left[need.job])]
    passed = tuple(dict.fromkeys(path for artifacts in taken for path in artifacts.paths))
    return Job(
        name=name,
        comment=(f"GitLab lets a job wait for at most {MOST} others.",) if name.endswith(" 1") else (),
        variables=() if passed else (("GIT_STRATEGY", "none"),),
        needs=needs,
        before_script=(),
        script=("true",),
        after_script=(),
        artifacts=Artifacts(passed, expire=kept_for) if passed else None,
    )
