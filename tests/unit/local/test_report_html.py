"""`transpipe run --report-html FILE`: written however the run ends, and never half. docker is a fake."""

from __future__ import annotations

import signal

import pytest
from support.local_runs import IMPATIENT, Repository, wait_for


def test_the_page_is_written_after_a_good_run(repository: Repository) -> None:
    ran = repository("test", "--report-html", "page.html")
    assert ran.code == 0, ran.err
    text = (repository.root / "page.html").read_text()
    assert "Run of team/ores" in text
    assert "Succeeded: 4 of 4 stages succeeded" in text
    assert "<dt>branch</dt>\n<dd>main</dd>" in text
    assert "a page about the run: page.html\n" in ran.err


def test_the_page_is_written_after_a_bad_run(repository: Repository) -> None:
    repository.write(unit="fail")
    assert repository("test", "--report-html", "page.html").code == 1
    text = (repository.root / "page.html").read_text()
    assert "Failed: 2 of 4 stages succeeded" in text
    assert "it is broken" in text
    assert "comes after unit" in text


def test_the_page_is_written_after_an_interruption(repository: Repository) -> None:
    repository.write(unit="forever")
    repository.command = IMPATIENT
    process = repository.start("test", "--report-html", "page.html")
    wait_for(lambda: any(name.endswith("-unit") for name in repository.containers))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 1
    text = (repository.root / "page.html").read_text()
    assert "Stopped: " in text
    assert ">stopped in " in text


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("none/page.html", "--report-html: there is no directory none"),
        ("src", "--report-html: src is a directory"),
    ],
)
def test_a_place_that_cannot_be_is_told_before_anything_starts(file: str, says: str, repository: Repository) -> None:
    ran = repository("test", "--report-html", file)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert repository.calls == ""


def test_a_dry_run_writes_no_page(repository: Repository) -> None:
    assert repository("--dry-run", "--report-html", "page.html").code == 0
    assert not (repository.root / "page.html").exists()
