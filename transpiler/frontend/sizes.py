"""Rejects names, paths and arguments that are too long for any system, and warns of names that nobody can read.

The limits are Linux's (an argument, a path and a part of it) and, for names, short enough to be part of a file name and
a YAML key. This module does not know what the strings are for.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.diagnostics import Span
from transpiler.expressions import Loop, Text, texts
from transpiler.frontend.context import Context
from transpiler.invisible import first
from transpiler.ir import Build, Copy, Deploy, Promote, Publish, Run, Service, Stage, Step, Variable

MAX_ARGUMENT = 131_071  # 32 pages, without the final NUL
MAX_PATH = 4_095
MAX_PART = 255
MAX_NAME = 150  # characters


def check_name(context: Context, name: str, what: str, span: Span) -> bool:
    """Whether the name of a pipeline, a stage, an export or a parameter is short enough; an error if not. A character
    in it that cannot be seen is a warning."""
    if odd := first(name):
        context.diagnostics.warning(
            "invisible-character",
            f"This {what} contains {odd}, which looks like a space or like nothing.",
            span,
            "Type the name again, with letters, digits, `-` and `_`.",
        )
    if len(name) > MAX_NAME:
        context.error(
            "name-too-long",
            f"This {what} has {len(name):,} characters; at most {MAX_NAME} are allowed.",
            span,
            "Shorten the name.",
        )
    return len(name) <= MAX_NAME


def check_stage(context: Context, stage: Stage) -> None:
    """Reports the strings in a stage's steps that are too long to be a program's argument."""
    for step in stage.steps:
        for found in texts(step.items) if isinstance(step, Copy) else ():
            if found.literal is not None:
                path_fits(context, found.literal, found.span or step.span or context.document.root.span)
        for found, limit, added in _limited(step):
            size = sum(len(part.encode()) for part in found.parts if isinstance(part, str)) + added
            if size > limit:
                _too_long(context, size, limit, found.span or step.span or context.document.root.span)


def path_fits(context: Context, path: str, span: Span) -> bool:
    """Whether a path could exist; an error if not."""
    size, longest = len(path.encode()), max((len(part.encode()) for part in path.split("/")), default=0)
    if size > MAX_PATH:
        _too_long(context, size, MAX_PATH, span)
    elif longest > MAX_PART:
        context.error(
            "argument-too-long",
            f"A part of this path has {longest:,} bytes; a file name has at most {MAX_PART}.",
            span,
            "Shorten the path.",
        )
    return size <= MAX_PATH and longest <= MAX_PART


def _too_long(context: Context, size: int, limit: int, span: Span) -> None:
    if limit == MAX_ARGUMENT:
        what, hint = "a program's argument has at most", "Put it into a file of the image, and pass the file's name."
    else:
        what, hint = "a path, name or version has at most", "Shorten it."
    context.error("argument-too-long", f"This string has {size:,} bytes; {what} {limit:,}.", span, hint)


def _limited(step: Step) -> Iterator[tuple[Text, int, int]]:
    """The strings that become arguments, each with its limit and the length of what else is in the same argument."""
    match step:
        case Run():
            yield from _container(step)
            for service in step.services:
                yield from _container(service)
        case Build():
            yield from ((text, MAX_PATH, 0) for text in (step.variant, step.context))
            for argument in step.args:
                yield from _variable(argument)
        case Promote():
            yield from ((text, MAX_PATH, 0) for text in texts(step.items))
        case Publish():
            yield from ((text, MAX_PATH, 0) for text in (step.id, step.name, step.tag, *texts(step.tags)))
        case Deploy():
            files = step.release.values if step.release else ()
            given = (step.image, step.tag, step.chart, *((step.version,) if step.version else ()), *files)
            yield from ((text, MAX_PATH, 0) for text in given)


def _container(container: Run | Service) -> Iterator[tuple[Text, int, int]]:
    ready = container.ready if isinstance(container, Service) else None
    yield from ((text, MAX_ARGUMENT, 0) for text in texts(container.arguments, ready))
    for item in container.env.items:
        yield from _variable(item.item if isinstance(item, Loop) else item)
    yield container.image, MAX_PATH, 0


def _variable(variable: Variable) -> Iterator[tuple[Text, int, int]]:
    """`NAME=VALUE` is one argument."""
    name = sum(len(part.encode()) for part in variable.name.parts if isinstance(part, str))
    yield variable.value, MAX_ARGUMENT, 1 + name
