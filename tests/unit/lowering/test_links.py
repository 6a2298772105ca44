"""Links in the checkout, whoever made them: no program reads or writes through one that leads out."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.ir_by_hand import Machine, build_step, copy_item, copy_step, lowered, run_step, setup, stage, text

from transpiler import ir
from transpiler.expressions import literal
from transpiler.program import StageProgram


def web(*steps: ir.Step) -> StageProgram:
    """The program of a stage `web`."""
    return lowered(stage("web", *steps)).stage("web")


@pytest.fixture
def outside(machine: Machine) -> Path:
    """A directory of the node's own."""
    machine.put("outside/kept", "theirs")
    return machine.root / "outside"


@pytest.mark.parametrize("known", [True, False], ids=["known before", "known when it runs"])
@pytest.mark.parametrize(
    ("link", "to", "destination"),
    [
        ("out", "../outside", "out/x"),
        ("out", "../outside", "out"),
        ("a/out", "../../outside", "a/out/x"),
        ("x", "../outside/kept", "x"),
        ("x", "../outside/new", "x"),
    ],
)
def test_nothing_is_copied_through_a_link(
    machine: Machine, outside: Path, link: str, to: str, destination: str, known: bool
) -> None:
    machine.put("fake/container/b.xml", "ours")
    (machine.checkout / link).parent.mkdir(exist_ok=True)
    (machine.checkout / link).symlink_to(to)
    target = literal(destination) if known else text(setup("params.D"))
    program = web(run_step(text("busybox")), copy_step(copy_item("/b.xml", target)))
    done = machine.run(program, setup_params_D=destination)
    assert (done.status, "is a link" in done.err) == (1, True)
    assert [(p.name, p.read_text()) for p in outside.iterdir()] == [("kept", "theirs")]


@pytest.mark.parametrize("link", ["site", "site.tar.gz"])
def test_no_link_is_kept_or_packed_into(machine: Machine, outside: Path, link: str) -> None:
    """The container decides what a copied file is; an engine would keep what a link leads to."""
    machine.put("fake/container/docs/a", "1")
    (machine.checkout / link).symlink_to("../outside/kept")
    program = web(run_step(text("busybox")), copy_step(copy_item("/docs", "site", archive=True)))
    assert machine.run(program).status == 1
    assert (outside / "kept").read_text() == "theirs"


@pytest.mark.parametrize("known", [True, False], ids=["known before", "known when it runs"])
@pytest.mark.parametrize("path", ["out", "out/deep", "up/outside"])
def test_no_context_leads_out(machine: Machine, outside: Path, path: str, known: bool) -> None:
    (outside / "deep").mkdir()
    (machine.checkout / "out").symlink_to("../outside")
    (machine.checkout / "up").symlink_to("..")
    context = literal(path) if known else text(setup("params.C"))
    done = machine.run(web(build_step("test", context=context)), setup_params_C=path)
    assert (done.status, f"{path} leads out" in done.err) == (1, True)
    assert not [call for call in done.calls if call[:2] == ["docker", "build"]]


def test_no_directory_leads_out(machine: Machine, outside: Path) -> None:
    (machine.checkout / "out").symlink_to("../outside")
    done = machine.run(lowered(stage("web", build_step("test"), directory="out")).stage("web"))
    assert (done.status, "out leads out" in done.err) == (1, True)


def test_a_link_within_the_checkout_is_a_directory(machine: Machine) -> None:
    machine.put("checkout/src/Dockerfile", "")
    (machine.checkout / "link").symlink_to("src")
    done = machine.run(lowered(stage("web", build_step("test"), directory="link")).stage("web"))
    assert done.status == 0, done.err
