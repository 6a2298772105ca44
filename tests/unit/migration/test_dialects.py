"""Older dialects in version 0: what is written, and where comments and anchors go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from support.migration import FILE, judge, migrated, text

from transpiler import migration
from transpiler.diagnostics import Diagnostics
from transpiler.frontend.dialects import Dialect, version_0
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document

HERE = Path(__file__).parent
EXAMPLES = sorted(path for path in (HERE.parents[1] / "data/migration").glob("*.yaml") if "-" not in path.stem)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_an_example(example: Path, root: Path, golden_text: Callable[[Path, str], None]) -> None:
    golden_text(example.with_name(f"{example.stem}-migrated.yaml"), text(example.read_bytes(), root))


def lines(root: Path, before: str) -> list[str]:
    """The lines of a migrated config."""
    return text(dedent(before), root).split("\n")


def test_a_comment_above_a_key_that_goes_away_stands_above_what_is_made_of_it(root: Path) -> None:
    found = lines(
        root,
        """
        pipelines:
          web:
            blubberfile: blubber.yaml
            variants:
              # what is shipped
              production: unit
        """,
    )
    assert found[found.index("      # what is shipped") + 1 :][:2] == ["      - name: candidate", "        build: unit"]


def test_a_comment_of_which_nothing_is_left_goes_to_the_top_of_its_pipeline(root: Path) -> None:
    found = lines(
        root,
        """
        pipelines:
          test: {variants: {production: false}}
          web:
            blubberfile: blubber.yaml
            helmConfig: web/helm.yaml  # by the book
        """,
    )
    assert found[found.index("  web:") + 1 :][:2] == ["    # by the book", "    blubberfile: blubber.yaml"]


def test_what_is_commented_out_stays_below_what_it_stood_below(root: Path) -> None:
    found = lines(
        root,
        """
        pipelines:
          test:
            variants:
              test:
                - unit
                # - mocha
                - lint
              production: false
        """,
    )
    first = found.index("      - name: unit")
    assert found[first + 1 :][:2] == ["      # - mocha", "      - name: lint"]


def test_comments_within_a_list_in_brackets_go_with_their_items(root: Path) -> None:
    found = lines(
        root,
        """
        pipelines:
          test:
            variants:
              test: [unit,  # slow
                     lint]  # quick
              production: false
        """,
    )
    assert "      - name: unit  # slow" in found
    assert "      - name: lint  # quick" in found


def test_what_is_copied_keeps_its_form(root: Path) -> None:
    inline = """\
    blubberfile:   # inline
      version: v4
      base: "debian:12"      # old
      variants:
        unit: {builders: [{custom: {requirements: [a], command: [
          sh, -c,
            "x"]}}]}
        lint:
          runs:
            environment: {TEXT: 'a

              b'}
"""
    found = text(f"pipelines:\n  test:\n{inline}    variants: {{test: [unit, lint], production: false}}\n", root)
    assert inline in found


def test_a_block_scalar_moves_with_its_indentation(root: Path) -> None:
    before = dedent("""\
        pipelines:
            test:
                blubberfile:
                    version: v4
                    variants:
                        unit:
                            builder:
                                command: >-  # folded
                                    a
                                      b

                                    c
                variants: {test: unit, production: false}
        """)
    found = text(before, root)
    assert "command: >-  # folded\n" in found
    command = "pipelines/test/blubberfile/variants/unit/builder/command"
    values = [yaml.safe_load(content) for content in (before, found)]
    for key in command.split("/"):
        values = [value[key] for value in values]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "x-file: &f blubber.yaml\npipelines:\n  test: {blubberfile: *f, variants: {production: false}}\n",
            "x-file: &f blubber.yaml\npipelines:\n  test:\n    blubberfile: *f\n    stages:\n      - name: test\n",
        ),
        (
            "pipelines:\n  test: {blubberfile: &f blubber.yaml, variants: &v {production: false}}\n"
            "  web: {blubberfile: *f, variants: *v}\n",
            "pipelines:\n  test:\n    blubberfile: &f blubber.yaml\n    stages:\n      - name: test\n"
            "  web:\n    blubberfile: *f\n    stages:\n      - name: test\n",
        ),
        (
            "x-all: &all {blubberfile: blubber.yaml}\npipelines:\n  test: {<<: *all, variants: {production: false}}\n",
            "x-all: &all {blubberfile: blubber.yaml}\npipelines:\n  test:\n    blubberfile: blubber.yaml\n"
            "    stages:\n      - name: test\n",
        ),
        (
            "pipelines:\n  test: &p\n    blubberfile: blubber.yaml\n    variants: {production: false}\n  web: *p\n",
            "pipelines:\n  test:\n    blubberfile: blubber.yaml\n    stages:\n      - name: test\n"
            "  web:\n    blubberfile: blubber.yaml\n    stages:\n      - name: test\n",
        ),
    ],
    ids=["at top level", "in a pipeline", "merged", "a whole pipeline"],
)
def test_an_anchor_is_kept_where_what_it_names_is_and_written_out_where_not(
    before: str, expected: str, root: Path
) -> None:
    assert text(before, root) == expected


def test_what_stands_before_and_after_the_document_stays(root: Path) -> None:
    before = "\ufeff%YAML 1.2\n# first\n--- # second\n# third\n- {name: unit, stage: test}\n# last\n...\n# more\n"
    found = text(before, root)
    assert found.startswith("\ufeff%YAML 1.2\n# first\n--- # second\n# third\npipelines:\n")
    assert found.endswith("\n# last\n...\n# more\n")


def test_a_document_in_brackets_begins_on_a_line_of_its_own(root: Path) -> None:
    assert text("--- [{name: unit, stage: test}]", root).startswith("--- \npipelines:\n  main:\n")


def test_line_ends_of_another_system_stay(root: Path) -> None:
    found = text("pipelines:\r\n  test:\r\n    variants: {production: false}  # x\r\n", root)
    assert found == "pipelines:\r\n  test:\r\n    stages:  # x\r\n      - name: test\r\n"


def test_a_config_that_would_mean_something_else_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(document: Document, dialect: Dialect, directory: Path | None, said: Diagnostics) -> Document | None:
        other = read(document.text.replace("unit", "lint").encode(), FILE, Diagnostics())
        assert other
        return version_0(other, dialect, directory, said)

    monkeypatch.setattr(migration, "version_0", wrong)
    found = migrated("pipelines: {test: {variants: {test: unit, production: false}}}\n", root)
    assert found.content is None
    assert [(d.code, bool(d.hint)) for d in found.diagnostics] == [("migration-unproven", True)]


GOLDENS = sorted((HERE.parents[2] / "golden").glob("*/.pipeline/config.yaml"))


@pytest.mark.parametrize("config", GOLDENS, ids=lambda p: p.parents[1].name)
def test_every_golden_config_means_the_same(config: Path) -> None:
    content = config.read_bytes()
    judged = judge(content, config.parents[1])
    found = migrated(content, config.parents[1])
    assert (found.content is None) == (judged.workflow is None)
