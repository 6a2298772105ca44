"""Checks a Jenkinsfile against the limits of Jenkins' compiler (methods) and of Java's class files (strings).

`dispatch` and `pieces` split what can be split; this module refuses what is too large nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpiler.program import TargetTooLarge
from transpiler.targets.jenkins.stages import StageView
from transpiler.targets.jenkins.view import FileView

METHODS = 600
STRING = 60_000  # bytes
ITEMS = 15_000  # a class may have 65,535 constants, and each item needs several
_HELPERS = 8


def check(view: FileView, body: str) -> None:
    """Raises TargetTooLarge if the file has too many methods or items, or a string that is too long."""
    methods = (
        _HELPERS
        + len(view.blocks)
        + len(view.environment.more)
        + sum(1 + bool(p.decides) + len(p.parts) + len(p.gated) + sum(map(_methods, p.stages)) for p in view.pipelines)
    )
    if methods > METHODS:
        raise TargetTooLarge(
            f"its Jenkinsfile needs {methods} methods, and Jenkins compiles about {METHODS}", _smaller(view)
        )
    if (items := sum(_items(s) for p in view.pipelines for s in p.stages)) > ITEMS:
        raise TargetTooLarge(
            f"it has {items:,} credentials, archived copies and trigger parameters; a Jenkinsfile holds {ITEMS:,}",
            _smaller(view),
        )
    for what, text in _strings(view):
        _check_string(what, text, "split the stage in two")
    for line in body.split("\n") if len(body) > STRING // 3 else ():
        if len(line) > STRING // 3:
            what = f"a line of the Jenkinsfile that begins with `{line.strip()[:60]}`"
            _check_string(what, line, "shorten the name or text that stands there")


def _check_string(what: str, text: str, hint: str) -> None:
    if (size := _size(text)) > STRING:
        raise TargetTooLarge(f"{what} has {size:,} bytes; a string in a Jenkinsfile has at most {STRING:,}", hint)


def _size(text: str) -> int:
    """The size in bytes of a string in a class file, which needs six bytes, not UTF-8's four, for a character above
    U+FFFF."""
    return len(text.encode("utf-8", "surrogatepass")) + 2 * sum(c > "\uffff" for c in text)


def _smaller(view: FileView) -> str:
    if len(view.pipelines) > 1:
        return "set `jenkins: {layout: file-per-pipeline}` in the profile"
    return "split the pipeline"


def _methods(stage: StageView) -> int:
    crowd = stage.crowd
    more = len(crowd.bindings) + len(crowd.archives) + len(crowd.parameters) if crowd else 0
    return more + (2 if stage.mail else 1)


def _items(stage: StageView) -> int:
    return len(stage.bindings) + len(stage.archives) + (len(stage.trigger.parameters) if stage.trigger else 0)


def _strings(view: FileView) -> Iterator[tuple[str, str]]:
    yield from _program("the teardown of all pipelines", view.teardown)
    yield from _program("the program of the report to Gerrit", view.report)
    for pipeline in view.pipelines:
        yield from _program(f"the teardown of {pipeline.name}", pipeline.teardown)
        yield from _program(f"the program of the changes of {pipeline.name}", pipeline.deciding)
        for part in pipeline.gated:
            yield from _program(f"what crosses an approval in {pipeline.name}", (*part.packs, *part.unpacks))
        for stage in pipeline.stages:
            yield from _program(f"the program of {pipeline.name}/{stage.name}", stage.lines)
            where = f"the mail of {pipeline.name}/{stage.name}"
            yield from _program(where, stage.mail.lines if stage.mail else ())
            for text in (stage.mail.literal or ()) if stage.mail else ():
                yield where, text
            for name, known, _ in stage.trigger.parameters if stage.trigger else ():
                yield f"the parameter {name} of {pipeline.name}/{stage.name}", known or ""


def _program(what: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A shell program to check, with its indentation."""
    if sum(map(len, lines)) + 20 * len(lines) > STRING // 6:
        yield what, "\n".join(f"{'':20}{line}" for line in lines)
