"""A stage that may fail, under each shell: how its program ends, and what it leaves."""

from __future__ import annotations

from support.ir_by_hand import Machine, copy_item, copy_step, lowered, own, run_step, stage, text

from transpiler import ir
from transpiler.ir import When
from transpiler.program import PipelineProgram


def pipeline(**keys: object) -> PipelineProgram:
    """A stage `web` that may fail, and one that reads its values."""
    steps = (run_step(text("x"), tail=1), copy_step(copy_item("/log", archive=True)), ir.Export("word", text("w")))
    reader = run_step(text("x"), text(own("word", "none"), own("output", "-")))
    return lowered(stage("web", *steps, may_fail=True, **keys), stage("last", reader))


def test_after_a_success_everything_is_as_usual(machine: Machine) -> None:
    machine.put("fake/stdout", "said\n")
    machine.put("fake/container/log", "x")
    made = pipeline()
    done = machine.run(made.stage("web"))
    assert (done.status, done.values["web.word"], done.values["web.output"]) == (0, "w", "said\n")
    assert made.stage("web").may_fail == "web.failed"
    assert "web.failed" not in done.values
    assert machine.run(made.stage("last")).words("docker", "run")[-1] == "wsaid\n"


def test_after_a_failure_the_program_ends_well_and_says_so(machine: Machine) -> None:
    machine.put("fake/fail", "")
    made = pipeline()
    done = machine.run(made.stage("web"))
    assert (done.status, done.values["web.failed"]) == (0, "3\n")
    assert "This stage has failed with status 3, which is allowed." in done.err
    (machine.root / "fake/fail").unlink()
    assert machine.run(made.stage("last")).words("docker", "run")[-1] == "none-"


def test_what_a_failed_stage_has_bound_is_empty(machine: Machine) -> None:
    """The copy fails after the output has been bound."""
    machine.put("fake/stdout", "said\n")
    done = machine.run(pipeline().stage("web"))
    assert done.status == 0
    assert (done.values["web.output"], done.values["web.word"]) == ("", "")


def test_a_limit_and_attempts_are_within(machine: Machine) -> None:
    machine.put("fake/fail", "")
    done = machine.run(pipeline(timeout=60, attempts=2).stage("web"))
    assert (done.status, done.values["web.failed"]) == (0, "3\n")
    assert "attempt 2 of 2" in done.err


def test_files_are_copied_after_the_failure(machine: Machine) -> None:
    machine.put("fake/fail", "")
    machine.put("fake/container/log", "x")
    step = copy_step(copy_item("/log", "a", when=When.FAILURE))
    made = lowered(stage("web", run_step(text("x")), step, may_fail=True)).stage("web")
    assert machine.run(made).status == 0
    assert (machine.checkout / "a").exists()


def test_all_that_it_archives_may_be_missing() -> None:
    assert all(archive.late for archive in pipeline().stage("web").archives)


def test_a_value_called_failed_is_kept_in_another_file(machine: Machine) -> None:
    step = ir.Export("failed", text("no"))
    made = lowered(stage("web", step, may_fail=True), stage("last", run_step(text("x"), text(own("failed", "y")))))
    done = machine.run(made.stage("web"))
    assert "web.failed" not in done.values
    assert machine.run(made.stage("last")).words("docker", "run")[-1] == "no"
