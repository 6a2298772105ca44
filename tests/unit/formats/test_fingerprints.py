"""Fingerprints tell findings apart, and stay what they are when something else changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpiler.diagnostics import Span
from transpiler.formats.finding import Finding, Fingerprints

from .found import CONFIG, FINDINGS, finding


def of(*findings: Finding) -> list[str]:
    seen = Fingerprints()
    return [seen.of(one) for one in findings]


@settings(deadline=None)
@given(st.lists(FINDINGS, max_size=8))
def test_all_are_different(findings: list[Finding]) -> None:
    assert len(set(of(*findings, *findings))) == 2 * len(findings)


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(finding(span=Span(CONFIG, 30, 18, 30, 22)), id="lines were added above"),
        pytest.param(finding(span=Span(CONFIG, 3, 20, 3, 24), line="      execution: [[unti, lint]]"), id="indented"),
        pytest.param(finding(message="`execution` has `unti`, which is not there."), id="said in other words"),
        pytest.param(finding(hint=""), id="without the hint"),
    ],
)
def test_it_stays_when_something_else_changes(moved: Finding) -> None:
    assert of(finding()) == of(moved)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(finding("no-image"), id="another code"),
        pytest.param(finding(span=Span("b/" + CONFIG, 3, 18, 3, 22)), id="another file"),
        pytest.param(finding(line="    execution: [[unti, unit]]"), id="another line"),
        pytest.param(finding(message="`execution` names the stage `lnit`."), id="another name"),
    ],
)
def test_it_is_another_for_another_finding(other: Finding) -> None:
    assert of(finding()) != of(other)
