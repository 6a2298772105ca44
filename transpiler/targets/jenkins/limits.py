"""What one Jenkinsfile can hold, by what Jenkins' compiler bears (methods) and Java's class files (strings)."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.program import TargetTooLarge
from transpiler.targets.jenkins.view import FileView

METHODS = 600
STRING = 60_000  # bytes
_HELPERS = 8


def check(view: FileView) -> None:
    """Raises TargetTooLarge if the file has too many methods or a string that is too long."""
    methods = _HELPERS + len(view.blocks) + sum(
        1 + len(p.parts) + sum(2 if s.mail else 1 for s in p.stages) for p in view.pipelines
    )  # fmt: skip
    if methods > METHODS:
        hint = (
            "set `jenkins: {layout: file-per-pipeline}` in the profile"
            if len(view.pipelines) > 1
            else "split the pipeline"
        )
        raise TargetTooLarge(f"its Jenkinsfile needs {methods} methods, and Jenkins compiles about {METHODS}", hint)
    for what, text in _strings(view):
        if (size := len(text.encode("utf-8", "surrogatepass"))) > STRING:
            raise TargetTooLarge(
                f"{what} has {size:,} bytes; a string in a Jenkinsfile has at most {STRING:,}", "split the stage in two"
            )


def _strings(view: FileView) -> Iterator[tuple[str, str]]:
    for pipeline in view.pipelines:
        for stage in pipeline.stages:
            where = f"the program of {pipeline.name}/{stage.name}"
            if sum(map(len, stage.lines)) + 20 * len(stage.lines) > STRING // 4:
                # Its indentation counts.
                yield where, "\n".join(f"{'':16}{line}" for line in stage.lines)
            for text in (stage.mail.literal or ()) if stage.mail else ():
                yield f"the mail of {pipeline.name}/{stage.name}", text
            for name, known, _ in stage.trigger.parameters if stage.trigger else ():
                yield f"the parameter {name} of {pipeline.name}/{stage.name}", known or ""
