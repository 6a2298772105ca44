"""The plugins that a server lacks and the Jenkinsfiles of jobs need. Such a job is written all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.server.client import Client
from transpiler.jenkins_sync.server.failures import JenkinsFailure, ServerLost


def lacking(jobs: Iterable[Wanted], client: Client) -> tuple[str, ...]:
    """A line about each plugin that jobs need and the server does not have, or that the user may not see which it has.
    Raises ServerLost."""
    needing: dict[str, list[str]] = {}
    for job in jobs:
        for name in job.plugins:
            needing.setdefault(name, []).append(job.path)
    if not needing:
        return ()
    try:
        there = client.plugins()
    except ServerLost:
        raise
    except JenkinsFailure as failure:
        return (f"{failure}; it should have {', '.join(sorted(needing))}",)
    return tuple(_lines({name: paths for name, paths in needing.items() if name not in there}))


def _lines(missing: dict[str, list[str]]) -> Iterator[str]:
    for name, paths in sorted(missing.items()):
        first, *others = sorted(paths)
        more = f" and {len(others)} more job{'s' if len(others) > 1 else ''}" if others else ""
        what = {
            "junit": "test results are not shown, and their stage becomes unstable",
            "coverage": "coverage is not shown, and its stage becomes unstable",
        }.get(name, "builds fail")
        yield f"the plugin {name} is missing or disabled, which {first}{more} need{'' if others else 's'}: {what}"
