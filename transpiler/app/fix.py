"""`transpipe lint --fix`: makes the fixes of diagnostics in a repository's config and profile."""

from __future__ import annotations

import codecs
import os
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from transpiler import files
from transpiler.app.patch import patch
from transpiler.app.place import Place
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.driver import Request, understand
from transpiler.freshness import writing
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.lowering import lower
from transpiler.migration import rounds
from transpiler.migration.rounds import Judged, Texts
from transpiler.records import replace


class Fixed(NamedTuple):
    """What was fixed: pairs of what was done and a file, as in `Report.done`; the patch, if one was asked for; and what
    stood in the way of writing."""

    done: tuple[tuple[str, str], ...]
    difference: str
    diagnostics: tuple[Diagnostic, ...] = ()


def fix(place: Place, request: Request, *, write: bool) -> Fixed:
    """Makes all fixes that can be made, and writes the files or only shows what would change. Raises OSError."""
    texts, marks = _texts(place, request)

    def judge(candidate: Texts) -> Judged:
        with files.unsaved({_real(place, name): marks[name] + text.encode() for name, text in candidate.items()}):
            outcome = understand(replace(request, content=None))
        plan = lower(outcome.workflow, outcome.profile) if outcome.workflow and outcome.profile else None
        return Judged(outcome.workflow, outcome.diagnostics, plan)

    made = rounds.fixed(texts, judge, lambda _: True)
    changed = {name: text for name, text in made.texts.items() if text != texts[name]}
    wrong = tuple(_outside(name) for name in changed if write and writing.leads_out(place.root, name))
    if write and not wrong:
        for name, text in changed.items():
            writing.write(place.root, name, (marks[name] + text.encode()).decode())
    return Fixed(_done(made.fixed, changed), "" if write else _difference(texts, changed), wrong)


def _texts(place: Place, request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """The texts that may be changed, those of the repository's own files, and the byte order mark of each."""
    texts: dict[str, str] = {}
    marks: dict[str, bytes] = {}
    outcome = understand(request)
    named = [request.config, *(name for name, _ in outcome.profile.sources)] if outcome.profile else [request.config]
    named += [one.span.file for one in outcome.diagnostics if one.span]
    for name in dict.fromkeys(named):
        content = None if os.path.isabs(name) else files.read(place.root / name, MAX_BYTES + 1)
        if content is None or len(content) > MAX_BYTES or name.startswith("../"):
            continue
        marks[name] = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        try:
            texts[name] = content.removeprefix(codecs.BOM_UTF8).decode()
        except UnicodeDecodeError:
            continue
    return texts, marks


def _real(place: Place, name: str) -> str:
    return os.path.realpath(place.root / name)


def _done(fixed: tuple[Diagnostic, ...], changed: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was fixed in each file, such as `fixed 2 unknown-key, 1 unknown-stage in`."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in changed}
    for one in fixed:
        name = one.fix.changes[0].span.file if one.fix else ""
        if name in counts:
            counts[name][one.code] += 1
    return tuple(
        (f"fixed {', '.join(f'{number} {code}' for code, number in sorted(found.items()))} in", name)
        for name, found in counts.items()
    )


def _difference(texts: Mapping[str, str], changed: Mapping[str, str]) -> str:
    return "".join(patch(texts[name], text, f"a/{name}", f"b/{name}") for name, text in changed.items())


def _outside(name: str) -> Diagnostic:
    message = f"`{name}` is a link that leads out of the repository, so transpipe does not change it."
    hint = "Run `transpipe lint --fix` in the repository that contains the file."
    return Diagnostic("config-outside", Severity.ERROR, message, None, hint)
