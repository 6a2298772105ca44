"""`approve` of a stage: what its program knows of the person whom the engine has asked. The asking is the engine's."""

from __future__ import annotations

from transpiler.lowering.flow import APPROVED_BY
from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines
from transpiler.lowering.words import Variable
from transpiler.program import setup_variable


def bound(draft: Draft) -> Lines:
    """Binds who has said yes, and returns the lines that write it down now, if the stage asks and anything reads it."""
    if not draft.stage.approval or not draft.is_read(APPROVED_BY):
        return ()
    draft.setup[APPROVED_BY] = None
    return draft.bind(APPROVED_BY, Variable(setup_variable(APPROVED_BY), assured=False))
