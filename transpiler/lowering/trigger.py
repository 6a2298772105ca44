"""`trigger` → the call that the engine makes, and lines that write the parameters that are known only at run time."""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering import slugs
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope
from transpiler.program import Parameter, TriggerCall


def lower(step: ir.Trigger, draft: Draft, body: Body) -> None:
    """Adds the lines that write parameters, and the call."""
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
    body.add("values", tuple(lines))
    body.trigger = TriggerCall(step.name, tuple(parameters), step.propagate, step.wait)
