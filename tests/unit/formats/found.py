"""What the tests of all forms write, and draw."""

from __future__ import annotations

from hypothesis import strategies as st

from transpiler.diagnostics import Change, Diagnostic, Fix, Severity, Span
from transpiler.formats.finding import Finding, Found, Unprocessed

CONFIG = ".pipeline/config.yaml"
CODES = ("unknown-stage", "no-image", "untested-publish", "stale-output", "accepted-loss")


def finding(
    code: str = "unknown-stage",
    severity: Severity = Severity.ERROR,
    message: str = "`execution` names the stage `unti`, which is not defined.",
    span: Span | None = Span(CONFIG, 3, 18, 3, 22),  # noqa: B008 - immutable
    hint: str = "Did you mean `unit`?",
    line: str = "    execution: [[unti, lint]]",
    file: str = "",
    config: str = CONFIG,
    fix: Fix | None = None,
) -> Finding:
    return Finding(Diagnostic(code, severity, message, span, hint, file, fix), config, line)


MENDED = Fix((Change(Span(CONFIG, 3, 18, 3, 22), "unit"),))
EXAMPLES: tuple[Found, ...] = (
    finding(fix=MENDED),
    finding("untested-publish", Severity.WARNING, "`web` does not wait for `unit`.", Span(CONFIG, 9, 9, 12, 1), ""),
    finding(
        "accepted-loss", Severity.NOTE, "Zuul cannot do this (`archive`).", Span("b/ü x.yaml", 1, 1, 1, 4), line=""
    ),
    finding("edited-output", message="`Jenkinsfile` was edited by hand.", span=None, file="Jenkinsfile", line=""),
    finding("missing-output", message="`.gitlab-ci.yml` is missing.", span=None, line=""),
    finding(
        "no-image",
        message='100% "wrong"\r\n::set-env name=PATH::/tmp ##[add-path]/tmp [a](https://example.org) <b>&amp;\x1b[31m',
        span=Span("a,b:c%0A::error::/x.yaml", 1, 2, 1, 3),
        hint="::stop-commands::x\n##[error]",
        line="x",
    ),
    Unprocessed("nowhere: No such file or directory\n::error::mine"),
)
"""One of each kind, and some of a user who wants to be obeyed."""

NAMES = st.one_of(st.just(CONFIG), st.text(min_size=1, max_size=12))
SPANS = st.builds(
    lambda file, line, column, down, right: Span(file, line, column, line + down, column + right),
    NAMES,
    st.integers(1, 9),
    st.integers(1, 90),
    st.integers(0, 2),
    st.integers(0, 9),
)
FIXES = st.lists(st.builds(Change, SPANS, st.text(max_size=9)), min_size=1, max_size=2).map(lambda c: Fix(tuple(c)))
FINDINGS = st.builds(
    finding,
    st.sampled_from(CODES),
    st.sampled_from(Severity),
    st.text(min_size=1, max_size=40),
    st.none() | SPANS,
    st.text(max_size=40),
    st.text(max_size=20),
    st.just("") | NAMES,
    NAMES,
    st.none()
    | st.builds(Fix, st.lists(st.builds(Change, SPANS, st.text(max_size=9)), min_size=1, max_size=2).map(tuple)),
)
FOUND = st.lists(st.one_of(FINDINGS, st.builds(Unprocessed, st.text(max_size=40))), max_size=6)
