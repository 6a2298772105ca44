"""Names of jobs and workflows: what GitHub accepts, unique, and as close to the config's as that allows."""

from __future__ import annotations

from collections.abc import Sequence

from transpiler.targets.unique_names import free

# $GITHUB_JOB is a part of `run`, which is at most 100 characters long.
_LONGEST = 60
_LONGEST_NAME = 100


def job_ids(groups: Sequence[tuple[str, ...]], *others: str) -> tuple[str, ...]:
    """An id for each group of stages, given by their slugs: a letter first, unique; none is `setup`, `teardown` or one
    of the `others`."""
    taken = {"setup", "teardown", *others}
    joined = ("-".join(slugs) for slugs in groups)
    plain = [name if name[:1].isalpha() else f"job-{name}" for name in joined]
    return tuple(free(name, "/".join(slugs), taken, _LONGEST) for name, slugs in zip(plain, groups, strict=True))


def literal(text: str) -> str:
    """A text as it is written where GitHub looks for expressions."""
    return text.replace("${{", "${{ '${{' }}")


def shown(text: str) -> str:
    """A name of the config's as people see it: without line breaks, which a log would show as lines of its own."""
    return literal(" ".join(text.split()) or "-")


def title(text: str) -> str:
    """The same for a workflow's own name, which may hold no expression: `${{` cannot be written there at all."""
    return (" ".join(text.split()) or "-").replace("${{", "$ {{")


def together(names: Sequence[str]) -> str:
    """The names of several stages as one, which stays short enough to be read."""
    for count in range(len(names), 1, -1):
        rest = len(names) - count
        whole = ", ".join(names[:count]) + (f" and {rest} more" if rest else "")
        if len(whole) <= _LONGEST_NAME:
            return shown(whole)
    return shown(names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more")
