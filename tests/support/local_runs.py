"""The command `transpipe run` in a process of its own, in a small repository, with a fake docker."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unit, report], [build, lint]]
    stages:
      - {name: build, build: test}
      - {name: unit, run: {image: '${build.imageID}', arguments: [UNIT]}}
      - {name: lint, run: {image: '${build.imageID}', arguments: [ok]}}
      - {name: report, run: {image: '${build.imageID}', arguments: [ok]}}
  ship:
    dockerfile: Dockerfile
    events: [tag]
    stages:
      - name: web
        build: test
        publish: {image: {tags: [stable]}}
        exports: {image: '${.publishedImage}'}
      - {name: smoke, run: {image: '${web.imageID}', arguments: [print, '${web.image}']}}
"""
PROFILE = """\
registry: {public: r.example, repository: team, credential: registry}
credentials:
  registry: {kind: username-password, gitlab: {username: PUSHER, password: PUSH_PASSWORD}}
"""

# What the fake runs for ever ignores that it is asked to end, as a container may: `run` is patient for three seconds.
IMPATIENT = (
    "-c",
    "from transpiler import entry; from transpiler.local import process as p; p.GRACE = 0.3; entry.main()",
)


@dataclass
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Repository:
    """A repository, a fake docker, and the command in a process of its own."""

    root: Path
    fake: Path
    env: dict[str, str] = field(default_factory=dict)
    command: tuple[str, str] = ("-m", "transpiler")

    def start(self, *arguments: str, **more: int) -> subprocess.Popen[str]:
        program = [sys.executable, *self.command, "run", *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(program, cwd=self.root, env=self.env, text=True, **streams)  # type: ignore[call-overload, no-any-return]

    def __call__(self, *arguments: str) -> Ran:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out, err)

    def write(self, unit: str = "ok") -> None:
        (self.root / ".pipeline/config.yaml").write_text(CONFIG.replace("UNIT", unit))

    @property
    def calls(self) -> str:
        calls = self.fake / "calls"
        return calls.read_text() if calls.exists() else ""

    @property
    def containers(self) -> list[str]:
        return sorted(path.name for path in (self.fake / "containers").iterdir())

    def logs(self) -> Path:
        (found,) = (path for path in (self.root / ".transpipe").iterdir() if path.is_dir())
        return found


def make(tmp_path: Path) -> Repository:
    """A repository and its fake docker below `tmp_path`."""
    root, fake = tmp_path / "repository", tmp_path / "fake"
    (root / ".pipeline").mkdir(parents=True)
    (fake / "containers").mkdir(parents=True)
    (fake / "bin").mkdir()
    shutil.copy(TESTS / "doubles/fake_docker", fake / "bin/docker")
    (fake / "bin/docker").chmod(0o755)
    (root / ".pipeline/profile.yaml").write_text(PROFILE)
    (root / "src").mkdir()
    (root / "test").mkdir()  # called like a pipeline
    (root / "Dockerfile").write_text("FROM busybox AS test\n")
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", root], check=True)
    env = {
        "PATH": f"{fake / 'bin'}:/usr/bin:/bin",
        "FAKE": str(fake),
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": str(TESTS.parent),
    }
    made = Repository(root, fake, env)
    made.write()
    return made


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)
