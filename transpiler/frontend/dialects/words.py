"""What to write instead, in the words of the dialect that the user wrote: hints that take the place of version 0's.

Mistakes of meaning are found when the config is in version 0 already. Their places are the user's own, and so should be
the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from transpiler.diagnostics import Diagnostic
from transpiler.frontend.dialects.shape import Dialect
from transpiler.records import replace

_OWN_FILE = (
    "`blubberfile` is relative to `.pipeline/`; a pipeline that names none is built from `<pipeline>/blubber.yaml`."
)
_HINTS: Mapping[tuple[str, Dialect], str] = {
    ("missing-build-file", Dialect.A):
        "`blubberfile` is relative to `.pipeline/`; an item that names none is built from `blubber.yaml`.",
    ("missing-build-file", Dialect.B): _OWN_FILE,
    ("missing-build-file", Dialect.C): _OWN_FILE,
    ("image-name", Dialect.A): "The image is called after the item: give that a name that a registry takes.",
    ("image-name", Dialect.B): "The image is called after the pipeline: give that a name that a registry takes.",
    ("image-name", Dialect.C): "The image is called after the pipeline: give that a name that a registry takes.",
    ("no-pipelines", Dialect.A): "Add an item: `- {name: unit, stage: test}`.",
    ("no-pipelines", Dialect.B): "Add one: `pipelines: {service: {variants: {test: test}}}`.",
    ("no-pipelines", Dialect.C): "Add one: `pipelines: {service: {execution: [test]}}`.",
    ("no-stages", Dialect.B): "Name a variant under `variants.test` or `variants.production`, or remove the pipeline.",
    ("no-stages", Dialect.C): "Add stages, or remove `stages` for `test`, then `production`.",
    ("unused-stages", Dialect.C): "Add it to `execution`, or remove it.",
    ("production-without-test", Dialect.A): "Add an item with `stage: test` before it.",
    ("production-without-test", Dialect.B): "Name a variant under `variants.test`.",
    ("production-without-test", Dialect.C): "Name a stage that runs tests before it in `execution`.",
    ("publish-without-deploy", Dialect.A): "Write version 0 (`transpipe migrate`), and add a stage with `deploy`.",
    ("publish-without-deploy", Dialect.B): "Add a `helmConfig` that names the chart: `chart: {name: NAME}`.",
    ("publish-without-deploy", Dialect.C): "Add `testDeploy: [{chart: URL}]` to the stage.",
    ("untested-publish", Dialect.A): "Move the items that test before those in `production`.",
    ("untested-publish", Dialect.C): "Name it before this stage in `execution`.",
}


def reworded(diagnostics: Iterable[Diagnostic], dialect: Dialect) -> Iterator[Diagnostic]:
    """The diagnostics with the dialect's hints, where it has its own."""
    for diagnostic in diagnostics:
        yield replace(diagnostic, hint=_HINTS.get((diagnostic.code, dialect), diagnostic.hint))
