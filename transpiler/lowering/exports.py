"""`exports` → files in `$values`, and the parameters of `trigger` that only the running pipeline knows."""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering import slugs
from transpiler.lowering.program_scope import Draft, Scope, assign
from transpiler.lowering.shell import Lines
from transpiler.lowering.words import Variable, word
from transpiler.program import Parameter, TriggerCall


def export(step: ir.Export, draft: Draft) -> Lines:
    """The line that binds a value; a variable too where a later step reads it."""
    found = Scope(draft).parts(step.value)
    lines: tuple[str, ...] = ()
    if step.name in draft.site.flow.own[draft.stage.name] and any(not isinstance(part, str) for part in found):
        variable = draft.variables.take(step.name)
        lines = (assign(variable, found),)
        found = (Variable(variable),)
    draft.own[step.name] = found
    return (*lines, f'printf %s {word(found)} > "{draft.value_file(step.name)}"')


def trigger(step: ir.Trigger, draft: Draft) -> tuple[Lines, TriggerCall]:
    """The lines that write parameters, and the call."""
    scope = Scope(draft)
    lines: list[str] = []
    parameters = []
    files = slugs.files(f"{draft.slug}.parameter", (name for name, _ in step.parameters), ())
    for name, text in step.parameters:
        file = files[name]
        known = scope.known(text)
        if known is None:
            lines.append(f'printf %s {scope.word(text)} > "$values/{file}"')
        parameters.append(Parameter(name, known, file if known is None else ""))
    return tuple(lines), TriggerCall(step.name, tuple(parameters), step.propagate, step.wait)
