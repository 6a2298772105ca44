"""Names, marks and patterns: what is one job to Jenkins, and what a description says of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.jenkins_sync.jobs import marker, naming
from transpiler.jenkins_sync.jobs.marker import Mark

words = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("pattern", "pipeline", "name"),
    [
        pytest.param("{project}-{pipeline}", "test", "team-web-test", id="the project's slashes become dashes"),
        pytest.param("{name}-pipeline-{pipeline}", "test", "web-pipeline-test", id="the last part of the project"),
        pytest.param("{project}-{pipeline}", None, "team-web", id="no pipeline, no dash before it"),
        pytest.param("{project}-pipeline-{pipeline}", None, "team-web-pipeline", id="what stands before stays"),
        pytest.param("jobs", "test", "jobs", id="no placeholder"),
        pytest.param("{other}", "test", "{other}", id="what nothing fills in stays"),
    ],
)
def test_patterns(pattern: str, pipeline: str | None, name: str) -> None:
    assert naming.filled(pattern, "team/web", pipeline, slash="-") == name


@given(words)
def test_filling_in_never_reads_what_it_has_filled_in(project: str) -> None:
    assert naming.filled("{project}", project, "x") == project


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a?", "a/b", "a\\b", "a:b", "50%", "a\tb", "a;b", "a.", "é[0]"])
def test_names_that_jenkins_refuses(name: str) -> None:
    assert naming.complaint(name)


@pytest.mark.parametrize("name", ["a", "team-web-test", "a.b", "über", "日本語", "a b", "a(1)", "a+b~c,d=e"])
def test_names_that_jenkins_takes(name: str) -> None:
    assert naming.complaint(name) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Foo/Bar", "foo/bar", True),
        ("ÜBER", "über", True),
        ("straße", "STRASSE", False),
        ("ﬁx", "FIX", False),
        ("a", "b", False),
    ],
)
def test_case_is_no_difference_char_by_char(one: str, other: str, same: bool) -> None:
    assert (naming.fold(one) == naming.fold(other)) is same


@given(words)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert naming.fold(naming.fold(text)) == naming.fold(text)


@pytest.mark.parametrize(
    ("folder", "above"), [("", ()), ("a", ("a",)), ("a/b/c", ("a", "a/b", "a/b/c"))], ids=["the top", "one", "three"]
)
def test_ancestors(folder: str, above: tuple[str, ...]) -> None:
    assert naming.ancestors(folder) == above


# ---- marks ----

names = st.text(min_size=1).filter(lambda text: text.strip() == text and text.isprintable())
digests = st.one_of(st.just(marker.UNCHECKED), st.just(""), st.from_regex(r"\A1:[0-9a-f]{32}\Z"))


@given(names, names, digests, st.text())
def test_a_mark_is_read_back(owner: str, source: str, digest: str, text: str) -> None:
    described = marker.describe(text.replace("[transpipe", "("), Mark(owner, source, digest))
    assert marker.read(described) == Mark(owner, source, digest)


@given(st.text())
def test_the_text_of_a_description_is_read_back(text: str) -> None:
    described = marker.describe(text, Mark("team/web", "config.yaml", "1:0"))
    if "transpipe" not in text:
        assert marker.text(described) == marker.normal(text)
        assert marker.text(described.replace("\n", "\r\n")) == marker.normal(text)


@pytest.mark.parametrize(
    "description",
    [
        None,
        "",
        "Made by hand",
        "Made by transpipe from x of y: change it there, what is changed here is lost.",
        "[transpipe owner=a]",
        "see [transpipe owner=a source=b digest=1:0]",
        "[transpipe owner=a source=b]\n[transpipe owner=c source=d]",
    ],
    ids=["nothing", "empty", "a person's", "only the visible line", "no source", "quoted", "two owners"],
)
def test_what_is_nobodys(description: str | None) -> None:
    assert marker.read(description) is None


@pytest.mark.parametrize(
    ("digest", "claims"), [("1:0", True), ("", False), ("unchecked", False), ("0:0", False)], ids=str
)
def test_only_a_digest_of_this_form_claims_what_the_job_was(digest: str, claims: bool) -> None:
    assert Mark("a", "b", digest).claims is claims
