"""A whole pipeline against a real docker daemon and a registry on loopback: what the fakes cannot be wrong about."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from engines.docker_engine import Docker
from engines.podman_engine import Podman
from engines.registries import registry
from support.ir_by_hand import (
    build_step,
    copy_item,
    copy_step,
    lowered,
    own,
    profile,
    publish_step,
    run_step,
    stage,
    text,
    texts,
)

from transpiler import ir
from transpiler.expressions import Loop, Ref, Source
from transpiler.profile import Profile, Registry

pytestmark = pytest.mark.engine

DOCKERFILE = """FROM busybox AS test
COPY say /say
ENTRYPOINT ["/bin/sh", "/say"]
"""
SAY = """mkdir -p /out/d
echo x > /out/d/x
echo noise >&2
printf '%s\\n' "$V" "$@"
"""


def sh(docker: Docker, checkout: Path, lines: tuple[str, ...], **given: str) -> str:
    """Runs a program; its output."""
    done = subprocess.run(
        ["dash", "-c", "\n".join(lines)], cwd=checkout, env={**docker.env, **given}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_a_pipeline_builds_runs_copies_publishes_and_leaves_nothing(docker_engine: Docker, tmp_path: Path) -> None:
    checkout, values = tmp_path / "checkout", tmp_path / "values"
    checkout.mkdir()
    values.mkdir()
    (checkout / "Dockerfile").write_text(DOCKERFILE)
    (checkout / "say").write_text(SAY)
    lines = Loop(("line",), text(own("output")), "\n", text("<", Ref(Source.LOOP, "line"), ">"))
    site = profile(registry=Registry(docker_engine.registry, "", "", "docker-push", (), "", ()))
    nasty = "it's $HOME `id`"
    pipeline = lowered(
        stage(
            "web",
            build_step("test"),
            run_step(None, "a b", nasty, tail=2),
            copy_step(copy_item("/out/d/", "new/place", archive=True)),
            publish_step("app", "V1", "v1", "stable"),
            ir.Export("whole", text(own("publishedImage"))),
        ),
        stage("check", run_step(text(own("imageID")), lines, tail=-1)),
        site=site,
    )
    given = {"run": "lowering-test", "values": str(values), "registry": docker_engine.registry}
    for program in pipeline.stages:
        sh(docker_engine, checkout, program.lines, **given)
    assert (values / "check.output").read_text() == f"\n<a b>\n<{nasty}>\n"
    assert (checkout / "new/place/x").read_text() == "x\n"
    assert (checkout / "new/place.tar.gz").exists()
    assert (values / "web.whole").read_text() == f"{docker_engine.registry}/app:v1"
    docker_engine("manifest", "inspect", "--insecure", f"{docker_engine.registry}/app:stable")
    sh(docker_engine, checkout, pipeline.teardown, **given)
    assert docker_engine("ps", "--all", "--quiet", "--filter", "label=ci.run=lowering-test") == ""
    assert docker_engine("images", "--quiet", "--filter", "label=ci.run=lowering-test") == ""
    assert not values.exists()


def built(docker: Docker, home: Path, checkout: Path, values: Path, **more: str) -> None:
    """Runs the program of a stage that builds, by a client whose `docker build` is buildx's, in a home of its own."""
    env = {**docker.env, "HOME": str(home), "DOCKER_CONFIG": str(home / ".docker"), **more}
    lines = lowered(stage("web", build_step("test"))).stages[0].lines
    done = subprocess.run(
        ["dash", "-c", "\n".join(lines)],
        cwd=checkout,
        capture_output=True,
        check=False,
        env={name: value for name, value in env.items() if value} | {"run": "r", "values": str(values)},
    )
    assert done.returncode == 0, done.stderr.decode()


_BUILDX = """#!/bin/sh
case $1 in
    docker-cli-plugin-metadata) echo '{"SchemaVersion": "0.1.0", "Vendor": "x", "Version": "v0.0.1"}' ;;
    *) echo "$BUILDX_BUILDER" > "$BUILDER" ;;
esac
"""


@pytest.mark.parametrize("context", ["default", "desktop"])
def test_buildx_is_told_the_daemons_own_builder(docker_engine: Docker, tmp_path: Path, context: str) -> None:
    """As after `docker buildx create --use; docker buildx install`, whatever docker context is in use."""
    home, plugin = tmp_path / "home", tmp_path / "home/.docker/cli-plugins/docker-buildx"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(_BUILDX)
    plugin.chmod(0o755)
    config = home / ".docker/config.json"
    config.write_text('{"aliases": {"builder": "buildx"}}')
    env = {**docker_engine.env, "HOME": str(home), "DOCKER_CONFIG": str(home / ".docker"), "DOCKER_HOST": ""}
    if context != "default":
        host = docker_engine.env["DOCKER_HOST"]
        for words in (["create", context, "--docker", f"host={host}"], ["use", context]):
            subprocess.run(["docker", "context", *words], env=env, check=True, capture_output=True)
    built(docker_engine, home, tmp_path, tmp_path, DOCKER_HOST="", BUILDX_BUILDER="other", BUILDER=str(tmp_path / "b"))
    assert (tmp_path / "b").read_text() == f"{context}\n"


def test_a_login_is_for_the_daemon_in_use_and_warns_of_nothing(docker_engine: Docker, tmp_path: Path) -> None:
    """Docker Desktop and its like are found by a docker context, which lies in the configuration that a login is not
    to touch."""
    home, values = tmp_path / "home", tmp_path / "values"
    (home / ".docker").mkdir(parents=True)
    values.mkdir()
    (tmp_path / "Dockerfile").write_text("FROM busybox AS test\n")
    client = {**docker_engine.env, "HOME": str(home), "DOCKER_CONFIG": ""}
    for words in (["create", "mine", "--docker", f"host={client.pop('DOCKER_HOST')}"], ["use", "mine"]):
        subprocess.run(["docker", "context", *words], env=client, check=True, capture_output=True)
    with registry(tmp_path / "registry", docker_engine.process, credentials=("me", 'p "\\$w')) as host:
        site = profile(registry=Registry(host, "", "", "docker-push", (), "push", ()))
        lines = lowered(stage("web", build_step("test"), publish_step("app", "v1")), site=site).stages[0].lines
        given = {"run": "login-test", "values": str(values), "registry": host}
        for password, status in (("wrong", 1), ('p "\\$w', 0)):
            done = subprocess.run(
                ["dash", "-c", "\n".join(lines)],
                cwd=tmp_path,
                capture_output=True,
                check=False,
                text=True,
                env=client | given | {"REGISTRY_USER": "me", "REGISTRY_PASSWORD": password},
            )
            assert (done.returncode == 0) == (status == 0), done.stderr
            assert "WARNING" not in done.stdout + done.stderr
    docker_engine("rmi", "--force", f"{host}/app:v1")
    assert '"auth"' not in (home / ".docker/config.json").read_text()
    assert not (values / "web.docker").exists()


WITH_SECRETS = """FROM busybox AS test
ARG SAID
ENV V=$SAID
RUN --mount=type=secret,id=TOKEN sha256sum < /run/secrets/TOKEN > /sums
RUN --mount=type=secret,id=KEY sha256sum < /run/secrets/KEY >> /sums
ENTRYPOINT ["/bin/sh", "-c", "cat /sums; printf '%s\\\\n' \\"$V\\""]
"""
TOKEN, KEY_TEXT = "t0k'en $HOME", "-----BEGIN KEY-----\nnot one\n"


def test_a_build_reads_its_secrets_and_keeps_none_of_them(docker_engine: Docker, tmp_path: Path) -> None:
    real = shutil.which("docker", path=docker_engine.env["PATH"])
    shim = tmp_path / "bin/docker"
    shim.parent.mkdir()
    # A container of BuildKit has only the host's network here.
    shim.write_text(
        f'#!/bin/sh\n[ "$1" != build ] || {{ shift; set -- build --network host "$@"; }}\nexec {real} "$@"\n'
    )
    shim.chmod(0o755)
    env = {**docker_engine.env, "PATH": f"{shim.parent}:{docker_engine.env['PATH']}"}
    saved = built_with_secrets(env, tmp_path, profile())
    assert not [text for text in (TOKEN, "not one") if text.encode() in saved]


def test_a_build_of_podman_reads_the_same_secrets(podman: Podman, tmp_path: Path) -> None:
    saved = built_with_secrets(dict(podman.env), tmp_path, profile(container="podman"))
    assert not [text for text in (TOKEN, "not one") if text.encode() in saved]


def built_with_secrets(env: dict[str, str], directory: Path, site: Profile) -> bytes:
    """Builds and runs a stage with secrets and an argument; the image as an archive, with its history."""
    values, engine = directory / "values", site.container
    values.mkdir()
    (directory / "checkout").mkdir()
    (directory / "checkout/Dockerfile").write_text(WITH_SECRETS)
    (directory / "key").write_text(KEY_TEXT)
    step = build_step(
        "test",
        args=(ir.Variable(text("SAID"), text("it's $HOME")),),
        secrets=(
            ir.Credential("npm", ir.CredentialKind.SECRET_TEXT, ("TOKEN",)),
            ir.Credential("key", ir.CredentialKind.SSH_KEY, ("KEY",)),
        ),
    )
    made = lowered(stage("web", step, run_step(tail=-1)), stage("see", run_step(text(own("imageID")))), site=site)
    given = {**env, "run": "secrets-test", "values": str(values), "TOKEN": TOKEN, "KEY": str(directory / "key")}
    try:
        done = subprocess.run(
            ["dash", "-c", "\n".join(made.stage("web").lines)],
            cwd=directory / "checkout",
            env=given,
            capture_output=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said.decode()
        sums = [hashlib.sha256(secret.encode()).hexdigest() for secret in (TOKEN, KEY_TEXT)]
        assert done.stdout.decode().split("\n")[-4:] == [*(f"{digest}  -" for digest in sums), "it's $HOME", ""]
        assert TOKEN.encode() not in said
        image = (values / "web.imageID").read_text()
        archive = subprocess.run([engine, "save", image], env=env, check=True, capture_output=True)
        history = subprocess.run([engine, "history", "--no-trunc", image], env=env, check=True, capture_output=True)
        return archive.stdout + history.stdout
    finally:
        ended(directory, made.teardown, given, failing=False)


PRIVATE = """FROM {host}/base AS test
COPY say /say
ENTRYPOINT ["/bin/sh", "/say"]
"""
PASSWORD = 'p "\\$w'
OTHER = {"auths": {"other": {"auth": "eDp5"}}}
INSECURE = '[[registry]]\nlocation = "{}"\ninsecure = true\n'


@pytest.mark.parametrize("excludes", [(), ("secret",)], ids=["docker's own builder", "BuildKit"])
def test_private_images_are_pulled_with_a_login(
    docker_engine: Docker, tmp_path: Path, excludes: tuple[str, ...]
) -> None:
    """The base of a build and the image of a run, by a client with a configuration of its own, which stays as it is."""
    config = json.dumps({"proxies": {"default": {"noProxy": "n"}}, **OTHER}, indent=4)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/config.json").write_text(config)
    with registry(tmp_path / "registry", docker_engine.process, credentials=("me", PASSWORD)) as host:
        private(docker_engine, tmp_path / "pusher", host)
        pulled_privately(
            {**docker_engine.env, "DOCKER_CONFIG": str(tmp_path / "home")},
            tmp_path,
            profile(registries={host: "reader"}),
            *(replace(build_step("test"), excludes=texts(*excludes)), run_step(tail=-1)),
        )
    assert (tmp_path / "home/config.json").read_text() == config


def test_podman_pulls_private_images_with_a_login(docker_engine: Docker, podman: Podman, tmp_path: Path) -> None:
    own = tmp_path / "auth.json"
    own.write_text(json.dumps(OTHER))
    with registry(tmp_path / "registry", docker_engine.process, credentials=("me", PASSWORD)) as host:
        private(docker_engine, tmp_path / "pusher", host)
        (tmp_path / "registries.conf").write_text(INSECURE.format(host))
        env = {"CONTAINERS_REGISTRIES_CONF": str(tmp_path / "registries.conf"), "REGISTRY_AUTH_FILE": str(own)}
        site = profile(registries={host: "reader"}, container="podman")
        pulled_privately({**podman.env, **env}, tmp_path, site, build_step("test"), run_step(tail=-1))
    assert json.loads(own.read_text()) == OTHER


def pulled_privately(client: dict[str, str], directory: Path, site: Profile, *steps: ir.Step) -> None:
    """Runs a stage with these steps, and one that runs an image of the registry: without the credential, with a wrong
    one, and with the right one."""
    (host,), engine = site.registries, site.container
    values = directory / "values"
    values.mkdir()
    (directory / "say").write_text(SAY)
    (directory / "Dockerfile").write_text(PRIVATE.format(host=host))
    pipeline = lowered(stage("web", *steps), stage("tool", run_step(text(f"{host}/base"), "true")), site=site)
    env = {**client, "run": "private-test", "values": str(values)}
    wrong = {"pull_user_1": "me", "pull_password_1": "wrong"}
    try:
        for program in pipeline.stages:
            said = [
                ended(directory, program.lines, {**env, **given}, failing=failing)
                for given, failing in (({}, True), (wrong, True), ({**wrong, "pull_password_1": PASSWORD}, False))
            ]
            assert [f"No login to {host}" in text for text in said] == [True, False, False], said
            subprocess.run([engine, "rmi", "--force", f"{host}/base"], env=env, capture_output=True, check=False)
    finally:
        ended(directory, pipeline.teardown, env, failing=False)
        subprocess.run([engine, "rmi", "--force", f"{host}/base"], env=env, capture_output=True, check=False)


def private(docker: Docker, home: Path, host: str) -> None:
    """Puts an image into a registry, and takes it off the daemon."""
    client = {**docker.env, "DOCKER_CONFIG": str(home)}
    for words, given in (
        (["login", "--username", "me", "--password-stdin", host], PASSWORD),
        (["tag", "busybox", f"{host}/base"], ""),
        (["push", "--quiet", f"{host}/base"], ""),
        (["rmi", f"{host}/base"], ""),
    ):
        subprocess.run(["docker", *words], env=client, check=True, capture_output=True, input=given.encode())


def ended(checkout: Path, lines: tuple[str, ...], env: dict[str, str], *, failing: bool) -> str:
    """Runs a program, which fails or does not; what it said."""
    done = subprocess.run(
        ["dash", "-c", "\n".join(lines)], cwd=checkout, env=env, capture_output=True, check=False, text=True
    )
    assert (done.returncode != 0) is failing, done.stderr
    return done.stdout + done.stderr
