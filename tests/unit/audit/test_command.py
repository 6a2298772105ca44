"""`transpipe audit`: what it prints and writes, and how it ends."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import re
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from support.command import Command
from support.fleet import HOSTILE_NAME

from transpiler.app.audited import Audited, Staleness, Standing
from transpiler.resources import read_text

auditing = importlib.import_module("transpiler.app.audit")


def test_text_has_a_paragraph_for_each_and_the_totals(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    ran = transpipe("audit", *in_fleet)
    assert (ran.code, ran.err) == (0, "")
    assert "fresh: version 0, profile .pipeline/profile.yaml, 1 pipeline, outputs fresh\n" in ran.out
    assert "\n  Jenkinsfile stale: the config .pipeline/config.yaml has changed\n" in ran.out
    assert "\n  loses on GitLab, which is not one of its targets: concurrency\n" in ran.out
    assert "\n  breaks house rules that its profile does not ask for: production-without-test, publish" in ran.out
    assert "\nempty: there is no .pipeline/config.yaml in empty\n" in ran.out
    assert "\n17 repositories: 12 without errors, 2 with errors, 1 with a config of another program, 2 with" in ran.out
    assert "\nloses something on: 1 GitLab\n" in ran.out


def test_one_repository_has_no_totals(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    assert transpipe("audit", "fresh").out.count("\n") == 1


def document(in_fleet: tuple[str, ...], transpipe: Command, *more: object) -> Any:
    return json.loads(transpipe("audit", *in_fleet, "--format", "json", *more).out)


def test_json_is_as_its_schema_says(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    schema = json.loads(read_text("schemas", "audit.schema.json"))
    assert json.loads(transpipe("schema", "audit").out) == schema
    Draft202012Validator.check_schema(schema)
    found = document(in_fleet, transpipe)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    assert [one["name"] for one in found["repositories"]] == [*in_fleet]
    assert schema["$defs"]["state"]["enum"] == [*Staleness]
    assert schema["$defs"]["status"]["enum"] == [*Standing]


def test_a_bill_is_told_where_somebody_asks(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    plain, found = document(in_fleet, transpipe), document(in_fleet, transpipe, "--cost")
    assert plain["totals"]["cost"] is None
    schema = json.loads(read_text("schemas", "audit.schema.json"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    told = {one["name"]: one for one in found["repositories"]}
    own = json.loads(transpipe("graph", "--cost", "--format", "json", "fresh").out)["cost"]
    assert told["fresh"]["cost"] == own
    assert {name for name, one in told.items() if one["cost"] is None} == {
        name for name, one in told.items() if one["status"] != "compiled"
    }
    bills = [one["cost"] for one in told.values() if one["cost"]]
    for event, targets in found["totals"]["cost"].items():
        for target, total in targets.items():
            those = [bill[event][target] for bill in bills if target in bill.get(event, {})]
            assert total["repositories"] == len(those)
            assert total["jobs"] == sum(bill["jobs"] for bill in those)
            assert total["images"] == sum(bill["images"] for bill in those)
            assert total["path"] == max(len(bill["path"]["stages"]) for bill in those)
    text = transpipe("audit", *in_fleet, "--cost").out
    assert re.search(
        r"\n  costs for a change on GitLab: \d+ jobs?, \d+ images? between them, \d+ stages? in a row\n", text
    )
    assert re.search(r"\ncost of a merge in each of \d+ repositories on Jenkins: \d+ jobs, ", text)


def test_the_totals_count_repositories(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    totals = document(in_fleet, transpipe)["totals"]
    assert totals["repositories"] == len(in_fleet) == sum(totals["status"].values())
    assert totals["outputs"]["stale"] == 2
    assert totals["losses"] == {"gitlab": 1}
    assert totals["house_rules"] == {"production-without-test": 1, "publish-without-deploy": 2}
    assert totals["diagnostics"]["unknown-key"] == {"severity": "error", "repositories": 2, "count": 2}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "gitlab", "github", "checkstyle"])
def test_workers_change_nothing(in_fleet: tuple[str, ...], transpipe: Command, form: str) -> None:
    alone = transpipe("audit", *in_fleet, "--format", form)
    assert alone == transpipe("audit", *in_fleet, "--format", form, "-j", 3)
    assert alone.err == ""


def test_documents_have_the_findings_about_outputs_too(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    (run,) = json.loads(transpipe("audit", *in_fleet, "--format", "sarif").out)["runs"]
    files = {
        (result["ruleId"], result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for result in run["results"]
    }
    assert {("stale-output", "stale/Jenkinsfile"), ("unknown-key", "errors/.pipeline/config.yaml")} <= files
    root = ElementTree.fromstring(transpipe("audit", *in_fleet, "--format", "checkstyle").out)
    assert "edited/Jenkinsfile" in {file.get("name") for file in root}


@pytest.mark.parametrize(
    ("name", "fails"),
    [
        ("fresh", set()),
        ("stale", {"stale"}),
        ("older", {"stale"}),
        ("errors", {"error", "warning"}),
        ("empty", {"error", "warning"}),
        ("shop", set()),
    ],
)
def test_it_fails_on_what_it_is_told(in_fleet: tuple[str, ...], transpipe: Command, name: str, fails: set[str]) -> None:
    assert transpipe("audit", name).code == 0
    assert {sign for sign in ("stale", "error", "warning") if transpipe("audit", name, "--fail-on", sign).code} == fails
    assert transpipe("audit", name, "--fail-on", "stale", "--fail-on", "error").code == bool(fails)


def test_a_list_can_be_given(in_fleet: tuple[str, ...], transpipe: Command, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{Path.cwd()}/fresh # a remark\n{Path.cwd()}/stale\n")
    found = json.loads(transpipe("audit", "--repos", tmp_path / "list", "--format", "json").out)
    assert [one["status"] for one in found["repositories"]] == ["compiled", "compiled"]
    (tmp_path / "list").write_text("")
    assert transpipe("audit", "--repos", tmp_path / "list").out == "\n0 repositories\n"
    assert json.loads(transpipe("audit", "--repos", tmp_path / "list", "--format", "json").out)["repositories"] == []


def test_a_worker_that_dies_is_a_row_and_a_bug(
    in_fleet: tuple[str, ...], transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(place: Any, path: str, options: object) -> Audited:
        if path == "stale":
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(place, path, options)  # type: ignore[no-any-return]

    inner = auditing._audit
    monkeypatch.setattr(auditing, "_audit", die)
    ran = transpipe("audit", "fresh", "stale", "edited", "-j", 2, "--format", "json")
    assert [one["status"] for one in json.loads(ran.out)["repositories"]] == ["compiled", "bug", "compiled"]
    assert ran.code == 3
    assert "killed by signal 9" in ran.err


def test_a_name_that_wants_to_be_obeyed_is_not(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    ran = transpipe("audit", "no\x1b[31m\n::error::x", HOSTILE_NAME, "--format", "text")
    assert "\x1b" not in ran.out
    assert "no\\x1b[31m\\n::error::x: there is no file" in ran.out


def test_a_page_that_cannot_be_written_is_the_disks_fault(in_fleet: tuple[str, ...], transpipe: Command) -> None:
    ran = transpipe("audit", "fresh", "--html", "not/there.html")
    assert ran.code == 3
    assert re.search(r"transpipe: not/\.there\.html\.\d+\.new: No such file or directory\n", ran.err)
    assert transpipe("audit", "fresh", "--html", "fresh").code == 3
    assert Path("fresh").is_dir()


def test_a_page_can_go_into_a_pipe(in_fleet: tuple[str, ...], transpipe: Command, tmp_path: Path) -> None:
    """What is no file is not replaced by one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 2**20)
    assert transpipe("audit", "fresh", "--html", pipe).code == 0
    assert os.read(reader, 15) == b"<!DOCTYPE html>"
    os.close(reader)
    assert pipe.is_fifo()


def test_with_a_page_only_the_totals_are_printed(in_fleet: tuple[str, ...], transpipe: Command, tmp_path: Path) -> None:
    ran = transpipe("audit", "fresh", "stale", "--html", tmp_path / "page.html")
    assert ran.out.startswith("2 repositories: 2 without errors\n")
    assert ran.err == f"wrote {tmp_path / 'page.html'}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
