"""A difference as plain data for JSON; `schemas/diff.schema.json` describes it."""

from __future__ import annotations

from typing import Any

from transpiler.difference.model import Change, Difference, Verdict


def plain(difference: Difference) -> dict[str, Any]:
    """The difference as mappings, lists and strings."""
    return {
        "meaning": difference.meaning.value,
        "changes": [_change(change) for change in difference.changes],
        "pipelines": [
            {**_verdict(Verdict(p.name, p.meaning, p.how)), "stages": [_verdict(stage) for stage in p.stages]}
            for p in difference.pipelines
        ],
        "targets": [_verdict(target) for target in difference.targets],
    }


def _change(change: Change) -> dict[str, Any]:
    places = {"pipeline": change.pipeline, "stage": change.stage, "target": change.target}
    told = {"before": change.before, "after": change.after, "patch": change.patch}
    return {
        "topic": change.topic.value,
        "how": change.how.value,
        "name": change.name,
        **{key: value or None for key, value in (places | told).items()},
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"name": verdict.name, "meaning": verdict.meaning.value, "how": verdict.how.value if verdict.how else None}
