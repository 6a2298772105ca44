"""`allowFailure` of a stage: its program ends well even if its steps have failed, and leaves a file that says so.

So all that follows is as after a success: the values that it would have bound are empty, and copied files may be
missing. Each engine shows the failure in its own way, by that file.
"""

from __future__ import annotations

from transpiler.lowering.program_scope import Draft, sh_double_path
from transpiler.lowering.shell import Lines, indent

FILE = "failed"


def allowed(lines: Lines, draft: Draft) -> Lines:
    """The lines of a stage's steps; if the stage may fail, within lines that say so and go on."""
    if not draft.stage.may_fail:
        return lines
    given = sorted(value.file for value in draft.site.flow.given(draft.stage.name))
    empty = tuple(f': > "{sh_double_path(file)}"' for file in given)
    return (
        "",
        "# may fail",
        "(",
        *lines,
        ') & wait "$!" || {',
        "    rc=$?",
        *indent(empty),
        '    echo "This stage has failed with status $rc, which is allowed." >&2',
        f'    echo "$rc" > "{draft.file(FILE)}"',
        "}",
    )


def file_of(draft: Draft) -> str:
    """The name of that file in `$values`, "" if the stage may not fail."""
    return f"{draft.slug}.{FILE}" if draft.stage.may_fail else ""
