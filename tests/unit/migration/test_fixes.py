"""What version 0 tolerates is written as it should be, and nothing else moves by a byte."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from support.migration import migrated, text


def stage(*lines: str) -> str:
    """A config with one stage, which builds `production` and has these lines too."""
    body = indent("\n".join(lines), " " * 8)
    return f"pipelines:\n  test:\n    stages:\n      - name: unit\n        build: production\n{body}\n"


RUN = "run: {arguments: [%s]}"
PUBLISH = "publish: {image: true}"
PROMOTE = "promote: [{chart: '${setup.projectShortName}'}]"
CASES = {
    "a number in `arguments`": ((RUN % "x, 1.10, 012"), (RUN % "x, '1.10', '012'")),
    "a boolean in `arguments`": ((RUN % "true"), (RUN % "'true'")),
    "numbers in `env`": ("run: {env: {A: 1, B: .5}}", "run: {env: {A: '1', B: '.5'}}"),
    "numbers in a list of `env`": ("run: {env: [{A: 1}, {B: x}]}", "run: {env: [{A: '1'}, {B: x}]}"),
    "a boolean of YAML 1.1": ("run: Yes  # indeed", "run: true  # indeed"),
    "the same under `publish`": ("publish: {image: on}", "publish: {image: true}"),
    "the same where nothing is taken": ("publish: {image: off}", "publish: {image: false}"),
    "a chart as a URL": (
        f"{PUBLISH}\ndeploy: {{chart: https://x.org/y.tgz}}",
        f"{PUBLISH}\ndeploy: {{chart: {{name: https://x.org/y.tgz}}}}",
    ),
    "a chart in a block": (
        f"{PUBLISH}\ndeploy:\n  chart: 'https://x.org/{{y}},z.tgz'  # the chart",
        f"{PUBLISH}\ndeploy:\n  chart: {{name: 'https://x.org/{{y}},z.tgz'}}  # the chart",
    ),
    "a chart without quotes that braces would break": (
        f"{PUBLISH}\ndeploy:\n  chart: https://x.org/{{y}},z.tgz",
        f"{PUBLISH}\ndeploy:\n  chart: {{name: 'https://x.org/{{y}},z.tgz'}}",
    ),
    "`promote: true`": (f"{PUBLISH}\npromote: true", f"{PUBLISH}\n{PROMOTE}"),
    "`promote: yes`, which has two notes": (f"{PUBLISH}\npromote: yes", f"{PUBLISH}\n{PROMOTE}"),
    "an empty `tag` alone": ("publish: {image: {tag: ''}}  # tag", "publish: {image: true}  # tag"),
    "an empty `tag` among others": (
        "publish: {image: {tags: [a], tag: , name: ores}}",
        "publish: {image: {tags: [a], name: ores}}",
    ),
    "`tags` beside `image`": ("publish: {image: true, tags: [a, b]}", "publish: {image: {tags: [a, b]}}"),
    "`tags` in a block beside `image`": (
        "publish:\n  tags:\n    - a   # first\n    - 'b'\n  image: true  # yes",
        "publish:\n  image:  # yes\n    tags:\n      - a   # first\n      - 'b'",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_a_form_that_is_tolerated(before: str, after: str, root: Path) -> None:
    assert text(stage(*before.split("\n")), root) == stage(*after.split("\n"))


def test_the_comment_beside_what_goes_away_stays(root: Path) -> None:
    before = stage("publish:", "  image:", "    # why", "    tag: ''  # none", "    tags: [a]  # one")
    assert text(before, root) == stage("publish:", "  image:", "    # why", "    # none", "    tags: [a]  # one")


def test_a_document_that_is_indented(root: Path) -> None:
    before = "# top\n pipelines:\n   test: # beside\n# unindented\n     stages:\n     - name: unit\n\n"
    after = "# top\npipelines:\n  test: # beside\n# unindented\n    stages:\n    - name: unit\n\n"
    assert text(before, root) == after


def test_texts_over_several_lines_keep_what_they_hold(root: Path) -> None:
    texts = ["    - |", "      a", "        b", "", "      c", "    - 'x", "", "      y'"]
    body = ["run:", "  arguments:", *texts, "    - 1"]
    found = text(indent(stage(*body), "  "), root)
    assert found == stage(*body).replace("    - 1\n", "    - '1'\n")


@pytest.mark.parametrize(
    "before",
    [
        stage("run: true", "copy: [a]"),
        stage("publish: {image: true}"),
        "pipelines: {test: {stages: []}}",
    ],
    ids=["with steps", "with `publish.image: true`", "with no stages, which is for the author to settle"],
)
def test_what_is_as_it_should_be_stays_byte_for_byte(before: str, root: Path) -> None:
    found = migrated(before, root)
    assert (found.content, found.fixed) == (before.encode(), ())


def test_an_anchor_that_many_use_is_mended_once(root: Path) -> None:
    before = "x-n: &n 2\n" + stage("run: {env: {A: *n, B: *n}}")
    assert text(before, root) == "x-n: &n '2'\n" + stage("run: {env: {A: *n, B: *n}}")


def test_what_an_anchor_means_elsewhere_too_stays_and_the_rest_is_fixed(root: Path) -> None:
    before = "concurrency: &n 2\n" + stage("run: {env: {A: *n, B: 3}}")
    found = migrated(before, root)
    assert found.content == ("concurrency: &n 2\n" + stage("run: {env: {A: *n, B: '3'}}")).encode()
    assert [d.code for d in found.diagnostics] == ["number-as-string"]
    assert [d.code for d in found.fixed] == ["number-as-string"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["without a byte order mark", "with one"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("final", [True, False], ids=["ends in a line break", "ends without"])
def test_line_ends_and_byte_order_mark_stay(mark: bytes, end: bytes, final: bool, root: Path) -> None:
    body = ["publish:", "  image: true # x", "  tags: [a]", "run: {arguments: [1]}"]
    fixed = ["publish:", "  image: # x", "    tags: [a]", "run: {arguments: ['1']}"]

    def written(*lines: str) -> bytes:
        content = stage(*lines).encode().replace(b"\n", end)
        return mark + (content if final else content.removesuffix(end))

    assert migrated(written(*body), root).content == written(*fixed)


def test_a_config_with_errors_is_refused_with_what_lint_says(root: Path) -> None:
    found = migrated(stage("run: {arguments: [1]}", "biuld: x"), root)
    assert found.content is None
    assert [d.code for d in found.diagnostics] == ["unknown-key"]


def test_the_shape_of_a_document_that_is_all_braces(root: Path) -> None:
    before = "{pipelines: {test: {stages: [{name: unit, build: production, publish: {image: true, tags: [a]}}]}}}"
    assert text(before, root) == before.replace("{image: true, tags: [a]}", "{image: {tags: [a]}}")


def test_what_cannot_be_written_between_braces_stays(root: Path) -> None:
    flow = "{publish: {image: true, # c\n    tags: [a]}, name: unit, build: production}"
    before = dedent(f"pipelines:\n  test:\n    stages: [{flow}]\n")
    found = migrated(before, root)
    assert found.content == before.encode()
    assert [d.code for d in found.diagnostics] == ["publish-beside-image"]
