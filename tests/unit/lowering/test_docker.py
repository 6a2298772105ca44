"""A whole pipeline against a real docker daemon and a registry on loopback: what the fakes cannot be wrong about."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from engines.docker_engine import Docker
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
)

from transpiler import ir
from transpiler.expressions import Loop, Ref, Source
from transpiler.profile import Registry

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
        stage("web", build_step("test"), run_step(None, "a b", nasty, tail=2),
              copy_step(copy_item("/out/d/", "new/place", archive=True)), publish_step("app", "V1", "v1", "stable"),
              ir.Export("whole", text(own("publishedImage")))),
        stage("check", run_step(text(own("imageID")), lines, tail=-1)),
        site=site,
    )  # fmt: skip
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
