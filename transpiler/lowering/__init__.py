"""Compiles each stage to one POSIX shell program, the same for all targets. Knows no engine and no YAML."""

from transpiler.lowering.program_scope import Entered
from transpiler.lowering.workflow import lower, removal

__all__ = ["Entered", "lower", "removal"]
