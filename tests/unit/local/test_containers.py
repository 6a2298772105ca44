"""`transpipe run` with a real docker daemon and with podman: the README's sample, and what only the real ones show."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines.docker_engine import Docker
from engines.podman_engine import Podman
from support.container_engines import ROOT, Engine

from transpiler.local.tools import UTILITIES

pytestmark = pytest.mark.engine

SAMPLE = ROOT / "samples/ores"
DOCKERFILE = """\
FROM busybox AS test
COPY . /app
ENTRYPOINT ["/bin/sh", "/app/entry"]
"""
ENTRY = "case $1 in\n%s\nesac\n"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    logs: Path

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()


def run(engine: Engine, root: Path, *arguments: str) -> Ran:
    process = engine.start(root, *arguments)
    out, err = process.communicate(timeout=240)
    (logs,) = (path for path in (root / ".transpipe").iterdir() if path.is_dir())
    return Ran(process.returncode, out, err, logs)


def repository(root: Path, config: str, entry: str) -> Path:
    """A repository whose image `test` does what `entry` has for its first argument: lines of a `case`."""
    (root / ".pipeline").mkdir(parents=True)
    stages = "".join(f"      - {line}\n" for line in config.strip().splitlines())
    (root / ".pipeline/config.yaml").write_text(
        f"project: a/b\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n{stages}"
    )
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "entry").write_text(ENTRY % entry)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return root


BUILD = "{name: build, build: {variant: test, imagePullPolicy: never}}\n"


def stage(name: str, arguments: str, more: str = "") -> str:
    return f"{{name: {name}, run: {{image: '${{build.imageID}}', arguments: {arguments}, tail: -1}}{more}}}\n"


def test_the_readmes_sample_works_from_a_fresh_clone(engine: Engine, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "ores", ignore=shutil.ignore_patterns(".transpipe"))
    done = run(engine, tmp_path / "ores")
    assert done.code == 0, done.err
    assert "all 13 stages succeeded" in done.out
    assert done.log("test/web-unit") == "argument: it's $HOME {{ x }}\n"
    assert done.log("publish/check") == "3 pages are fine\n"
    assert (done.logs / "test/artifacts/reports/web.xml").read_text().startswith("<testsuite")
    assert f"not done without --allow publish: {engine.name} push registry.example.org/team/ores-web:" in done.err
    assert engine.left() == ""
    assert "registry.example.org" not in engine.client("images")


def test_arguments_arrive_byte_for_byte_and_output_reaches_the_next_stage(engine: Engine, tmp_path: Path) -> None:
    config = (
        BUILD
        + stage("say", '[say, "it\'s $HOME `id` \\"x\\"\\n", "", "-n"]')
        + stage("again", "[say, '<${say.output}>']")
    )
    root = repository(tmp_path / "r", config, "say) shift; for a; do printf '[%s]' \"$a\"; done ;;")
    done = run(engine, root)
    assert done.code == 0, done.err
    said = '[it\'s $HOME `id` "x"\n][][-n]'
    assert done.log("test/say") == said
    assert done.log("test/again") == f"[<{said}>]"
    assert engine.left() == ""


def test_copied_files_reach_the_context_of_the_next_build(engine: Engine, tmp_path: Path) -> None:
    config = (
        BUILD
        + stage("make", "[make]", ", copy: [{source: /out/, destination: got/deep, archive: true}, /out/a]")
        + "{name: again, build: {variant: test, imagePullPolicy: never}, run: {arguments: [show]}}\n"
    )
    entry = "make) mkdir -p /out/d; echo 1 > /out/a; echo 2 > /out/d/b ;;\nshow) cd /app; cat got/deep/d/b out/a ;;"
    done = run(engine, repository(tmp_path / "r", config, entry))
    assert done.code == 0, done.err
    assert done.log("test/again").endswith("2\n1\n")
    assert (done.logs / "test/artifacts/got/deep.tar.gz").exists()
    assert not (tmp_path / "r/got").exists()
    assert engine.left() == ""


def test_a_failing_container_fails_the_run_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    config = BUILD + stage("unit", "[fail]") + stage("never", "[fail]")
    done = run(engine, repository(tmp_path / "r", config, "fail) echo broken; exit 7 ;;"))
    assert done.code == 1
    assert re.search(r"test/unit +failed in .*: exit status 7\n    \| broken\n", done.err)
    assert re.search(r"test/never +not started", done.out)
    assert engine.left() == ""


def test_a_signal_ends_a_container_that_ignores_signals(engine: Engine, tmp_path: Path) -> None:
    config = BUILD + stage("wait", "[wait]")
    root = repository(tmp_path / "r", config, "wait) trap '' TERM INT; echo here; sleep 300 ;;")
    process = engine.start(root)
    end = time.monotonic() + 60
    while not engine.client("ps", "--quiet", "--filter", "label=ci.run"):
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert re.search(r"test/wait +stopped", out)
    assert engine.left() == ""


def test_podman_reads_no_blubberfile(podman: Podman, tmp_path: Path) -> None:
    root = repository(tmp_path / "r", "{name: unit}", "")
    config = root / ".pipeline/config.yaml"
    config.write_text(config.read_text().replace("dockerfile: Dockerfile", "blubberfile: blubber.yaml"))
    (root / ".pipeline/blubber.yaml").write_text("version: v4\nvariants: {unit: {}}\n")
    process = Engine("podman", podman.env, podman).start(root)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "[blubber-not-read]" in err


def test_no_other_programs_are_needed_than_those_documented(docker_engine: Docker, tmp_path: Path) -> None:
    """`$PATH` has these alone; as on macOS with Homebrew's coreutils `timeout` is `gtimeout`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    find = docker_engine.env["PATH"]
    for name in (*UTILITIES, "git", "docker"):
        (programs / name).symlink_to(shutil.which(name, path=find) or "")
    (programs / "gtimeout").symlink_to(shutil.which("timeout", path=find) or "")
    engine = Engine("docker", {**docker_engine.env, "PATH": str(programs)}, docker_engine)
    shutil.copytree(SAMPLE, tmp_path / "ores", ignore=shutil.ignore_patterns(".transpipe"))
    done = run(engine, tmp_path / "ores")
    assert done.code == 0, done.err
    assert "all 13 stages succeeded" in done.out
    assert engine.left() == ""


def local_image(engine: Engine) -> str:
    """An image that is on this machine alone: no registry has its name."""
    name = "localhost:1/on-this-machine"
    engine.client("tag", "busybox", name)
    return name


def test_an_image_on_this_machine_alone_can_be_built_on(engine: Engine, tmp_path: Path) -> None:
    root = repository(tmp_path / "r", "{name: build, build: test}\n" + stage("say", "[say]"), "say) echo hello ;;")
    dockerfile = root / "Dockerfile"
    name = local_image(engine)
    dockerfile.write_text(dockerfile.read_text().replace("busybox", name))
    done = run(engine, root)
    assert done.code == 1
    assert "    no network? localhost:1 could not be reached; `--pull missing` does with the images that" in done.err
    for pull in ("missing", "never"):
        shutil.rmtree(root / ".transpipe")
        done = run(engine, root, "--pull", pull)
        assert done.code == 0, done.err
        assert done.log("test/say") == "hello\n"
    engine.client("rmi", name)


def test_what_is_not_here_is_not_pulled_where_nothing_may_be(engine: Engine, tmp_path: Path) -> None:
    root = repository(tmp_path / "r", "{name: say, run: {image: 'localhost:1/not-here'}}\n", "x) ;;")
    done = run(engine, root, "--pull", "missing")
    assert "    no network? localhost:1 could not be reached; an image that this machine lacks" in done.err
    shutil.rmtree(root / ".transpipe")
    done = run(engine, root, "--pull", "never")
    assert done.code == 1
    assert "no network?" not in done.err
    assert "not-here" in done.log("test/say")


TESTED = """\
good) mkdir /out; echo '<testsuite name="s"><testcase name="t"/></testsuite>' > /out/r.xml ;;
bad) mkdir /out; echo '<testsuite name="s"><testcase name="t"><failure message="no"/></testcase></testsuite>' \\
    > /out/r.xml; exit 1 ;;
slow) mkdir /out; echo '<testsuite name="slow"><testcase name="t"/></testsuite>' > /out/r.xml; sleep 300 & wait ;;
none) exit 3 ;;"""


def test_reports_are_shown_for_good_bad_and_late_runs_and_for_none(engine: Engine, tmp_path: Path) -> None:
    copied = ", copy: [{source: /out/r.xml, destination: %s.xml, report: junit}]"
    names = ("good", "bad", "slow", "none")
    stages = "".join(stage(name, f"[{name}]", copied % name) for name in names)
    root = repository(tmp_path / "r", BUILD + stages, TESTED)
    config = root / ".pipeline/config.yaml"
    arcs = ", ".join(f"[build, {name}]" for name in names)
    config.write_text(config.read_text().replace("    stages:", f"    execution: [{arcs}]\n    stages:"))
    config.write_text(config.read_text().replace("{name: slow,", "{name: slow, timeout: 20,"))
    done = run(engine, root, "--report-html", str(tmp_path / "page.html"))
    assert done.code == 1, done.err
    for words in (
        "test/good: 1 test, 0 failed\n    suite  tests  failed  skipped\n    s          1       0        0\n",
        "test/bad: 1 test, 1 failed\n",
        "    failed  s / t: no\n",
        "test/slow: 1 test, 0 failed\n",
        "test/none: there is no report none.xml\n",
    ):
        assert words in done.out
    assert "there is no report none.xml" in (tmp_path / "page.html").read_text()
    assert engine.left() == ""
