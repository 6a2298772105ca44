"""`exports` → files in `$values`."""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope, assign
from transpiler.lowering.words import Variable, word


def lower(step: ir.Export, draft: Draft, body: Body) -> None:
    """Binds the value, and adds a line that sets a shell variable if a later step of the stage reads it."""
    found = Scope(draft).parts(step.value)
    lines: tuple[str, ...] = ()
    if step.name in draft.site.flow.own[draft.stage.name] and any(not isinstance(part, str) for part in found):
        variable = draft.variables.take(step.name)
        lines = (assign(variable, found),)
        found = (Variable(variable),)
    draft.own[step.name] = found
    body.add("exports", (*lines, f'printf %s {word(found)} > "{draft.value_file(step.name)}"'))
