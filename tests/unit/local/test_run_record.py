"""Records of runs: who can take one, and what is none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from transpiler.local import run_record
from transpiler.local.run_record import NoRecord, RunRecord, Where

RUN = "local-2026-01-02-030405-0a1b2c"
HERE = Where("box", "docker", {"DOCKER_HOST": "unix:///d.sock"})


def record(tmp_path: Path) -> RunRecord:
    return RunRecord(RUN, tmp_path / f"transpipe-{RUN}", HERE, ("test", "ship"))


def left(tmp_path: Path, **changed: object) -> Path:
    """The file of a run that was killed, with some of its values changed."""
    with run_record.held(record(tmp_path), tmp_path / "runs"):
        pass
    (file,) = run_record.found(tmp_path / "runs")
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))
    return file


def test_a_record_can_be_taken_only_when_its_run_is_over(tmp_path: Path) -> None:
    records = tmp_path / "runs"
    with run_record.held(record(tmp_path), records):
        (file,) = run_record.found(records)
        with pytest.raises(NoRecord) as why, run_record.taken(file):
            pass
        assert str(why.value) == ""
    with run_record.taken(file) as taken:
        assert taken == record(tmp_path)
        assert taken.labels == (f"{RUN}-test", f"{RUN}-ship")
        # nor may two runs remove the same things at once
        with pytest.raises(NoRecord) as why, run_record.taken(file):
            pass
        assert str(why.value) == ""
        run_record.removed(taken, records)
    assert run_record.found(records) == ()


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    file = left(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def linked(file: Path) -> None:
    file.rename(file.with_suffix(".real"))
    file.symlink_to(file.with_suffix(".real"))


def hard_linked(file: Path) -> None:
    file.with_suffix(".real").hardlink_to(file)


def replaced(file: Path, make: Callable[[Path], object]) -> None:
    file.unlink()
    make(file)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(linked, "it is a link", id="a link"),
        pytest.param(hard_linked, "others may have written it", id="a hard link"),
        pytest.param(lambda f: f.chmod(0o620), "others may have written it", id="a file of the group"),
        pytest.param(lambda f: replaced(f, Path.mkdir), "it is not a file", id="a directory"),
        pytest.param(lambda f: replaced(f, os.mkfifo), "it is not a file", id="a pipe"),
        pytest.param(lambda f: f.write_bytes(b""), "it has another shape", id="nothing"),
        pytest.param(lambda f: f.write_bytes(b"\xff\x00"), "it has another shape", id="no text"),
        pytest.param(lambda f: f.write_bytes(b"[]"), "it has another shape", id="a list"),
        pytest.param(lambda f: f.write_bytes(b"[" * 100_000), "it has another shape", id="a deep list"),
        pytest.param(lambda f: f.write_bytes(f.read_bytes()[:-9]), "it has another shape", id="a part of one"),
        pytest.param(lambda f: f.rename(f.with_name("other.json")), "it names no run of ours", id="another name"),
    ],
)
def test_what_is_no_record_is_told(change: Callable[[Path], object], says: str, tmp_path: Path) -> None:
    change(left(tmp_path))
    (file,) = run_record.found(tmp_path / "runs")
    with pytest.raises(NoRecord, match=says), run_record.taken(file):
        pass


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"format": 2}, "another version"),
        ({"run": "x", "work": "/tmp/transpipe-x"}, "no run of ours"),
        ({"run": 1}, "another shape"),
        ({"machine": None}, "another shape"),
        ({"choosing": {"A": 1}}, "another shape"),
        ({"choosing": []}, "another shape"),
        ({"pipelines": ["../../etc"]}, "no pipeline of ours"),
        ({"pipelines": [".."]}, "no pipeline of ours"),
        ({"pipelines": ["a b"]}, "no pipeline of ours"),
        ({"pipelines": 3}, "another shape"),
        ({"work": "/"}, "no work directory of ours"),
        ({"work": "/home"}, "no work directory of ours"),
        ({"work": f"transpipe-{RUN}"}, "no work directory of ours"),
        ({"work": f"/tmp/../transpipe-{RUN}"}, "no work directory of ours"),
        ({"work": f"/tmp/transpipe-{RUN}/.."}, "no work directory of ours"),
        ({"work": f"/tmp/transpipe-{RUN}\0"}, "another shape"),
    ],
)
def test_a_record_names_only_what_a_run_makes(changed: dict[str, object], says: str, tmp_path: Path) -> None:
    with pytest.raises(NoRecord, match=says), run_record.taken(left(tmp_path, **changed)):
        pass


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (HERE, ""),
        (Where("hut", "docker", {}), "on the machine hut"),
        (Where("box", "podman", {}), "with podman"),
        (Where("box", "docker", {}), "with another $DOCKER_HOST"),
        (Where("box", "docker", {**HERE.choosing, "DOCKER_CONTEXT": "x"}), "with another $DOCKER_CONTEXT"),
    ],
)
def test_how_places_differ(other: Where, says: str) -> None:
    assert HERE.differs(other) == says
