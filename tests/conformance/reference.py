"""The simplest possible engine: a plan's programs one after another under `sh`, in topological order.

An oracle for cases before any engine's runner sees them, and proof that a case expects what the programs mean.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engines.docker_engine import docker_engine

from transpiler.graph import ancestors, order
from transpiler.ir import CredentialKind
from transpiler.program import PipelineProgram, StageProgram, setup_variable

from . import trace
from .case import FILES_ALLOWED, Case, Compiled, compiled, git, load
from .site import SECRETS, Site
from .trace import FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace
from .world import world

_FILES = (CredentialKind.FILE, CredentialKind.SSH_KEY)


def run(case: Case, site: Site) -> Trace:
    """Runs every pipeline of the case that its event starts, one after another."""
    site.no_meetings()
    made = compiled(case, site.directory / "checkout", site.profile, "local")
    return trace_of(made, [_Run(made, site, p) for p in made.plan.pipelines if case.event in p.events], site)


@dataclass(frozen=True)
class _Run:
    """One pipeline with a checkout of its own."""

    made: Compiled
    site: Site
    pipeline: PipelineProgram

    @property
    def name(self) -> str:
        return f"reference-{self.site.number}-{self.pipeline.slug}"

    @property
    def values(self) -> Path:
        return self.site.directory / f"{self.pipeline.slug}.values"

    @property
    def checkout(self) -> Path:
        return self.site.directory / f"{self.pipeline.slug}.checkout"

    def env(self, program: StageProgram | None = None) -> dict[str, str]:
        """The contract of a stage program, and no more."""
        profile, case = self.made.profile, self.made.case
        branch = "" if case.tag else "main"
        ref = f"refs/tags/{case.tag}" if case.tag else f"refs/heads/{branch}"
        setup = {
            "branch": branch,
            "commit": self.made.commit,
            "tag": case.tag,
            "timestamp": "2026-01-02-030405",
            "project": self.made.plan.project or "",
            "projectShortName": (self.made.plan.project or "").split("/")[-1],
            "logURL": "https://ci.example.org/log",
            "remote": "https://code.example.org/team/app",
            "pipeline": self.pipeline.name,
        }
        names = {"ZUUL_BRANCH": branch, "ZUUL_COMMIT": self.made.commit, "ZUUL_PROJECT": setup["project"]}
        names["ZUUL_REF"] = ref
        setup |= {f"params.{name}": value for name, value in names.items()}
        env = {**self.site.env, "run": self.name, "values": str(self.values), "artifacts": "https://ci.example.org/a"}
        env |= {"registry": profile.registry.name, "push_registry": profile.registry.push_name}
        env |= {setup_variable(key): value for key, value in setup.items()} | names
        for use in program.credentials if program else ():
            env |= dict(zip(use.variables, self._secret(use.id, use.kind), strict=True))
        return env

    def _secret(self, id_: str, kind: CredentialKind) -> tuple[str, ...]:
        if kind not in _FILES:
            return SECRETS[id_]
        path = self.site.directory / f"{id_}.secret"
        path.write_text(SECRETS[id_][0])
        return (str(path),)

    def sh(self, lines: tuple[str, ...], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs lines as an engine does."""
        return subprocess.run(
            ["sh", "-c", "\n".join(lines)],
            cwd=self.checkout,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            errors="surrogateescape",
            timeout=300,
        )


def trace_of(made: Compiled, runs: list[_Run], site: Site) -> Trace:
    """Plays the runs and collects what they did."""
    stages = {f"{p.name}/{s}": SKIPPED for p in made.plan.pipelines for s in p.graph.nodes}
    collected: dict[str, Any] = {"values": {}, "archived": {}, "triggers": [], "log": ""}
    for one in runs:
        modules = ("--recurse-submodules",) if one.pipeline.fetch.submodules else ()
        git(made.root, *FILES_ALLOWED, "clone", "--quiet", *modules, str(made.root), str(one.checkout))
        one.values.mkdir()
        for stage, state, log in _play(one, collected):
            stages[stage] = state
            collected["log"] += f"==== {stage}\n{log}"
        one.sh(one.pipeline.teardown, one.env())
    words = site.words(made.commit)
    for key in ("values", "archived"):
        collected[key] = {name: trace.normalised(text, words) for name, text in collected[key].items()}
    seen = site.seen(words)
    seen["reports"] = None
    seen["left"] += tuple(str(one.values) for one in runs if one.values.exists())
    return Trace(
        status=FAILURE if FAILED in stages.values() else SUCCESS,
        stages=stages,
        **seen,
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
        **{**collected, "triggers": tuple(collected["triggers"])},
    )


def _play(one: _Run, collected: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each stage with its result and its log."""
    bad: set[str] = set()
    before = ancestors(one.pipeline.graph)
    for name in order(one.pipeline.graph):
        program, full = one.pipeline.stage(name), f"{one.pipeline.name}/{name}"
        if bad & before[name]:
            yield full, SKIPPED, ""
            continue
        done = one.sh(program.lines, one.env(program))
        if done.returncode:
            bad.add(name)
            _mail(one, program)
            yield full, FAILED, done.stdout + done.stderr
            continue
        _collect(one, program, collected)
        yield full, RAN, done.stdout + done.stderr


def _mail(one: _Run, program: StageProgram) -> None:
    if program.mail:
        one.sh((*program.mail.compose, *program.mail.send), one.env())


def _collect(one: _Run, program: StageProgram, collected: dict[str, Any]) -> None:
    for value in program.binds:
        file = one.values / value.file
        if file.exists():
            collected["values"][f"{one.pipeline.name}/{value.stage}.{value.key}"] = trace.shown(file.read_bytes())
    for archive in program.archives:
        packed = one.checkout / f"{archive.path}.tar.gz"
        path = (
            packed
            if archive.directory or (archive.directory is None and packed.exists())
            else (one.checkout / archive.path)
        )
        collected["archived"][os.path.relpath(path, one.checkout)] = trace.shown(path.read_bytes())
    if call := program.trigger:
        parameters = {
            p.name: p.text if p.text is not None else (one.values / p.file).read_text() for p in call.parameters
        }
        collected["triggers"].append({"name": call.name, "parameters": parameters})


def diagnosis(done: Trace) -> str:
    """The end of the log, for a failing test."""
    return re.sub(r"\n{3,}", "\n\n", done.log)[-4000:]


def _main(names: list[str]) -> None:
    """Tries cases by name, from `tests`: python -m conformance.reference NAME..."""
    with docker_engine() as docker, TemporaryDirectory() as directory, world(docker, Path(directory)) as made:
        for name in names:
            loaded = load(name)
            with made.site() as site:
                done = run(loaded, site)
                plan = compiled(loaded, site.directory / "again", site.profile, "local").plan
            found = trace.compare(loaded, plan, done)
            told = (*found, diagnosis(done)) if found else ("as expected",)
            sys.stdout.write("\n".join((f"==== {name}", *told, "")))


if __name__ == "__main__":
    _main(sys.argv[1:])
