"""Builds on machines that share a registry and nothing else: what is taken from it, what is left there, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.ir_by_hand import build_step, text
from support.layer_builds import DOCKERFILE, LOGIN, Place, damage, stored, tags

from transpiler import ir

from .docker_engine import Docker, another
from .podman_engine import Podman
from .registries import registry
from .rootless_podman import trust

pytestmark = pytest.mark.engine
ALL = ["COPY", "RUN", "RUN"]
CHANGED = ["COPY", "RUN"]
TOKEN = "s3cret-of-the-build"


@dataclass(frozen=True)
class Site:
    """Two docker daemons and the registry between them."""

    first: Docker
    other: Docker
    place: Place
    store: Path


@pytest.fixture
def site(docker_engine: Docker, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        host = stack.enter_context(registry(tmp_path / "registry", docker_engine.process, LOGIN))
        first, other = (stack.enter_context(another(docker_engine)) for _ in range(2))
        yield Site(first, other, Place(tmp_path, host), tmp_path / "registry")


def dependencies(docker: Docker, image: str) -> str:
    return docker("run", "--rm", image, "sha256sum", "/dependencies")


def test_a_fresh_daemon_takes_the_layers_that_another_has_left(site: Site) -> None:
    place = site.place
    begun = place.build(site.first, "merge")
    assert (begun.status, begun.executed, len(begun.told)) == (0, ALL, 1), begun.log
    taken = place.build(site.other, "change")
    assert (taken.status, taken.executed, taken.told) == (0, [], []), taken.log
    assert dependencies(site.other, taken.image) == dependencies(site.first, begun.image)
    site.other("rmi", "--force", taken.image)
    site.other("builder", "prune", "--all", "--force")
    place.write("app", "two")
    changed = place.build(site.other, "change")
    assert (changed.status, changed.executed, changed.told) == (0, CHANGED, []), changed.log
    assert dependencies(site.other, changed.image) == dependencies(site.first, begun.image)
    assert site.other("run", "--rm", changed.image, "cat", "/built") == "two"
    assert "cache" not in site.other("images")


@pytest.mark.parametrize("given", [{}, {"writes": "yes", "cached": "yes", "pushed": "yes"}], ids=["plain", "claiming"])
def test_a_change_leaves_nothing(site: Site, given: dict[str, str]) -> None:
    place = site.place
    place.build(site.first, "merge")
    before = tags(site.store)
    assert len(before) == 1
    place.write("Dockerfile", DOCKERFILE.replace("cp /app /built", "echo poison > /built"))
    place.step = replace(place.step, args=(ir.Variable(text("BUILDKIT_INLINE_CACHE"), text("1")),))
    for event in ("change", "", "merge to feature", "schedule"):
        assert place.build(site.other, event, **given).status == 0
    assert tags(site.store) == before
    place.write("Dockerfile", DOCKERFILE)
    merged = place.build(site.other, "merge")
    assert site.other("run", "--rm", merged.image, "cat", "/built") == "one"


def test_no_project_and_no_config_meets_the_layers_of_another(site: Site) -> None:
    site.place.build(site.first, "merge")
    for project in ("team/other", "team-app", "Team/app", None):
        site.place.project = project
        built = site.place.build(site.other, "merge", setup_project="else/where")
        assert len(built.told) == 1, built.log
        site.other("system", "prune", "--all", "--force")
    assert len({tag.partition("/_manifests")[0] for tag in tags(site.store)}) == 5


@pytest.mark.parametrize("wrong", ["damaged", "unreachable", "without a login"])
def test_a_cache_that_cannot_be_used_is_a_line_in_the_log(site: Site, wrong: str) -> None:
    place, given = site.place, {}
    place.build(site.first, "merge")
    if wrong == "damaged":
        assert damage(site.store)
    elif wrong == "unreachable":
        given = {"registry": "127.0.0.1:9/team"}
    else:
        given = {"REGISTRY_USER": "", "REGISTRY_PASSWORD": ""}
    read = place.build(site.other, "change", **given)
    assert (read.status, read.executed, len(read.told)) == (0, ALL, 1), read.log
    if wrong != "damaged":
        written = place.build(site.first, "merge", **given)
        assert (written.status, len(written.told)) == (0, 2), written.log
        assert written.told[1].startswith("cache: nothing is written: "), written.log


def test_no_secret_of_a_build_is_in_the_cache(site: Site) -> None:
    place = site.place
    secret = ir.Credential("token", ir.CredentialKind.SECRET_TEXT, ("TOKEN",))
    place.write(
        "Dockerfile",
        "FROM busybox AS before\n"
        "RUN --mount=type=secret,id=TOKEN test $(cat /run/secrets/TOKEN | wc -c) = 19 && echo early-layer > /early\n"
        "FROM busybox AS test\n"
        "COPY --from=before /early /early\n"
        "ARG shown\n"
        "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN > /dev/null && echo late-layer-$shown > /late\n",
    )
    place.step = build_step(
        "test", pull=True, secrets=(secret,), args=(ir.Variable(text("shown"), text("an-argument")),)
    )
    built = place.build(site.first, "merge", TOKEN=TOKEN)
    assert (built.status, len(tags(site.store))) == (0, 1), built.log
    assert stored(site.store, b"late-layer-an-argument")
    assert not stored(site.store, TOKEN.encode())
    other = place.build(site.other, "change", TOKEN="another-of-the-same")
    assert other.executed == [], other.log


@pytest.mark.slow
def test_podman_takes_the_steps_that_another_has_left(rootless: Podman, tmp_path: Path) -> None:
    """As a plain user, in a store that is emptied between the builds."""
    user = Path(rootless.env["HOME"]).stat().st_uid
    directory = Path(rootless.env["HOME"]) / "cache"
    directory.mkdir()
    with registry(tmp_path / "registry", None, LOGIN) as host:
        trust(rootless, host)
        place, store = Place(directory, host, owner=user), tmp_path / "registry"

        def emptied() -> None:
            rootless("rmi", "--all", "--force")

        emptied()
        begun = place.build(rootless, "merge", rootless.entering)
        assert (begun.status, begun.executed, len(begun.told)) == (0, ALL, 1), begun.log
        left = tags(store)
        assert left
        emptied()
        taken = place.build(rootless, "change", rootless.entering)
        assert (taken.status, taken.executed, taken.told) == (0, [], []), taken.log
        assert "/cache" not in rootless("images", "--all")
        emptied()
        place.write("app", "two")
        changed = place.build(rootless, "change", rootless.entering)
        assert (changed.status, changed.executed, changed.told) == (0, CHANGED, []), changed.log
        assert tags(store) == left
        emptied()
        assert damage(store)
        broken = place.build(rootless, "change", rootless.entering)
        assert (broken.status, broken.executed) == (0, ALL), broken.log
        away = place.build(rootless, "merge", rootless.entering, registry="127.0.0.1:9/team")
        assert (away.status, len(away.told)) == (0, 2), away.log
