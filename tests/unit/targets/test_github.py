"""What the workflows say of a plan: jobs, order, events, what passes between jobs."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import yaml
from engines.github_refusals import load, refusals
from support.github_plans import (
    BUILD,
    BY_REGISTRY,
    CALL,
    DEPLOY,
    DIAMOND,
    FORGEJO,
    GITEA,
    GITHUB,
    PLANS,
    SITE,
    SITES,
    STAGEWISE,
    TANGLED,
    UNIT,
    WHOLE,
    able,
    chain,
    emitted,
    jobs,
    site,
    step,
)
from support.plans import pipeline, plan, stage

from transpiler.ir import Event, Fetch
from transpiler.program import Archive, Feature, Use, ValueFile

ALL = [pytest.param(one, where, id=f"{one} {where}") for one, where in product(PLANS, SITES)]


@pytest.mark.parametrize(("name", "where"), ALL)
def test_every_output_is_read_back_and_nothing_that_github_refuses(name: str, where: str) -> None:
    files = emitted(PLANS[name], able(SITES[where]))
    assert [refusal for text in files.values() for refusal in refusals(text)] == []
    assert files == emitted(PLANS[name], able(SITES[where]))


@pytest.mark.parametrize("where", SITES)
def test_scripts_are_shell(where: str) -> None:
    texts = [emitted(made, able(SITES[where])) for name, made in PLANS.items() if name != "300 stages"]
    programs = {
        one["run"]
        for files in texts
        for text in files.values()
        for job in load(text)["jobs"].values()
        for one in job["steps"]
        if "run" in one
    }
    for shell in ("dash", "bash"):
        for program in programs:
            done = subprocess.run([shell, "-n"], input=program, text=True, capture_output=True, check=False)
            assert done.returncode == 0, f"{done.stderr}\n{program}"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (STAGEWISE, {"build": [], "unit": ["build"], "lint": ["build"], "end": ["unit", "lint"]}),
        (SITE, {"build": [], "unit": ["build"], "lint": ["build"], "end": ["unit", "lint"]}),
        (WHOLE, {"test": []}),
    ],
    ids=["by stage", "by chain", "one job"],
)
def test_who_needs_whom(profile: Any, expected: dict[str, list[str]]) -> None:
    assert {name: job.get("needs", []) for name, job in jobs(plan(DIAMOND), profile).items()} == expected


def test_a_chain_is_one_job() -> None:
    made = pipeline("test", *map(stage, "abcd"), edges=(("a", "b"), ("b", "c"), ("a", "d")))
    assert {name: job.get("needs") for name, job in jobs(plan(made)).items()} == {
        "a": None,
        "b-c": ["a"],
        "d": ["a"],
    }
    assert jobs(plan(made))["b-c"]["name"] == "b, c"


@pytest.mark.parametrize("name", ["no", "on", "true", "null", "y"])
def test_the_id_of_a_job_is_a_string_by_every_version_of_yaml(name: str) -> None:
    (text,) = emitted(plan(pipeline(name, stage("a"))), SITE).values()
    assert [*yaml.safe_load(text)["jobs"]] == [name]
    assert refusals(text) == []


def test_in_one_job_rows_run_side_by_side_in_the_background() -> None:
    names = [one["name"] for one in jobs(plan(DIAMOND), WHOLE)["test"]["steps"]]
    assert names == [
        *("checkout", "begin", "build"),
        *("start unit", "start lint", "wait for unit", "wait for lint"),
        *("end", "teardown"),
    ]
    started = step(jobs(plan(TANGLED), WHOLE)["test"], "start d")["run"]
    assert 'setsid sh "$values/background" d a b >' in started


def test_a_stage_waits_for_what_another_of_its_row_starts_and_archives() -> None:
    """They follow the program, so the next stage of the row must not begin behind the program alone."""
    first = stage("a", trigger=replace(CALL, parameters=()), archives=(Archive("x", directory=False),))
    edges = (("a", "b"), ("b", "e"), ("c", "e"))
    (job,) = jobs(plan(pipeline("test", first, *map(stage, "bce"), edges=edges)), able(WHOLE)).values()
    assert '"$values/background" b a a.collect a.trigger >' in step(job, "start b")["run"]
    assert "trap 'echo $? > \"$values/a.collect.ended\"' EXIT\n" in step(job, "collect what a archives")["run"]
    assert "trap 'echo $? > \"$values/a.trigger.ended\"' EXIT\n" in step(job, "trigger docs")["run"]
    (alone,) = jobs(plan(chain(first, stage("b"))), able(WHOLE)).values()
    assert "trap" not in str(alone)


@pytest.mark.parametrize("feature", [Feature.OTHER_CONTAINER, Feature.OTHER_IMAGE_NAME])
@pytest.mark.parametrize("profile", [SITE, STAGEWISE])
def test_stages_that_share_what_only_a_daemon_has_are_one_job(feature: Feature, profile: Any) -> None:
    use = Use(feature, "test", "end", "unit")
    text = next(iter(emitted(plan(DIAMOND, uses=(use,)), profile).values()))
    assert list(load(text)["jobs"]) == ["test"]
    assert "# One job, because `end` needs the" in text


def test_images_travel_as_artifacts() -> None:
    found = jobs(plan(DIAMOND))
    kept = step(found["build"], "keep build for later jobs")["with"]
    assert (kept["name"], kept["retention-days"], kept["compression-level"]) == ("build for later jobs", 1, 0)
    assert "docker save" in step(found["build"], "hand on")["run"]
    assert step(found["unit"], "take from build")["with"] == {"name": kept["name"], "path": "${{ env.values }}"}
    assert "docker load" in step(found["unit"], "use what was taken")["run"]
    assert "localhost/taken/" in step(found["unit"], "teardown")["run"]
    assert [one["name"] for one in found["end"]["steps"]] == ["checkout", "begin", "end", "teardown"]


def test_images_travel_through_the_registry_under_a_name_that_later_attempts_know() -> None:
    found = jobs(plan(DIAMOND), BY_REGISTRY)
    pushed, pulled = step(found["build"], "hand on"), step(found["unit"], "use what was taken")
    assert pushed["env"] == pulled["env"] == {"token": "${{ github.token }}"}
    assert 'push --quiet "$between:$GITHUB_RUN_ID-build"' in pushed["run"]
    assert 'take pull_image "$between:$GITHUB_RUN_ID-build"' in pulled["run"]
    assert found["build"]["permissions"]["packages"] == "write"
    assert found["unit"]["permissions"]["packages"] == "read"
    assert "packages" not in found["end"]["permissions"]


def test_what_is_not_used_leaves_no_trace() -> None:
    (text,) = emitted(plan(pipeline("p", stage("a")))).values()
    assert not re.search("registry|login|setup_|artifact|secrets|packages|token }}", text)


def test_a_job_has_a_timeout_and_no_more_than_it_needs() -> None:
    for files in (emitted(made, able(SITE)) for made in PLANS.values()):
        for text in files.values():
            workflow = load(text)
            assert workflow["permissions"] == {}
            assert all(job["timeout-minutes"] and "permissions" in job for job in workflow["jobs"].values())


def test_teardown_is_always_tried() -> None:
    for job in jobs(plan(DIAMOND)).values():
        assert job["steps"][-1]["name"] == "teardown"
        assert job["steps"][-1]["if"] == "always() && steps.begin.outcome == 'success'"


def test_a_release_that_others_use_goes_in_a_last_job() -> None:
    found = jobs(PLANS["releases that others use"])
    assert found["teardown"]["if"] == "always()"
    assert found["teardown"]["needs"] == ["d", "e", "f"]
    # It goes on if there is nothing to take, because the job that installs was skipped or has failed.
    assert step(found["teardown"], "take from d")["continue-on-error"] is True
    assert 'mv "$values/d.releaseName" "$RUNNER_TEMP/give"' in step(found["d"], "hand on")["run"]
    alone = jobs(plan(chain(DEPLOY, stage("e"))))
    assert list(alone) == ["test"]


def test_copied_files_are_unpacked_with_ancestors_first() -> None:
    found = jobs(PLANS["copied files"])
    assert step(found["d"], "use what was taken")["run"].splitlines()[1:] == [
        'tar -xf "$values/a.files.tar"',
        'tar -xf "$values/b.files.tar"',
    ]


@pytest.mark.parametrize(
    ("fetch", "expected"),
    [
        (Fetch(), {"fetch-depth": 20, "submodules": "recursive"}),
        (Fetch(shallow=False, submodules=False, tags=True), {"fetch-depth": 0, "fetch-tags": True}),
    ],
    ids=["by default", "everything"],
)
def test_fetch(fetch: Fetch, expected: dict[str, Any]) -> None:
    (job,) = jobs(plan(replace(pipeline("p", stage("a")), fetch=fetch))).values()
    assert step(job, "checkout")["with"] == {**expected, "persist-credentials": False}


def test_the_checkout_of_a_tag_fetches_everything_where_git_refuses_less() -> None:
    shallow = Fetch(tags=True, submodules=False)
    tagged = replace(pipeline("p", stage("a"), events=(Event.CHANGE, Event.TAG)), fetch=shallow)
    (job,), (other,) = jobs(plan(tagged)).values(), jobs(plan(replace(tagged, events=(Event.CHANGE,)))).values()
    assert step(other, "checkout")["with"] == {"fetch-depth": 20, "fetch-tags": True, "persist-credentials": False}
    assert step(job, "checkout")["with"] == {
        "fetch-depth": "${{ github.ref_type != 'tag' && 20 || 0 }}",
        "fetch-tags": "${{ github.ref_type != 'tag' }}",
        "persist-credentials": False,
    }


@pytest.mark.parametrize("profile", [SITE, FORGEJO, GITEA], ids=["github", "forgejo", "gitea"])
def test_a_flavour_has_its_folder_its_actions_and_its_runner(profile: Any) -> None:
    ((path, text),) = emitted(plan(DIAMOND), profile).items()
    flavour = profile.settings["github"].flavour
    assert path == f".{flavour}/workflows/pipeline-test.yml"
    used = {one["uses"] for job in load(text)["jobs"].values() for one in job["steps"] if "uses" in one}
    assert all(one.startswith("https://") != (flavour == "github") for one in used)
    assert all(re.search("@[0-9a-f]{40}$", one) for one in used)
    assert load(text)["jobs"]["end"]["runs-on"] == {"forgejo": "docker"}.get(flavour, "ubuntu-latest")


def test_labels_by_kind_of_step() -> None:
    found = jobs(plan(DIAMOND), site(**{"runs-on": ["self-hosted", "linux"], "labels": {"build": ["large"]}}))
    assert found["build"]["runs-on"] == ["self-hosted", "linux", "large"]
    assert found["unit"]["runs-on"] == ["self-hosted", "linux"]


def test_images_and_their_notes() -> None:
    (file,) = GITHUB.emit(plan(chain(BUILD, UNIT)), BY_REGISTRY, frozenset())
    assert any("`between-jobs`" in line for line in file.intro)


def test_an_image_that_only_an_export_names_travels_with_its_id() -> None:
    """Who loads it gives it a name by that id."""
    built = stage("build", gives_image=True, binds=(ValueFile("build", "imageID", "build.imageID"),))
    named = stage("name", binds=(ValueFile("name", "it", "name.it"),))
    user = stage("use", images=("build",), reads=(ValueFile("name", "it", "name.it"),))
    made = plan(pipeline("test", built, named, user, edges=(("build", "name"), ("name", "use"))))
    given = step(jobs(made, STAGEWISE)["build"], "hand on")["run"]
    assert 'cp "$values/build.imageID" "$RUNNER_TEMP/give"' in given
