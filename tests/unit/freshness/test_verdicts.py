"""What became of the outputs on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.diagnostics import Diagnostics
from transpiler.fast_path.digests import BLUBBERFILE, CONFIG, PROFILE, content_digest, digest, names_digest
from transpiler.freshness.header import Choice, Input, Inputs, Move, Output, compose
from transpiler.freshness.verdicts import State, Verdict, judge, profile_of
from transpiler.freshness.writing import check_verdicts, formatted

SOURCE = ".pipeline/config.yaml"
CONTENT = "pipelines: {}\n"
MAIN = Output("jenkins", "Jenkinsfile", "//", (), "test()\n")
ZUUL = Output("zuul", ".zuul.d/transpipe.yaml", "#", (), "- job\n")
PLAYBOOK = Output("zuul", ".pipeline/zuul/test.yaml", "#", (), "- hosts\n")
PLACES = ("Jenkinsfile", ".gitlab-ci.yml", ".zuul.d/transpipe.yaml")


def inputs(config: str = CONTENT) -> Inputs:
    files = (
        Input(CONFIG, SOURCE, content_digest(config.encode())),
        Input(BLUBBERFILE, "blubber.yaml", names_digest(["a"])),
        Input(PROFILE, "site", content_digest(b"x: 1\n")),
    )
    return Inputs(files, digest("templates"))


def wanted(*outputs: Output, config: str = CONTENT) -> dict[str, str]:
    return dict(compose(SOURCE, inputs(config), outputs))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose three outputs are fresh."""
    put(tmp_path, wanted(MAIN, ZUUL, PLAYBOOK))
    put(tmp_path, {SOURCE: CONTENT, "blubber.yaml": "variants:\n  a: {}\n", "profiles/site.yaml": "x: 1\n"})
    return tmp_path


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def judged(root: Path, *outputs: Output, config: str = CONTENT, targets: tuple[str, ...] = ()) -> list[Verdict]:
    now = wanted(*outputs, config=config)
    return list(judge(root, SOURCE, now, inputs(config), PLACES, frozenset(targets)))


def states(root: Path, *outputs: Output, config: str = CONTENT, targets: tuple[str, ...] = ()) -> dict[str, State]:
    return {v.path: v.state for v in judged(root, *outputs, config=config, targets=targets)}


def test_what_is_as_it_would_be_written_is_fresh(repository: Path) -> None:
    assert set(states(repository, MAIN, ZUUL, PLAYBOOK).values()) == {State.FRESH}


def test_a_checkout_with_crlf_is_fresh(repository: Path) -> None:
    for path in (MAIN.path, ZUUL.path, PLAYBOOK.path, SOURCE, "blubber.yaml", "profiles/site.yaml"):
        put(repository, {path: (repository / path).read_text().replace("\n", "\r\n")})
    assert set(states(repository, MAIN, ZUUL, PLAYBOOK).values()) == {State.FRESH}


def test_a_moved_config_makes_every_output_stale_and_is_named(repository: Path) -> None:
    verdicts = judged(repository, MAIN, ZUUL, PLAYBOOK._replace(body="- new\n"), config="other")
    # The middle one's bytes stay the same: its header names no input.
    assert [(v.path, v.state) for v in verdicts] == [
        (MAIN.path, State.STALE),
        (ZUUL.path, State.FRESH),
        (PLAYBOOK.path, State.STALE),
    ]
    assert {v.moves for v in verdicts if v.state is State.STALE} == {(Move(CONFIG, SOURCE),)}


def test_an_edited_output_is_told_from_a_stale_one(repository: Path) -> None:
    put(repository, {MAIN.path: (repository / MAIN.path).read_text() + "more\n"})
    assert states(repository, MAIN, ZUUL, PLAYBOOK, config="other")[MAIN.path] is State.EDITED


def test_a_missing_and_a_foreign_output(repository: Path) -> None:
    (repository / MAIN.path).unlink()
    put(repository, {ZUUL.path: "- project\n"})
    found = states(repository, MAIN, ZUUL, PLAYBOOK)
    assert (found[MAIN.path], found[ZUUL.path]) == (State.MISSING, State.FOREIGN)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"\x00"], ids=["no UTF-8", "an empty file", "NUL"])
def test_any_other_file_is_foreign(repository: Path, content: bytes) -> None:
    (repository / MAIN.path).write_bytes(content)
    assert states(repository, MAIN)[MAIN.path] is State.FOREIGN


def test_what_an_earlier_header_lists_is_an_orphan(repository: Path) -> None:
    assert states(repository, MAIN, ZUUL)[PLAYBOOK.path] is State.ORPHAN


def test_an_edited_orphan_is_told(repository: Path) -> None:
    put(repository, {PLAYBOOK.path: (repository / PLAYBOOK.path).read_text() + "mine\n"})
    assert states(repository, MAIN, ZUUL)[PLAYBOOK.path] is State.EDITED_ORPHAN


def test_a_listed_file_that_a_person_wrote_since_is_no_orphan(repository: Path) -> None:
    put(repository, {PLAYBOOK.path: "mine\n"})
    assert PLAYBOOK.path not in states(repository, MAIN, ZUUL)


def test_a_file_made_from_another_config_is_no_orphan(repository: Path) -> None:
    put(repository, dict(compose("other/config.yaml", inputs(), (PLAYBOOK,))))
    assert PLAYBOOK.path not in states(repository, MAIN, ZUUL)


def test_orphans_are_found_when_the_first_output_is_another_now(repository: Path) -> None:
    assert states(repository, ZUUL) == {
        ZUUL.path: State.STALE,
        MAIN.path: State.ORPHAN,
        PLAYBOOK.path: State.ORPHAN,
    }


def test_with_targets_chosen_the_outputs_of_others_are_left_alone(repository: Path) -> None:
    assert states(repository, ZUUL, targets=("zuul",)) == {ZUUL.path: State.FRESH, PLAYBOOK.path: State.ORPHAN}


def test_with_targets_chosen_a_part_of_a_stale_set_is_stale(repository: Path) -> None:
    assert states(repository, ZUUL, PLAYBOOK, config="other", targets=("zuul",))[ZUUL.path] is State.STALE


def test_a_run_for_some_targets_is_told_from_one_for_all(repository: Path) -> None:
    put(repository, dict(compose(SOURCE, inputs(), (MAIN,), Choice(("jenkins",)))))
    verdict = judged(repository, MAIN, ZUUL, PLAYBOOK)[0]
    assert (verdict.state, verdict.moves) == (State.STALE, (Move("targets", "jenkins"),))


def test_an_output_of_another_run_is_told(repository: Path) -> None:
    put(repository, {ZUUL.path: wanted(MAIN, ZUUL._replace(body="- old\n"))[ZUUL.path]})
    verdict = judged(repository, MAIN, ZUUL, PLAYBOOK)[1]
    assert (verdict.state, verdict.moves) == (State.STALE, (Move("run", "Jenkinsfile"),))


def test_the_marks_of_a_merge_conflict_are_told(repository: Path) -> None:
    text = (repository / MAIN.path).read_text().replace("test()\n", "<<<<<<< HEAD\ntest()\n=======\n>>>>>>> x\n")
    put(repository, {MAIN.path: text})
    verdict = judged(repository, MAIN, ZUUL, PLAYBOOK)[0]
    assert (verdict.state, verdict.moves) == (State.STALE, (Move("merge", ""),))


def test_every_output_knows_the_profile_also_when_it_was_edited(repository: Path) -> None:
    assert profile_of(repository, SOURCE, PLACES) == "site"
    (repository / MAIN.path).unlink()
    assert profile_of(repository, SOURCE, PLACES) == "site"
    put(repository, {ZUUL.path: (repository / ZUUL.path).read_text() + "more\n"})
    assert profile_of(repository, SOURCE, PLACES) == "site"
    assert profile_of(repository, "other/config.yaml", PLACES) == ""


@pytest.mark.parametrize(
    ("old", "new", "layout"),
    [
        ("test()", "  test( )", True),
        ("test()", '"test"()', True),
        ("test()\n", "test()\n\n\n", True),
        ("test()", "tests()", False),
    ],
)
def test_a_formatters_rewrite_is_told_from_an_edit(repository: Path, old: str, new: str, *, layout: bool) -> None:
    file = repository / MAIN.path
    file.write_text(file.read_text().replace(old, new))
    (first, *_) = judged(repository, MAIN, ZUUL, PLAYBOOK)
    assert first.state is State.EDITED
    assert (formatted(first) is not None, [move.what for move in first.moves]) == (layout, ["layout"] if layout else [])
    found = Diagnostics()
    check_verdicts((first,), found, force=False)
    (only,) = found
    assert ("rewritten by a formatter" in only.message, only.code) == (layout, "edited-output")
    check_verdicts((first,), nothing := Diagnostics(), force=True)
    assert not len(nothing)
