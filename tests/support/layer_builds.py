"""Builds on machines that share nothing but a registry, for the tests and the benchmark of the cache."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from support.ir_by_hand import build_step, own, pipeline, profile, stage, text
from transpiler import ir
from transpiler.lowering import lower
from transpiler.profile import Cache, Registry
from transpiler.program import PipelineProgram

LOGIN = ("bot", "pass-w0rd")
DOCKERFILE = """FROM busybox AS test
RUN head -c 4000000 /dev/urandom > /dependencies && sleep 2
COPY app /app
RUN cp /app /built
"""
EVENTS = (ir.Event.CHANGE, ir.Event.MERGE)
_STEP = re.compile(r"^#(\d+) \[(?:\w+ )?\d+/\d+\] (\w+)", re.MULTILINE)
_PODMANS_STEP = re.compile(r"STEP \d+/\d+: (\w+).*\n((?:-->.*\n)*)")


class Engine(Protocol):
    """What builds: docker or podman."""

    @property
    def name(self) -> str: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    def __call__(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> str: ...


@dataclass(frozen=True)
class Built:
    """How a program ended: its log, and the image, "" if it failed."""

    status: int
    log: str
    image: str

    @property
    def executed(self) -> list[str]:
        """The instructions that were carried out, and not taken from the cache."""
        ends = dict(re.findall(r"^#(\d+) (DONE|CACHED)", self.log, re.MULTILINE))
        dockers = [word for number, word in dict(_STEP.findall(self.log)).items() if ends.get(number) == "DONE"]
        podmans = [word for word, told in _PODMANS_STEP.findall(self.log) if "Using cache" not in told]
        return sorted(word for word in (*dockers, *podmans) if word not in ("FROM", "LABEL", "ARG"))

    @property
    def told(self) -> list[str]:
        """What the log says of the cache."""
        return [line for line in self.log.splitlines() if line.startswith("cache:")]


@dataclass
class Place:
    """A checkout whose image is built on one engine or another. `step` is the build; `words` begin a command there."""

    directory: Path
    host: str
    project: str | None = "team/app"
    step: ir.Build = field(default_factory=lambda: build_step("test", pull=True))
    owner: int = 0

    def __post_init__(self) -> None:
        self.checkout.mkdir(parents=True, exist_ok=True)
        self.write("Dockerfile", DOCKERFILE)
        self.write("app", "one")

    @property
    def checkout(self) -> Path:
        return self.directory / "checkout"

    def write(self, name: str, text: str) -> None:
        """A file of the checkout; its time does not count for a cache, and its mode does."""
        (self.checkout / name).write_text(text)
        (self.checkout / name).chmod(0o644)

    def program(self, engine: str, events: Sequence[ir.Event] = EVENTS) -> PipelineProgram:
        """A pipeline of one stage that builds."""
        site = profile(
            container=engine,
            registry=Registry(self.host, "", "team", "docker-push", (), "push", ()),
            cache=Cache("inline", "cache", (ir.Event.MERGE, ir.Event.TAG)),
        )
        made = pipeline(
            stage("web", self.step), stage("next", ir.Export("id", text(own("imageID")))), events=tuple(events)
        )
        return lower(ir.Workflow(".pipeline/config.yaml", self.project, (made,)), site).pipelines[0]

    def build(self, engine: Engine, event: str, words: Sequence[str] = (), **given: str) -> Built:
        """Builds in a run for this event, as an engine of CI would; removes what the run has made but the image."""
        values = self.directory / f"values-{uuid.uuid4().hex}"
        values.mkdir()
        env = {
            **engine.env,
            "run": values.name,
            "values": str(values),
            "registry": f"{self.host}/team",
            "push_registry": f"{self.host}/team",
            "REGISTRY_USER": LOGIN[0],
            "REGISTRY_PASSWORD": LOGIN[1],
            "setup_event": event,
            **given,
        }
        for path in (self.directory, *self.directory.rglob("*")) if self.owner else ():
            os.chown(path, self.owner, self.owner)
        lines = "\n".join(self.program(engine.name).stage("web").lines)
        done = subprocess.run(
            [*words, "sh", "-c", f'cd "$0" && {{ {lines}\n}}', str(self.checkout)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=200,
        )
        image = values / "web.imageID"
        found = Built(done.returncode, done.stdout.decode(), image.read_text() if image.exists() else "")
        shutil.rmtree(values)
        return found


def stored(store: Path, text: bytes) -> bool:
    """Whether the text is in anything that a registry has stored: in manifests, in configurations, in layers."""
    return any(text in blob for blob in _blobs(store))


def _blobs(store: Path) -> Iterator[bytes]:
    for path in store.glob("data/docker/registry/v2/blobs/sha256/*/*/data"):
        content = path.read_bytes()
        yield gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def damage(store: Path) -> int:
    """Removes the large layers of a registry's store; returns how many."""
    layers = [p for p in store.glob("data/docker/registry/v2/blobs/sha256/*/*/data") if p.stat().st_size > 1_000_000]
    for path in layers:
        path.unlink()
    return len(layers)


def tags(store: Path) -> dict[str, str]:
    """Each tag in a registry's store, by repository, with the digest that it stands for."""
    links = store.glob("data/docker/registry/v2/repositories/**/_manifests/tags/*/current/link")
    root = store / "data/docker/registry/v2/repositories"
    return {str(link.relative_to(root)).removesuffix("/current/link"): link.read_text() for link in links}
