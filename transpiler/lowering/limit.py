"""`timeout` of a stage: the steps run in the background, and what is left of them when their time is up is ended.

The command `timeout` cannot do that: with GNU's, the one around each container would leave the process group of the one
around the stage, and so survive it.
"""

from __future__ import annotations

from transpiler import ir
from transpiler.durations import shown
from transpiler.lowering import copy
from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines, indent

TIMED_OUT = 124
"""The exit status of a program that has exceeded its limit, as that of the command `timeout`."""

_FIND = "for (p in up) { for (q = p; q != root && (q in up) && q > 1; q = up[q]); if (q == root) print p }"
_PROCESSES = (
    "processes() { # PROCESS: it, and all that it has started",
    *indent((f"ps -A -o pid -o ppid | awk -v root=\"$1\" '{{ up[$1] = $2 }} END {{ {_FIND} }}'",)),
    "}",
)
_ALIVE = (
    "alive() { # PROCESSES: whether one of them is left",
    *indent(('for part; do if kill -0 "$part" 2> /dev/null; then return; fi; done', "return 1")),
    "}",
)


def limited(lines: Lines, draft: Draft) -> Lines:
    """The lines of a stage's steps; if the stage has a limit, within lines that keep it."""
    seconds, running = draft.stage.timeout, f'"{draft.file("running")}"'
    if seconds is None:
        return lines
    draft.functions |= {"processes": _PROCESSES, "alive": _ALIVE, "end_after": _end_after(seconds, running, draft)}
    after = copy.after_failure(draft)
    ended = 'wait "$after" || rc=$?' if not after else f'wait "$after" || {{ rc=$?; {after[0]}; }}'
    return (
        "",
        f"# at most {shown(seconds, 'h')}",
        f": > {running}",
        "(",
        *lines,
        ") &",
        "body=$!",
        f'end_after {seconds} "$body" &',
        "after=$! rc=0",
        'wait "$body" 2> /dev/null || rc=$?',  # bash would print the whole program that was killed
        f"rm -f {running} # so it need not be ended",
        ended,
        '[ "$rc" -eq 0 ] || exit "$rc"',
    )


def _end_after(seconds: int, running: str, draft: Draft) -> Lines:
    """The function that ends a process, and all that it has started, if it takes too long. A container would go on when
    the command that has started it is killed."""
    kill = f'timeout -k 10 30 {draft.site.engine} kill "$run-{draft.slug}" > /dev/null 2>&1 || :'
    return (
        "end_after() { # SECONDS PROCESS",
        *indent(
            (
                "to=$(($(date +%s) + $1))",
                f'while [ -e {running} ] && [ "$(date +%s)" -lt "$to" ]; do sleep 1; done',
                f"[ -e {running} ] || return 0",
                f"echo 'This stage has exceeded its time limit of {shown(seconds, 'h')}.' >&2",
                'rest=$(processes "$2")',
                "kill -s TERM $rest 2> /dev/null || :",
                "for _ in 1 2 3 4 5 6 7 8 9 10; do alive $rest || break; sleep 1; done",
                "! alive $rest || kill -s KILL $rest 2> /dev/null || :",
                *((kill,) if any(isinstance(step, ir.Run) for step in draft.stage.steps) else ()),
                f"return {TIMED_OUT}",
            )
        ),
        "}",
    )
