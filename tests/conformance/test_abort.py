"""A person aborts a run while two stages of a parallel part are at work, beside their services: they end, and nothing
comes after them.

No engine tells a failure by mail then, and none starts what descends from them. What still cleans up is each engine's
own: where nothing does, docs/targets.md says what is left, and it is that here and no more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from engines.fixtures import JenkinsJudge, ZuulJudge

from transpiler.ir import Event

from . import case, github, gitlab, jenkins, trace, zuul
from .case import DEFAULT_APP, OURS, Case, Expected, Mail
from .site import Site
from .trace import FAILED, FAILURE, SKIPPED
from .world import World

pytestmark = pytest.mark.engine

CONFIG = b"""\
pipelines:
  main:
    events: [merge]
    dockerfile: Dockerfile
    execution: [[base, left, end], [base, right, end]]
    notify: {email: {to: team@example.org}}
    stages:
      - {name: base, build: test}
      - name: left
        run:
          image: '${base.imageID}'
          arguments: ["@sleep=300"]
          services: [{name: db, image: 'redis:7'}, {name: cache, image: 'redis:7'}]
      - name: right
        run: {image: '${base.imageID}', arguments: ["@sleep=300"], services: [{name: db, image: 'redis:7'}]}
      - {name: end, run: {image: '${base.imageID}'}}
"""
ABORTED = Case(
    "abort",
    CONFIG,
    {},
    DEFAULT_APP,
    Event.MERGE,
    "",
    Expected(status=FAILURE, stages={"main/left": FAILED, "main/right": FAILED, "main/end": SKIPPED}),
)
PATIENCE = 120
"""Seconds for anything that is waited for."""


@dataclass(frozen=True)
class After:
    """What can be seen when all is over, on every engine alike. `ended`: those whose containers ended by themselves."""

    started: tuple[str, ...]
    ended: tuple[str, ...]
    mails: tuple[Mail, ...]
    tags: tuple[str, ...]
    left: tuple[str, ...]


def after(site: Site) -> After:
    """That, with what is left by its kind and name alone."""
    marks = trace.read_marks(site.marks)
    return After(
        tuple(sorted(mark.stage for mark in marks)),
        tuple(sorted(mark.stage for mark in marks if mark.end is not None)),
        site.mailed({}),
        tuple(site.tags()),
        tuple(sorted(_kind(line) for line in site.left())),
    )


def _kind(line: str) -> str:
    kind, name, *_ = line.split()
    return f"{kind} {name.rpartition('-')[2]}" if kind in ("container", "network") else kind


CLEAN = After(started=("left", "right"), ended=(), mails=(), tags=(), left=())


@contextmanager
def aborting(site: Site, abort: Callable[[], None]) -> Iterator[None]:
    """Calls `abort` once both stages are at work. Raises what it raised, and AssertionError if it was never called."""
    over, problems = threading.Event(), ["the run was over before both stages were at work"]

    def watch() -> None:
        wait_for(lambda: over.is_set() or all(any(site.marks.glob(f"{s}@*/start")) for s in CLEAN.started))
        if not over.is_set():
            problems.clear()
            try:
                abort()
            except Exception as error:
                problems.append(repr(error))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert not problems, problems


def wait_for(what: Callable[[], bool]) -> None:
    """Until it is so; raises AssertionError if it does not come about."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_jenkins_tears_down_after_an_abort(world: World, jenkins_judge: JenkinsJudge) -> None:
    with world.site() as site:
        made = case.compiled(ABORTED, site.directory / "origin", site.profile, "jenkins")
        with aborting(site, (site.directory / "abort").touch):
            found = jenkins.run_compiled(made, site)
        assert after(site) == CLEAN
    assert trace.compare(ABORTED, made.plan, found) == (), found.log
    assert "ABORTED: " in found.log, "what an abort throws may not become a failure"


@pytest.mark.skipif("github" not in case.ENGINES, reason="there is no target for GitHub")
def test_github_tears_down_after_a_cancellation(world: World) -> None:
    with world.site() as site:
        made = case.compiled(ABORTED, site.directory / "origin", site.profile, "github")
        abort = site.directory / "abort"
        with aborting(site, abort.touch):
            found = github.run_compiled(made, site, at_once=2, cancel=abort.exists)
        assert after(site) == CLEAN, found.log
    assert trace.compare(ABORTED, made.plan, found) == (), found.log


def test_transpipe_run_tears_down_after_an_interrupt(world: World) -> None:
    with world.site() as site:
        made = case.compiled(ABORTED, site.directory / "origin", site.profile, "local")
        # Who was started with `&` ignores SIGINT, and so would it.
        command = ["env", "--default-signal=INT", sys.executable, "-m", "transpiler", "run", "--allow=mail"]
        command += ["--profile", str(made.root.parent / f"{made.root.name}.profile.yaml"), str(made.root)]
        env = {**site.env, "PYTHONPATH": str(OURS), "TMPDIR": str(site.directory)}
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        with aborting(site, lambda: process.send_signal(signal.SIGINT)):
            said, _ = process.communicate(timeout=2 * PATIENCE)
        assert after(site) == CLEAN, said
        assert not list(site.directory.glob("transpipe-*"))
        assert not [pid for pid in _pids() if str(site.directory) in _command(pid)]
    states = dict(line.split()[:2] for line in said.partition("\n\n")[2].splitlines() if line.startswith("main/"))
    assert (process.returncode, states) == (
        1,
        {"main/base": "succeeded", "main/left": "stopped", "main/right": "stopped", "main/end": "not"},
    ), said


def test_canceled_gitlab_jobs_clean_up_after_themselves(world: World) -> None:
    with world.site() as site:
        made = case.compiled(ABORTED, site.directory / "origin", site.profile, "gitlab")
        with aborting(site, lambda: _cancel(site.directory / "gitlab")):
            found = gitlab.run_compiled(made, site, at_once=2)
        # Nobody takes the image of `base` off the registry any more.
        assert after(site) == replace(CLEAN, tags=("between-jobs",)), found.log
    assert (found.status, found.left) == (FAILURE, ())


def _cancel(state: Path) -> None:
    """What GitLab does to a pipeline: the scripts are killed, their ends run, nothing else starts."""
    (state / "canceled").touch()
    shells = [int((state / "shells" / f"main-{stage}").read_text()) for stage in CLEAN.started]
    engine = next(pid for pid in _ancestors(shells[0]) if Path(_command(pid).partition("\0")[0]).name == "node")
    os.kill(engine, signal.SIGSTOP)
    for shell in shells:
        began = tuple(_descendants(shell))
        os.kill(shell, signal.SIGTERM)
        _kill(began)
    wait_for(lambda: all(_state(shell) in ("", "Z") for shell in shells))
    os.kill(engine, signal.SIGKILL)


def test_zuul_tears_down_after_an_abort(world: World, zuul_judge: ZuulJudge) -> None:
    found, log = _aborted(world, ABORTED)
    assert found == CLEAN, log


def test_jobs_of_zuuls_for_each_stage_tear_down_after_an_abort(world: World, zuul_judge: ZuulJudge) -> None:
    """Two jobs on one node that lives on have taken the same image."""
    without_mail = CONFIG.replace(b"    notify: {email: {to: team@example.org}}\n", b"")
    profile = {"zuul": {"granularity": "stage", "post-review": ["check", "gate", "post", "tag"]}}
    found, log = _aborted(world, replace(ABORTED, config=without_mail, profile=profile), "team-app-main-left")
    # Nobody takes the image of `base` off the registry.
    assert found == replace(CLEAN, tags=("between-jobs",)), log


def test_an_older_zuul_leaves_to_its_node_what_was_at_work(world: World, zuul_judge: ZuulJudge) -> None:
    found, log = _aborted(world, replace(ABORTED, profile={"zuul": {"cleanup": False}}))
    services = ("container left.SERVICE.cache", "container left.SERVICE.db", "container right.SERVICE.db")
    volumes = ("volume",) * len(services)
    rest = ("container left", "container right", "image", "network left", "network right")
    assert found == replace(CLEAN, left=tuple(sorted((*rest, *services, *volumes)))), log


def _aborted(world: World, loaded: Case, job: str = "team-app-main") -> tuple[After, str]:
    """What is there after the abort of what a case starts, and its log; `job` is one that was at work."""
    cleanup = loaded.profile.get("zuul", {}).get("cleanup", True)
    with world.site() as site:
        made = case.compiled(loaded, site.directory / "checkout", site.profile, "zuul")
        builds = site.directory / "builds"
        # Killed, Ansible removes nothing of its own from the node either.
        node = replace(site, env={**site.env, "ANSIBLE_REMOTE_TMP": str(site.directory / "ansible")})
        try:
            with aborting(site, lambda: _abort(builds)):
                found = zuul.run_compiled(made, node)
            left = after(site)
            at_work = [pid for pid in _pids() if "\0stage=" in (env := _read(pid, "environ")) and str(builds) in env]
            assert not (at_work and cleanup)
            assert cleanup != bool(list(builds.glob("*/home/values/*")))
        finally:
            _throw_away(builds)
    assert found.status == FAILURE
    assert f"{job}: ABORTED\n" in found.log
    return left, found.log


def test_a_zuul_build_that_takes_too_long_leaves_nothing_at_work(world: World, zuul_judge: ZuulJudge) -> None:
    with world.site() as site:
        late = replace(ABORTED, profile={"zuul": {"timeout": 40}})
        made = case.compiled(late, site.directory / "checkout", site.profile, "zuul")
        builds = site.directory / "builds"
        node = replace(site, env={**site.env, "ANSIBLE_REMOTE_TMP": str(site.directory / "ansible")})
        try:
            found = zuul.run_compiled(made, node)
            wait_for(lambda: not any(str(builds) in _read(pid, "environ") for pid in _pids()))
            assert replace(after(site), mails=()) == CLEAN, found.log
        finally:
            _throw_away(builds)
    assert "team-app-main: TIMED_OUT\n" in found.log


def _abort(builds: Path) -> None:
    """What Zuul's executor does: it kills Ansible. What that started on the node is not in its reach."""
    _kill(p for p in _pids() if str(builds) in _command(p) and "/ansible-playbook\0" in _command(p))


def _throw_away(node: Path) -> None:
    _kill(pid for pid in _pids() if str(node) in _read(pid, "environ"))


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _read(pid: int, what: str) -> str:
    """A file of /proc; "" where there is no such process any more, or it is not ours to ask."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _command(pid: int) -> str:
    return _read(pid, "cmdline")


def _stat(pid: int) -> list[str]:
    """State, parent and so on."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        pid = int(_stat(pid)[1])
        yield pid


def _descendants(pid: int) -> Iterator[int]:
    for child in [other for other in _pids() if _stat(other)[1:2] == [str(pid)]]:
        yield from _descendants(child)
        yield child
