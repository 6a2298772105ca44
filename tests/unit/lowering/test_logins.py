"""Logins before a pull: which steps log in where, in what configuration, and what happens without a credential."""

from __future__ import annotations

import json
import re
import stat
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from support.ir_by_hand import (
    Machine,
    build_step,
    lowered,
    own,
    pipeline,
    profile,
    publish_step,
    run_step,
    setup,
    stage,
    text,
)

from transpiler import ir
from transpiler.expressions import Map, Text, literal
from transpiler.lowering import lower
from transpiler.lowering.origins import Origins, Place
from transpiler.profile import Profile, Pull
from transpiler.program import Feature, StageProgram

HOSTS = {"docker.io": "hub", "r.example:5000": "reader"}
PASSWORD = 'pass $x "é\\' + "x" * 60


def site(**changes: object) -> Profile:
    """A site with two registries that want a login, and one to publish in."""
    registry = replace(profile().registry, public="r.example", repository="ns", credential="push")
    given: dict[str, Any] = {"registries": HOSTS, "registry": registry, **changes}
    return profile(**given)


def program(*steps: ir.Step, **changes: object) -> StageProgram:
    return lowered(stage("web", *steps), site=site(**changes)).stage("web")


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("image", "hosts"),
    [
        pytest.param(text("busybox"), ("docker.io",), id="Docker Hub by its short name"),
        pytest.param(text("library/busybox:1"), ("docker.io",), id="a user of Docker Hub's"),
        pytest.param(text("index.docker.io/library/busybox"), ("docker.io",), id="Docker Hub by another name"),
        pytest.param(text("r.example:5000/a/b@sha256:00"), ("r.example:5000",), id="a host with a port"),
        pytest.param(text("r.example:5000/a:", setup("tag")), ("r.example:5000",), id="a tag that the run knows"),
        pytest.param(text("r.example/a"), (), id="the registry to publish in, of which nothing says it wants one"),
        pytest.param(text("other.example/a"), (), id="a registry that is not listed"),
        pytest.param(text("localhost/a"), (), id="this machine's own"),
        pytest.param(text(setup("params.IMAGE")), tuple(HOSTS), id="an image that the run knows"),
        pytest.param(text(own("image")), tuple(HOSTS), id="an export of such"),
        pytest.param(text(own("imageID")), (), id="what was built"),
        pytest.param(text(own("id")), (), id="an export of that"),
        pytest.param(text(own("publishedImage")), ("r.example",), id="what was published"),
        pytest.param(text(own("imageFullName"), ":v1"), ("r.example",), id="what was published, by its name"),
        pytest.param(text(own("published")), ("r.example",), id="an export of that"),
        pytest.param(text("r.example/ns/app:v1"), ("r.example",), id="what was published, whose name is known"),
        pytest.param(text("r.example/ns/app:", setup("tag")), ("r.example",), id="what was published, with some tag"),
        pytest.param(text("r.example/ns/other:v1"), (), id="what somebody else has published"),
        pytest.param(text(own("publishedImage", "busybox")), tuple(HOSTS), id="what was published, or something else"),
    ],
)
def test_a_run_logs_in_where_its_image_comes_from(image: Text, hosts: tuple[str, ...]) -> None:
    exports = {"image": text(setup("tag")), "id": text(own("imageID")), "published": text(own("imageFullName"), ":v1")}
    web = stage("web", build_step(), publish_step(), *(ir.Export(name, value) for name, value in exports.items()))
    smoke = lowered(web, stage("smoke", run_step(image)), site=site()).stage("smoke")
    assert smoke.logins == hosts
    assert [use.id for use in smoke.credentials] == [{**HOSTS, "r.example": "push"}[host] for host in hosts]
    assert all(use.optional for use in smoke.credentials)


def test_what_is_published_in_a_listed_registry_is_pulled_with_its_credential() -> None:
    listed = site(registries={"r.example": "reader"})
    web = stage("web", build_step(), publish_step())
    smoke = lowered(web, stage("smoke", run_step(text(own("publishedImage")))), site=listed).stage("smoke")
    assert [use.id for use in smoke.credentials] == ["reader"]


def test_an_engines_own_registry_wants_its_own_login(machine: Machine) -> None:
    unnamed = profile(registry=replace(profile().registry, method="docker-push"))
    web = stage("web", build_step(), publish_step())
    smoke = lowered(web, stage("smoke", run_step(text(own("publishedImage")))), site=unnamed).stage("smoke")
    assert ([use.id for use in smoke.credentials], smoke.registry) == ([""], True)
    machine.put("fake/lacks", "")
    machine.put("values/web.publishedImage", "r.example/ns/app:v1")
    assert machine.run(smoke).status == 0
    assert "r.example" in json.loads((machine.root / "fake/login").read_text())["auths"]


def test_a_build_may_pull_from_any_listed_registry_and_what_its_config_names() -> None:
    web = stage("web", build_step(), publish_step())
    inline = ir.BuildFile(blubber=True, inline=Map(((literal("base"), text(own("publishedImage"))),)))
    inner = stage("inner", replace(build_step(), file=inline))
    found = lowered(web, inner, site=site())
    assert found.stage("web").logins == tuple(HOSTS)
    assert found.stage("inner").logins == ("r.example", *HOSTS)


def test_a_stage_that_publishes_cannot_do_without_the_login_that_it_also_pulls_with() -> None:
    both = program(build_step(), publish_step(), registries={"r.example": "push"})
    assert [(use.id, use.optional) for use in both.credentials] == [("push", False)]


@pytest.mark.parametrize("changes", [{"registries": {}}, {"pull": Pull.NEVER}], ids=["no registry", "no pull"])
def test_nobody_logs_in_for_nothing(changes: dict[str, object]) -> None:
    found = program(run_step(text("busybox")), **changes)
    assert (found.logins, found.credentials) == ((), ())
    assert "add_login" not in "\n".join(found.lines)


def test_a_build_has_the_logins_and_what_else_the_node_says(machine: Machine) -> None:
    """Without the node's own configuration a build would have no proxy, no plugin, and no other login."""
    own_config = {"proxies": {"default": {"httpProxy": "http://p"}}, "auths": {"o.example": auth("o", "o")}}
    machine.put("own/config.json", json.dumps({**own_config, "credsStore": "desktop"}, indent=4) + "\n\n")
    machine.put("own/cli-plugins/docker-buildx", "")
    machine.put("fake/fail-build", "")
    done = machine.run(
        program(build_step()),
        DOCKER_CONFIG=str(machine.root / "own"),
        pull_user_1="me",
        pull_password_1=PASSWORD,
        pull_user_2="you",
        pull_password_2="p",
    )
    assert (done.status, done.err) == (4, "")
    kept = machine.root / "values/web.docker"
    assert (kept / "cli-plugins/docker-buildx").exists()
    assert stat.S_IMODE((kept / "config.json").stat().st_mode) == 0o600
    assert as_go((kept / "config.json").read_text()) == {
        **own_config,
        "credsStore": "desktop",
        "auths": {
            "o.example": auth("o", "o"),
            "https://index.docker.io/v1/": auth("me", PASSWORD),
            "r.example:5000": auth("you", "p"),
        },
        "credHelpers": {"https://index.docker.io/v1/": "", "r.example:5000": ""},
    }
    assert PASSWORD not in str(done.calls)


def as_go(written: str) -> object:
    """JSON as Go's library decodes it: a mapping that comes twice is one."""

    def joined(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            before = found.get(key)
            found[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
        return found

    return json.loads(written, object_pairs_hook=joined)


@pytest.mark.parametrize("content", ["", "{}", "{\n}\n", " { } ", '{"auths": {}}'], ids=repr)
def test_whatever_the_nodes_configuration_looks_like(machine: Machine, content: str) -> None:
    machine.put("own/config.json", content)
    given = {"DOCKER_CONFIG": str(machine.root / "own"), "pull_user_1": "me", "pull_password_1": "p"}
    assert machine.run(program(build_step()), **given).status == 0
    found = as_go((machine.root / "fake/login").read_text())
    assert isinstance(found, dict)
    assert found["auths"] == {"https://index.docker.io/v1/": auth("me", "p")}
    assert not (machine.root / "values/web.docker").exists()


def test_podman_has_them_in_a_file(machine: Machine) -> None:
    machine.put("own.json", '{"auths": {"o.example": {"auth": "bzpv"}}}')
    given = {"REGISTRY_AUTH_FILE": str(machine.root / "own.json"), "pull_user_2": "you", "pull_password_2": "p"}
    machine.put("fake/lacks", "")
    done = machine.run(program(run_step(text("r.example:5000/a")), container="podman"), **given)
    assert done.status == 0, done.err
    written = (machine.root / "fake/login").read_text()
    assert as_go(written) == {"auths": {"o.example": {"auth": "bzpv"}, "r.example:5000": auth("you", "p")}}
    assert not (machine.root / "values/web.auth.json").exists()


@pytest.mark.parametrize("here", [True, False], ids=["the image is here", "it is not"])
def test_an_image_is_pulled_before_it_runs_if_it_is_not_here(machine: Machine, here: bool) -> None:
    if not here:
        machine.put("fake/lacks", "")
    done = machine.run(program(run_step(text("busybox"))), pull_user_1="me", pull_password_1="p")
    assert done.status == 0
    called = [call[1:3] for call in done.calls if call[0] == "docker"]
    pulled = [] if here else [["pull", "--quiet"]]
    assert called == [["image", "inspect"], *pulled, ["run", "--name"]]
    assert (machine.root / "fake/login").exists() is not here


@pytest.mark.parametrize("here", [True, False], ids=["it is here", "it is not"])
def test_what_another_stage_has_published_is_taken(machine: Machine, here: bool) -> None:
    """By an export, too, which is a variable: the name cannot begin with a `-`."""
    web = stage("web", build_step(), publish_step(), ir.Export("image", text(own("imageFullName"), ":v1")))
    smoke = lowered(web, stage("smoke", run_step(text(own("image")))), site=site()).stage("smoke")
    machine.put("values/web.image", "r.example/ns/app:v1")
    if not here:
        machine.put("fake/lacks", "")
    done = machine.run(smoke)
    assert (done.status, smoke.takes) == (0, True), done.err
    called = [call[1:] for call in done.calls if call[0] == "docker"]
    pulled = [] if here else [["pull", "--quiet", "r.example/ns/app:v1"]]
    asked = ["image", "inspect", "r.example/ns/app:v1"]
    own_name, published = done.values["taken"].split()
    assert re.fullmatch("localhost/taken/[0-9a-f]{8}:run-7", own_name)
    assert published == "r.example/ns/app:v1"
    assert called[:-1] == [asked, *pulled, ["tag", published, own_name]]


@pytest.mark.parametrize("step", [build_step(), run_step(text("busybox"))], ids=["build", "run"])
@pytest.mark.parametrize("given", [{"pull_password_1": "", "pull_password_2": ""}, {}], ids=["empty", "not set"])
def test_without_the_credential_it_is_tried_and_a_failure_says_why(
    machine: Machine, step: ir.Step, given: dict[str, str]
) -> None:
    machine.put("fake/lacks", "")
    assert machine.run(program(step), **given).err == ""
    for name in ("fail", "fail-build"):
        machine.put(f"fake/{name}", "")
    done = machine.run(program(step), **given)
    assert done.status in (4, 5)
    assert done.err.startswith("No login to docker.io: this run has no credential for it")
    assert ("r.example:5000" in done.err) is isinstance(step, ir.Build)


def test_a_failure_with_a_login_says_nothing_of_it(machine: Machine) -> None:
    machine.put("fake/lacks", "")
    machine.put("fake/fail", "")
    done = machine.run(program(run_step(text("busybox"))), pull_user_1="me", pull_password_1="wrong")
    assert (done.status, done.err) == (5, "")


def test_a_value_of_that_name_is_no_login(machine: Machine) -> None:
    machine.put("fake/lacks", "")
    named = stage("web", build_step(), ir.Export("pull_password_1", text(setup("tag"))))
    smoke = stage("smoke", run_step(text("busybox"), own("pull_password_1")))
    machine.put("values/web.pull_password_1", "v1")
    done = machine.run(lowered(named, smoke, site=site()).stage("smoke"), pull_user_1="me", pull_password_1="p")
    assert done.calls[-1][-1] == "v1"
    assert as_go((machine.root / "fake/login").read_text())["auths"] == {  # type: ignore[index]
        "https://index.docker.io/v1/": auth("me", "p")
    }


def test_each_login_of_a_stage_is_said_with_its_place() -> None:
    web = pipeline(stage("web", build_step()), stage("last", run_step(text("busybox"))))
    uses = lower(ir.Workflow("c", "group/app", (web,)), site()).uses
    found = {(use.stage, use.detail) for use in uses if use.feature is Feature.PULL_LOGIN}
    assert found == {("web", "docker.io"), ("web", "r.example:5000"), ("last", "docker.io")}


def test_an_empty_image_is_pulled_from_nowhere_in_particular() -> None:
    known = Origins({}, frozenset())
    assert known.of(text()) == "docker.io"
    assert known.of(text("a", setup("tag"), "/b")) is Place.UNKNOWN
