"""Hints in the words of the user's dialect, which replace those for version 0.

Mistakes of meaning are found after the config was translated to version 0. Their positions are in the user's file, so
the hints should use the words of that file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from transpiler.diagnostics import Diagnostic
from transpiler.frontend.dialects.shape import Dialect
from transpiler.records import replace

_OWN_FILE = (
    "`blubberfile` is relative to `.pipeline/`; a pipeline without one uses `.pipeline/<pipeline>/blubber.yaml`."
)
_HINTS: Mapping[tuple[str, Dialect], str] = {
    (
        "missing-build-file",
        Dialect.A,
    ): "`blubberfile` is relative to `.pipeline/`; an item without one uses `.pipeline/blubber.yaml`.",
    ("missing-build-file", Dialect.B): _OWN_FILE,
    ("missing-build-file", Dialect.C): _OWN_FILE,
    ("image-name", Dialect.A): "The image has the item's name: give the item a name that a registry accepts.",
    ("image-name", Dialect.B): "The image has the pipeline's name: give the pipeline a name that a registry accepts.",
    ("image-name", Dialect.C): "The image has the pipeline's name: give the pipeline a name that a registry accepts.",
    ("no-pipelines", Dialect.A): "Add an item: `- {name: unit, stage: test}`.",
    ("no-pipelines", Dialect.B): "Add one: `pipelines: {service: {variants: {test: test}}}`.",
    ("no-pipelines", Dialect.C): "Add one: `pipelines: {service: {execution: [test]}}`.",
    ("no-stages", Dialect.B): "Name a variant under `variants.test` or `variants.production`, or remove the pipeline.",
    ("no-stages", Dialect.C): "Add stages, or remove `stages` to run `test` and then `production`.",
    ("unused-stages", Dialect.C): "Add the stage to `execution`, or remove it.",
    ("production-without-test", Dialect.A): "Add an item with `stage: test` before it.",
    ("production-without-test", Dialect.B): "Name a variant under `variants.test`.",
    ("production-without-test", Dialect.C): "In `execution`, put a stage that runs the tests before this one.",
    ("publish-without-deploy", Dialect.A): "Migrate to version 0 (`transpipe migrate`), and add a stage with `deploy`.",
    ("publish-without-deploy", Dialect.B): "Add a `helmConfig` that names the chart: `chart: {name: NAME}`.",
    ("publish-without-deploy", Dialect.C): "Add `testDeploy: [{chart: URL}]` to the stage.",
    ("untested-publish", Dialect.A): "Move the test items before those in `production`.",
    ("untested-publish", Dialect.C): "In `execution`, put the test before this stage.",
}

_SAME_FIX = frozenset({"unknown-variant", "yaml-1.1-boolean"})


def reworded(diagnostics: Iterable[Diagnostic], dialect: Dialect) -> Iterator[Diagnostic]:
    """The diagnostics, with the dialect's own hints if it has any. Fixes are in the words of version 0, too: only those
    stay that say the same in every dialect."""
    for diagnostic in diagnostics:
        hint = _HINTS.get((diagnostic.code, dialect), diagnostic.hint)
        same = dialect is Dialect.V0 or diagnostic.code in _SAME_FIX
        yield replace(diagnostic, hint=hint, fix=diagnostic.fix if same else None)
