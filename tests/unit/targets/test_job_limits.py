"""The limits of engines' jobs never strike before those of stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from transpiler.driver import Outcome, Request, compile_config
from transpiler.targets.gitlab.settings import seconds
from transpiler.targets.yaml_text import load

CONFIG = """
project: team/app
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[a, b], [a, c]]
    stages:
      - {name: a, timeout: %s, build: x}
      - {name: b, timeout: %s, build: x}
      - {name: c, build: x}
"""


def compiled(root: Path, a: str, b: str, **over: Any) -> Outcome:
    (root / "Dockerfile").write_text("FROM scratch AS x\n")
    (root / "profile.yaml").write_text(yaml.safe_dump({"extends": "default", "targets": {"github": True}, **over}))
    content = (CONFIG % (a, b)).encode()
    return compile_config(Request(root, ".pipeline/config.yaml", str(root / "profile.yaml"), content=content))


def body(outcome: Outcome, target: str) -> Any:
    return load(next(output.body for output in outcome.outputs if output.target == target))


ALL = {"targets": ["jenkins", "gitlab", "zuul", "github"]}


@pytest.mark.parametrize(
    ("a", "b", "raised"),
    [("20m", "45m", None), ("20m", "50m", None), ("20m", "51m", "61 minutes"), ("5", "3601", "71 minutes")],
)
def test_gitlabs_job_has_more_time_than_its_stage(tmp_path: Path, a: str, b: str, raised: str | None) -> None:
    jobs = body(compiled(tmp_path, a, b, **ALL), "gitlab")
    assert jobs[".job"]["timeout"] == "1 hour"
    assert (jobs["test-a"].get("timeout"), jobs["test-b"].get("timeout")) == (None, raised)


def test_stages_of_one_job_need_the_sum_and_those_without_a_limit_the_usual_time(tmp_path: Path) -> None:
    jobs = body(compiled(tmp_path, "20m", "50m", **ALL, gitlab={"granularity": "pipeline"}), "gitlab")
    (job,) = (job for name, job in jobs.items() if isinstance(job, dict) and "needs" in job)
    assert job["timeout"] == "130 minutes"


def test_githubs_job_has_more_time_than_its_stage(tmp_path: Path) -> None:
    jobs = body(compiled(tmp_path, "1h", "20m", **ALL), "github")["jobs"]
    assert [jobs[name]["timeout-minutes"] for name in "abc"] == [70, 60, 60]


def test_zuuls_job_has_more_time_than_its_stages(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, "2h", "10m", **ALL)
    (job,) = (item["job"] for item in body(outcome, "zuul") if "job" in item)
    assert job["timeout"] == 11_400
    assert "left=11400\n" in outcome.files[".pipeline/zuul/test.yaml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 hour", 3600),
        ("1h 30m", 5400),
        ("90", 90),
        ("1 hour and 5 minutes", 3900),
        ("2 days, 3 secs", 172_803),
        ("1mo", 2_592_000),
        ("1 week", 604_800),
        ("an hour", 0),
        ("5 parsecs", 0),
    ],
)
def test_gitlabs_words_for_durations(text: str, expected: int) -> None:
    assert seconds(text) == expected
