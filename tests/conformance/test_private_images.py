"""Registries that want a login to be pulled from: the base of a build, the image of a run, what was just published.

A run that does not get the credential, as one for a fork's change, pulls what is public, and is told why it cannot
pull the rest.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engines.docker_engine import Docker
from engines.fixtures import JenkinsJudge, ZuulJudge
from engines.registries import registry

from transpiler.ir import Event

from . import case, github, gitlab, jenkins, local, trace, zuul
from .case import DEFAULT_APP, Case, Expected
from .site import SECRETS, Site
from .trace import FAILED, FAILURE, Trace
from .world import RECORDER_IMAGE, World

pytestmark = pytest.mark.engine

CONFIG = """\
pipelines:
  main:
    dockerfile: Dockerfile
    execution: [[based], [ignoring], [tool], [api, smoke]]
    stages:
      - {name: based, build: test, run: true}
      - {name: ignoring, build: {variant: production, excludes: [secret]}, run: true}
      - {name: tool, run: {image: 'HOST/tool:1', arguments: [x]}}
      - {name: api, build: test, publish: {image: {name: app, tag: v1}}}
      - {name: smoke, run: {image: '${api.publishedImage}'}}
"""
CHANGE = """\
pipelines:
  main:
    events: [change]
    dockerfile: Dockerfile
    execution: [[based], [tool]]
    stages:
      - {name: based, build: test, run: true}
      - {name: tool, run: {image: 'HOST/tool:1'}}
"""
ENGINES: dict[str, Callable[[Case, Site], Trace]] = {
    "jenkins": jenkins.run,
    "gitlab": gitlab.run,
    "zuul": zuul.run,
    "github": github.run,
    "local": local.run,
}


@dataclass(frozen=True)
class Private:
    """A registry that nothing is pulled from without the login `reader`, and an app whose Dockerfile is based there."""

    world: World
    host: str
    app: Path
    images = ("base", "tool:1")

    def profile(self, host: str) -> Mapping[str, Any]:
        return {"registries": {host: "reader"}}

    def forget(self) -> None:
        """Takes off the daemon what a run has pulled."""
        self.world.docker("rmi", "--force", *(f"{self.host}/{image}" for image in self.images), check=False)


@pytest.fixture(scope="module")
def private(world: World, docker_engine: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    directory = tmp_path_factory.mktemp("private")
    user, password = SECRETS["reader"]
    with registry(directory / "registry", docker_engine.process, (user, password)) as host:
        app = directory / "app"
        shutil.copytree(DEFAULT_APP, app)
        dockerfile = (app / "Dockerfile").read_text()
        (app / "Dockerfile").write_text(dockerfile.replace(f"FROM {RECORDER_IMAGE}", f"FROM {host}/base"))
        made = Private(world, host, app)
        env = {**world.docker.env, "DOCKER_CONFIG": str(directory / "client")}
        for words in (
            ["login", "--username", user, "--password-stdin", host],
            *(
                words
                for image in made.images
                for words in (["tag", RECORDER_IMAGE, f"{host}/{image}"], ["push", f"{host}/{image}"])
            ),
        ):
            subprocess.run(["docker", *words], env=env, check=True, capture_output=True, input=password.encode())
        made.forget()
        yield made


def check(private: Private, engine: str, loaded: Case, say: str = "") -> None:
    """Runs the case; raises AssertionError where it does not go as expected, or its log does not say that."""
    with private.world.site(images=True) as site:
        try:
            found = ENGINES[engine](loaded, site)
        finally:
            private.forget()
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    wrong = trace.compare(loaded, plan, found)
    if say not in found.log:
        wrong += (f"the log does not say {say}",)
    assert not wrong, "\n".join((*wrong, found.log))


def case_of(config: str, private: Private, event: Event, expected: Expected, **more: Any) -> Case:
    content = config.replace("HOST", private.host).encode()
    return Case("private", content, private.profile(private.host), private.app, event, "", expected, **more)


@pytest.mark.parametrize("engine", ENGINES)
def test_private_images_are_pulled_with_a_login(
    engine: str, private: Private, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge
) -> None:
    expected = Expected(tags={"app": ("v1",)}, arguments={"main/tool": ("x",)})
    check(private, engine, case_of(CONFIG, private, Event.MERGE, expected))


@pytest.mark.parametrize("engine", ["gitlab", "zuul", "github", "local"])
def test_a_change_without_the_credential_is_told_why(
    engine: str, private: Private, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge
) -> None:
    """Jenkins gives its credentials to whatever change it builds."""
    states = dict.fromkeys(("main/based", "main/tool"), FAILED)
    loaded = case_of(CHANGE, private, Event.CHANGE, Expected(FAILURE, states), withheld=frozenset({"reader"}))
    say = f"No login to {private.host}: this run has no credential for it"
    check(private, engine, loaded, say)


@pytest.mark.parametrize("engine", ENGINES)
def test_without_the_credential_public_images_are_pulled_all_the_same(
    engine: str, private: Private, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge
) -> None:
    public = private.world.docker.registry
    config = CHANGE.replace("HOST/tool:1", f"{public}/library/{RECORDER_IMAGE}").encode()
    profile, withheld = private.profile(public), frozenset({"reader"})
    loaded = Case("public", config, profile, DEFAULT_APP, Event.CHANGE, "", Expected(), withheld=withheld)
    try:
        check(private, engine, loaded)
    finally:
        private.world.docker("rmi", f"{public}/library/{RECORDER_IMAGE}", check=False)
