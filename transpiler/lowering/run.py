"""`run` → `docker run`. Arguments reach the entry point byte for byte."""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering import copy, services
from transpiler.lowering.body import Body
from transpiler.lowering.containers import (
    credential_uses,
    image_word,
    killed_at_once,
    never_pulled,
    pulled,
    run_limit,
    secret_words,
    words_of,
)
from transpiler.lowering.program_scope import Draft, Scope, read_file
from transpiler.lowering.shell import Lines, command, indent, join_commands
from transpiler.lowering.words import Variable


def lower(step: ir.Run, draft: Draft, body: Body) -> None:
    """Adds the lines that run a container, and binds the values that something reads."""
    scope = Scope(draft)
    container = f"$run-{draft.slug}"
    lines = [f"container={container}"]
    lines += draft.bind("container", Variable("container"))
    image = image_word(step, scope)
    lines += pulled(step, draft, body, image)
    lines += services.prepared(step.services, draft, body)
    tried = _once(step, scope, image)
    after = copy.after_failure(draft)
    if draft.stage.attempts:
        tried = _tried(tried, draft.stage.attempts, services.containers(step.services, draft), draft)
    elif after:
        tried = _status_of(tried)
    lines += (*tried, *_failing(after)) if draft.stage.attempts or after else tried
    lines += _output(step, draft)
    body.add("run", tuple(lines))
    body.credentials += credential_uses(step)


def _once(step: ir.Run, scope: Scope, image: str) -> Lines:
    """The lines of one try: services, container, command. In a stage that a person enters, the container is made
    first."""
    draft, entered = scope.draft, scope.draft.entered
    if not entered or not (step.services or entered.at_once):
        before, running = _container("run", step, scope, image)
        started = services.started(step.services, draft)
        return (*started, *before, *services.ended(step.services, running, draft))
    before, making = _container("create", step, scope, image)
    made = (*before, *join_commands(making, " > /dev/null"), *services.started(step.services, draft))
    if entered.at_once:
        return made
    running = command(f'{run_limit(draft)} {draft.site.engine} start --attach "$container"')
    return (*made, *services.ended(step.services, running, draft))


def _container(verb: str, step: ir.Run, scope: Scope, image: str) -> tuple[Lines, Lines]:
    """The lines before the command that runs or creates the container, and that command."""
    draft = scope.draft
    before, environment, rest = words_of(step, scope, image)
    prefix, taken = secret_words(step, scope)
    return before, command(
        *prefix,
        f"{run_limit(draft)} {draft.site.engine} {verb}",
        '--name "$container"',
        '--label "ci.run=$run"',
        services.joined(step.services, draft),
        never_pulled(draft),
        killed_at_once(draft),
        *environment,
        *taken,
        *rest,
    )


def _tried(lines: Lines, attempts: int, others: Lines, draft: Draft) -> Lines:
    """Lines that try others several times. The containers of a failed attempt are removed, so that the next one has
    their names, and what follows finds only the last one. `others` are the words for those of services."""
    number = draft.variables.take("attempt")
    return (
        f"{number}=1",
        f"echo 'attempt 1 of {attempts}' >&2",
        "while :; do",
        *indent(
            (
                *_status_of(lines),
                f'[ "$rc" -ne 0 ] && [ "${number}" -lt {attempts} ] || break',
                *command(f'{draft.site.engine} rm --force --volumes "$container"', *others, "> /dev/null 2>&1 || :"),
                f"{number}=$((1 + {number}))",
                f'echo "attempt ${number} of {attempts}, after exit status $rc" >&2',
            )
        ),
        "done",
    )


def _failing(after: Lines) -> Lines:
    """Lines that end the program as a failed run has ended, after others."""
    if not after:
        return ('[ "$rc" -eq 0 ] || exit "$rc"',)
    return ('if [ "$rc" -ne 0 ]; then', *indent((*after, 'exit "$rc"')), "fi")


def _status_of(lines: Lines) -> Lines:
    """Lines that set `rc` to the status with which others end. The shell would not heed `set -e` in lines that a `||`
    follows, so that the lines run in the background, unless they are one command."""
    if all(line.endswith(" \\") for line in lines[:-1]):
        return ("rc=0", *join_commands(lines, " || rc=$?"))
    return ("rc=0", "(", *indent(lines), ") &", 'wait "$!" || rc=$?')


def _output(step: ir.Run, draft: Draft) -> Lines:
    """Lines that write the last lines of standard output to the file of `output`. `docker logs --tail` cannot do that,
    because it also counts the lines of standard error."""
    if not step.tail:
        return ()
    file = draft.value_file("output")
    select = f" | tail -n {step.tail} | awk 1" if step.tail > 0 else ""
    lines: tuple[str, ...] = (f'{draft.site.engine} logs "$container" 2>/dev/null{select} > "{file}"',)
    draft.own["output"] = (Variable("output"),)
    if "output" in draft.site.flow.own[draft.stage.name]:
        lines += (read_file("output", f'"{file}"', exact=True),)
    return lines
