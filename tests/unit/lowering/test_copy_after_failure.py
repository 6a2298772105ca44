"""`copy` with `when` and `report`, under each shell: what is copied after which end of a run, and where it goes."""

from __future__ import annotations

import pytest
from support.ir_by_hand import Machine, copy_item, copy_step, lowered, own, run_step, service, setup, stage, text, token

from transpiler import ir
from transpiler.expressions import Loop
from transpiler.ir import ReportKind, When
from transpiler.lowering.limit import TIMED_OUT
from transpiler.program import Archive, Report, StageProgram

ALWAYS, FAILURE = When.ALWAYS, When.FAILURE


def program(*items: ir.CopyItem | Loop[ir.CopyItem], **keys: object) -> StageProgram:
    """The program of a stage `web` that runs and then copies these."""
    return lowered(stage("web", run_step(text("x")), copy_step(*items), **keys)).stage("web")


@pytest.fixture
def files(machine: Machine) -> Machine:
    machine.put("fake/container/log", "said")
    machine.put("fake/container/out/a.xml", "<a/>")
    return machine


def found(machine: Machine) -> set[str]:
    return {path.relative_to(machine.checkout).as_posix() for path in machine.checkout.rglob("*") if path.is_file()}


ITEMS = (
    copy_item("/log", "usual"),
    copy_item("/log", "failed", when=FAILURE),
    copy_item("/log", "both", when=ALWAYS),
)


def test_after_a_success(files: Machine) -> None:
    assert files.run(program(*ITEMS)).status == 0
    assert found(files) == {"usual", "both"}


def test_after_a_failure_and_the_stage_fails_as_the_run_did(files: Machine) -> None:
    files.put("fake/fail", "")
    assert files.run(program(*ITEMS)).status == 3
    assert found(files) == {"failed", "both"}


def test_after_a_failure_what_is_not_there_is_told_and_passed_over(files: Machine) -> None:
    files.put("fake/fail", "")
    made = program(copy_item("/not/here", "a", when=ALWAYS), copy_item("/log", "b", when=ALWAYS))
    done = files.run(made)
    assert (done.status, found(files)) == (3, {"b"})
    assert "not copied: /not/here" in done.err


def test_after_a_success_what_is_not_there_is_an_error(files: Machine) -> None:
    assert files.run(program(copy_item("/not/here", "a", when=ALWAYS))).status != 0


def test_nothing_is_copied_through_a_link_after_a_failure_either(files: Machine) -> None:
    files.put("fake/fail", "")
    (files.checkout / "out").symlink_to("/tmp")
    done = files.run(program(copy_item("/log", "out/x", when=ALWAYS)))
    assert done.status == 3
    assert "out is a link" in done.err
    assert [call for call in done.calls if call[:2] == ["docker", "cp"]] == []


def test_a_loop_copies_each_item_after_a_failure(files: Machine) -> None:
    files.put("fake/fail", "")
    item = copy_item(text("/", token("f")), text(token("f")), when=ALWAYS)
    made = program(Loop(("f",), text(setup("tag")), " ", item))
    assert files.run(made, setup_tag="log no out").status == 3
    assert found(files) == {"log", "out/a.xml"}


def test_only_the_last_attempt_is_copied(files: Machine) -> None:
    files.put("fake/fail", "")
    done = files.run(program(copy_item("/log", "a", when=FAILURE), attempts=3))
    assert done.status == 3
    assert [call[1] for call in done.calls if call[1] in ("run", "cp", "rm")] == ["run", "rm", "run", "rm", "run", "cp"]


@pytest.mark.slow
def test_a_stage_that_exceeds_its_limit_leaves_what_its_run_had(files: Machine) -> None:
    files.command("docker", '#!/bin/sh\n[ "$1" != run ] || exec sleep 20\n[ "$1" != cp ] || echo it > "$3"\n')
    made = program(copy_item("/log", text(setup("tag")), when=ALWAYS), timeout=1)
    done = files.run(made, setup_tag="late")
    assert done.status == TIMED_OUT
    assert found(files) == {"late"}


def test_files_are_copied_after_a_service_has_failed(files: Machine) -> None:
    files.put("fake/fail", "")
    step = run_step(text("x"), services=(service("db"),))
    made = lowered(stage("web", step, copy_step(copy_item("/log", "a", when=ALWAYS)))).stage("web")
    done = files.run(made)
    assert done.status == 3
    assert "not copied" not in done.err


def test_only_what_is_copied_after_a_success_is_promised_to_later_stages() -> None:
    last = stage("last", run_step(text(own("stage"))))
    first = stage("web", run_step(text("x")), copy_step(*ITEMS))
    assert lowered(first, last).stage("web").copies == ("usual", "both")


def test_archives_and_reports() -> None:
    made = program(
        copy_item("/a", archive=True),
        copy_item("/b", archive=True, when=FAILURE),
        copy_item("/c.xml", when=ALWAYS, report=ReportKind.JUNIT),
        copy_item("/d/", "e", when=ALWAYS, report=ReportKind.COBERTURA),
    )
    assert made.archives == (
        Archive("a", None),
        Archive("b", None, late=True),
        Archive("c.xml", None, late=True),
        Archive("e", True, late=True),
    )
    assert made.reports == (Report(ReportKind.JUNIT, "c.xml", None), Report(ReportKind.COBERTURA, "e", True))


@pytest.mark.parametrize(
    ("path", "directory", "patterns"),
    [
        ("a.xml", None, ("a.xml",)),
        ("a.xml", True, ("a.xml/**/*.xml",)),
        ("a", None, ("a", "a/**/*.xml")),
        ("a", True, ("a/**/*.xml",)),
    ],
)
def test_the_patterns_of_a_report(path: str, directory: bool | None, patterns: tuple[str, ...]) -> None:
    assert Report(ReportKind.JUNIT, path, directory).patterns == patterns


def test_urls_are_those_of_what_is_copied_after_a_success(files: Machine) -> None:
    items = (copy_item("/log", "a", archive=True), copy_item("/log", "b", archive=True, when=FAILURE))
    urls = ir.Export("urls", text(own("artifactURLs")))
    made = lowered(stage("web", run_step(text("x")), copy_step(*items), urls), stage("x", run_step(text(own("urls")))))
    assert files.run(made.stage("web")).values["web.urls"] == "https://ci.example/a/a"


def test_a_stage_without_such_items_is_as_before() -> None:
    lines = program(copy_item("/log")).lines
    assert not [line for line in lines if "rc" in line or "after_failure" in line]
