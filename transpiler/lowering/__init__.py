"""One stage → one POSIX shell program, once for all targets. Knows no engine and no YAML."""

from transpiler.lowering.workflow import lower

__all__ = ["lower"]
