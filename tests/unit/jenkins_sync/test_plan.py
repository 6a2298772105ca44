"""What is to be done, from what is wanted and what there is: without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.jenkins_sync import CONFIG, OWNER, SCOPE, job, pending

from transpiler.jenkins_sync import plan
from transpiler.jenkins_sync.jobs import marker, naming, xml
from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.ownership import Scope
from transpiler.jenkins_sync.plan import State
from transpiler.jenkins_sync.server.listing import Item, Listing, Server

PIPELINE = "org.jenkinsci.plugins.workflow.job.WorkflowJob"
FREESTYLE = "hudson.model.FreeStyleProject"


def item(path: str, description: str, java_class: str = PIPELINE) -> Item:
    return Item(path, java_class, description, marker.read(description))


def kept(wanted: Wanted, path: str = "") -> Item:
    """The job as a server has it after it was written."""
    return item(path or wanted.path, wanted.description, wanted.java_class)


def folder(path: str, *, ours: bool = True) -> Item:
    text = marker.describe("", Mark(marker.FOLDER, path, "")) if ours else ""
    return item(path, text, xml.FOLDER)


def server(*items: Item, absent: tuple[str, ...] = ()) -> Server:
    """A server with these items, whose folders were all looked into."""
    folders: dict[str, Listing | None] = {"": Listing("hudson.model.Hudson", {})}
    folders |= {naming.fold(i.path): Listing(xml.FOLDER, {}) for i in items if i.is_folder}
    for path in {naming.fold(naming.split(i.path)[0]) for i in items}:
        here = {naming.fold(i.path): i for i in items if naming.fold(naming.split(i.path)[0]) == path}
        folders[path] = Listing("hudson.model.Hudson" if not path else xml.FOLDER, here)
    return Server(folders | dict.fromkeys(absent))


def made(wanted: list[Wanted], *items: Item, scope: Scope = SCOPE) -> plan.Plan:
    return plan.make(wanted, server(folder("ci", ours=False), *items), scope)


def why(one: plan.Plan, path: str) -> str:
    return next(entry.why for entry in one.entries if entry.path == path)


A, B = job("a"), job("b")


@pytest.mark.parametrize(
    ("there", "state"),
    [
        pytest.param([], State.CREATE, id="absent"),
        pytest.param([kept(A)], State.UNCHANGED, id="as it was written"),
        pytest.param([kept(job("a", 2))], State.UPDATE, id="another version"),
        pytest.param([kept(A, "ci/A")], State.UNCHANGED, id="spelt otherwise"),
        pytest.param([item("ci/a", "by hand")], State.CONFLICT, id="nobody's"),
        pytest.param([kept(job("a", owner="team/other"))], State.CONFLICT, id="another owner's"),
        pytest.param([kept(replace(A, java_class=FREESTYLE))], State.CONFLICT, id="of another kind"),
        pytest.param([item("ci/a", f"Ask Ann.\n{A.description}")], State.DRIFTED, id="described by hand"),
        pytest.param([item("ci/a", A.description.replace("\n", "\r\n"))], State.UNCHANGED, id="saved in a browser"),
        pytest.param([item("ci/a", marker.describe("", A.mark._replace(digest="")))], State.UPDATE, id="handed over"),
        pytest.param(
            [item("ci/a", marker.describe("", A.mark._replace(digest=marker.UNCHECKED)))],
            State.UPDATE,
            id="not read back",
        ),
    ],
)
def test_one_job(there: list[Item], state: State) -> None:
    (entry,) = made([A], *there).entries
    assert (entry.path, entry.state) == ("ci/a", state)


def test_two_repositories_that_want_one_name_are_one_conflict_and_neither_gets_it() -> None:
    other = replace(job("A", owner="team/other"), source="x.yaml#a")
    one = made([A, other, B])
    assert pending(one) == [("conflict", "ci/a"), ("create", "ci/b")]
    assert why(one, "ci/a") == (
        f"several configs define a job of this name, so none is written: {OWNER} ({CONFIG}#a), "
        "and team/other (x.yaml#a) as ci/A"
    )


def test_what_nothing_asks_for_is_an_orphan_only_if_its_config_was_read() -> None:
    left = [kept(job("gone")), kept(job("theirs", owner="team/other"))]
    assert pending(made([A], kept(A), *left)) == [("orphan", "ci/gone")]
    assert pending(made([], *left, scope=Scope())) == []
    assert pending(made([], *left, scope=Scope(retired=frozenset({"team/other"})))) == [("orphan", "ci/theirs")]
    assert pending(made([], *left, scope=Scope(frozenset({(OWNER, "other/config.yaml", "")})))) == []


def test_the_same_pipeline_under_another_name_is_a_rename() -> None:
    old = replace(A, path="ci/old")
    (entry,) = made([A], kept(old)).entries
    assert (entry.state, entry.path, entry.item and entry.item.path) == (State.RENAME, "ci/a", "ci/old")


def test_a_rename_to_another_folder_leaves_the_builds_and_says_so() -> None:
    old = replace(A, path="old/a")
    one = made([A], folder("old"), kept(old))
    assert pending(one) == [("create", "ci/a"), ("orphan", "old/a")]
    assert why(one, "ci/a") == "it was old/a, where its builds remain"
    assert one.emptied == ("old",)


def test_one_new_job_and_one_orphan_are_perhaps_a_rename() -> None:
    one = made([A], kept(B))
    assert pending(one) == [("create", "ci/a"), ("orphan", "ci/b")]
    assert why(one, "ci/b").startswith("it may be ci/a now")
    two = made([A, job("c")], kept(B))
    assert why(two, "ci/b") == "no config asks for it any longer"


def test_folders_are_made_from_the_outside_in_and_once_whatever_their_case() -> None:
    jobs = [job("a", folder="x/y/z"), job("b", folder="X/Y"), job("c", folder="ci")]
    there = server(folder("ci"), absent=("x/y/z", "x/y", "x"))
    one = plan.make(jobs, there, SCOPE)
    assert [naming.fold(path) for path in one.folders] == ["x", "x/y", "x/y/z"]


def test_a_job_where_a_folder_should_be_is_a_conflict() -> None:
    one = made([job("a", folder="ci/b")], kept(B))
    assert pending(one) == [("orphan", "ci/b"), ("conflict", "ci/b/a")]
    assert why(one, "ci/b/a") == "ci/b on the server is not a folder"
    both = made([job("a", folder="ci/b"), B])
    assert pending(both)[0] == ("conflict", "ci/b")


def test_only_own_folders_without_anything_else_are_emptied() -> None:
    gone = job("gone", folder="ours/inner")
    one = made([], folder("ours"), folder("ours/inner"), kept(gone))
    assert one.emptied == ("ours/inner", "ours")
    shared = made([], folder("ours"), folder("ours/inner"), kept(gone), item("ours/hand", "by hand"))
    assert shared.emptied == ("ours/inner",)
    theirs = made([], folder("ours", ours=False), folder("ours/inner", ours=False), kept(gone))
    assert theirs.emptied == ()
