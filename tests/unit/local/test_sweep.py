"""What the next run removes of a killed one, and what it leaves alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.local_runs import Repository, wait_for

from transpiler.local import process, run_record
from transpiler.local.run_record import RunRecord, Where
from transpiler.local.sweep import UNINSTALL, sweep

RUN = "local-2026-01-02-030405-0a1b2c"
HERE = Where("box", "docker", {})


@dataclass
class Dead:
    """A run that was killed: its record, its work directory, and the fake docker that it used."""

    repository: Repository
    record: RunRecord
    records: Path

    def sweep(self, here: Where = HERE) -> list[str]:
        return list(sweep(self.records, here, self.repository.env))

    @property
    def is_remembered(self) -> bool:
        return run_record.found(self.records) != ()

    @property
    def untouched(self) -> bool:
        return self.is_remembered and self.record.work.is_dir() and self.repository.calls == ""


@pytest.fixture
def dead(repository: Repository, tmp_path: Path) -> Dead:
    record = RunRecord(RUN, tmp_path / f"transpipe-{RUN}", HERE, ("test",))
    (record.work / "test/values").mkdir(parents=True)
    record.work.chmod(0o700)
    with run_record.held(record, tmp_path / "runs"):
        pass
    return Dead(repository, record, tmp_path / "runs")


def test_all_of_it_goes_by_its_label(dead: Dead) -> None:
    assert dead.sweep() == [f"removed what the killed run {RUN} had left"]
    assert not dead.record.work.exists()
    assert not dead.is_remembered
    for kind in ("ps --all", "images", "network ls"):
        assert f"{kind} --quiet --filter label=ci.run={RUN}-test\n" in dead.repository.calls
    assert dead.sweep() == []


@pytest.mark.parametrize("where", [Where("hut", "docker", {}), Where("box", "podman", {})])
def test_what_is_elsewhere_is_left_to_a_run_there(where: Where, dead: Dead) -> None:
    (line,) = dead.sweep(where)
    (file,) = run_record.found(dead.records)
    there = "with docker" if where.engine == "podman" else "on the machine box"
    assert line == f"a killed run {there} left things, which only a run there can remove; {file} says which"
    assert dead.untouched


def test_a_run_that_is_at_work_is_left_alone(dead: Dead) -> None:
    (file,) = run_record.found(dead.records)
    file.unlink()
    with run_record.held(dead.record, dead.records):
        assert dead.sweep() == []
        assert dead.untouched


def test_what_is_no_record_costs_a_line_each(dead: Dead) -> None:
    (file,) = run_record.found(dead.records)
    (dead.records / "a.json").write_text("{}")
    (dead.records / "z.json").symlink_to(file)
    (dead.records / "notes.txt").write_text("mine")
    first, swept, last = dead.sweep()
    assert "a.json is not the record of a run (it has another shape), so nothing is done about it" in first
    assert "z.json is not the record of a run (it is a link)" in last
    assert swept.startswith("removed")
    assert sorted(path.name for path in dead.records.iterdir()) == ["a.json", "notes.txt", "z.json"]


def test_a_work_directory_that_is_a_link_is_not_followed(dead: Dead, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    (tmp_path / "mine/file").touch()
    dead.record.work.rename(tmp_path / "moved")
    dead.record.work.symlink_to(tmp_path / "mine")
    (line,) = dead.sweep()
    assert f"{dead.record.work} is not a directory that a run has made; see " in line
    assert (tmp_path / "mine/file").exists()
    assert dead.untouched


def test_a_work_directory_that_others_can_read_is_none_of_ours(dead: Dead) -> None:
    dead.record.work.chmod(0o755)
    assert "is not a directory that a run has made" in dead.sweep()[0]
    assert dead.untouched


def test_without_a_work_directory_the_rest_goes(dead: Dead) -> None:
    (dead.record.work / "test/values").rmdir()
    (dead.record.work / "test").rmdir()
    dead.record.work.rmdir()
    assert dead.sweep() == [f"removed what the killed run {RUN} had left"]
    assert not dead.is_remembered


def test_what_cannot_be_removed_is_tried_again(dead: Dead) -> None:
    docker = dead.repository.fake / "bin/docker"
    docker.rename(docker.with_name("hidden"))
    (line,) = dead.sweep()
    assert line.startswith(f"not all that the killed run {RUN} left could be removed: ")
    assert dead.untouched
    docker.with_name("hidden").rename(docker)
    assert dead.sweep() == [f"removed what the killed run {RUN} had left"]


def test_releases_are_uninstalled_first(dead: Dead) -> None:
    program = dead.record.work / "test" / UNINSTALL
    (dead.record.work / "test/values/web.releaseName").write_text("ci-1")
    program.write_text('echo "Error: no cluster"; exit 1\n')
    assert ": a helm release: Error: no cluster; see" in dead.sweep()[0]
    assert dead.untouched
    program.write_text("no-such-helm uninstall x\n")  # the shell says `not found`, too
    assert ": a helm release: " in dead.sweep()[0]
    assert dead.untouched
    program.write_text(
        f'echo "$run $(cat "$values/web.releaseName")" > {dead.records}/said; '
        'echo "Release not loaded: x: release: not found"; exit 1'
    )
    assert dead.sweep() == [f"removed what the killed run {RUN} had left"]
    assert (dead.records / "said").read_text() == f"{RUN}-test ci-1\n"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    found: list[subprocess.Popen[bytes]] = []
    yield found
    for each in found:
        with suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.communicate()


def ended(processes: list[subprocess.Popen[bytes]]) -> list[bool]:
    return [each.poll() is not None for each in processes]


def test_the_programs_of_the_run_end_and_what_serves_others_does_not(
    dead: Dead, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that a program has started for all, and a program of another run that has the same name but for its end,
    go on. SIGTERM does not end the first two, one of which has lost the program that started it."""
    monkeypatch.setattr(process, "GRACE", 0.3)
    programs = dead.record.work / "test/programs"
    programs.mkdir()
    (programs / "stubborn").write_text("trap '' TERM; echo; while :; do sleep 300; done\n")
    (programs / "other").write_text("echo; sleep 300; :\n")
    (programs / "over").write_text(f"sh {programs}/stubborn & exit\n")
    for words, run in (
        (["sh", str(programs / "stubborn")], f"{RUN}-test"),
        (["sh", str(programs / "over")], f"{RUN}-test"),
        (["sh", str(programs / "other")], f"{RUN}-test-2"),
        (["sh", "-c", "echo; sleep 300; :"], f"{RUN}-test"),
    ):
        env = {**os.environ, "run": run}
        each = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, start_new_session=True)
        assert each.stdout
        each.stdout.readline()
        started.append(each)
    assert dead.sweep() == [f"removed what the killed run {RUN} had left"]
    wait_for(lambda: started[0].poll() is not None)
    assert started[0].returncode == -signal.SIGKILL
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(programs / "stubborn") not in shown
    assert ended(started[2:]) == [False, False]
