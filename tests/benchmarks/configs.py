"""What is compiled to measure speed: a usual repository, any number of them, and configs of many pipelines or stages.

Imports nothing large: a process counts as its own what its parent held in memory.
"""

from __future__ import annotations

from pathlib import Path

CONFIG = ".pipeline/config.yaml"
PIPELINES, TARGETS = 3, 3
USUAL = """\
project: team/service-{n}
pipelines:
  test:
    blubberfile: blubber.yaml
    stages:
      - name: lint
      - name: unit-{n}
        build: test
        run: {{arguments: [npm, test, --seed={n}], env: [{{SEED: "{n}"}}]}}
    execution: [[lint], [unit-{n}]]
  publish:
    blubberfile: blubber.yaml
    stages:
      - name: build
        build: production
      - name: verify
        run: {{image: "${{build.imageID}}", arguments: [./check, "service-{n}"]}}
      - name: publish
        publish: {{image: {{id: "${{build.imageID}}", name: service-{n}, tags: [stable]}}}}
  docs:
    blubberfile: blubber.yaml
    stages:
      - name: docs
        build: docs
        run: true
        copy: [{{from: "${{.container}}", source: /srv/out, archive: true}}]
"""
PROFILE = """\
extends: default
registry: {public: registry.example.org, credential: reg}
credentials: {reg: {kind: username-password, jenkins: reg, zuul: reg, gitlab: {username: USER, password: PASSWORD}}}
unsupported: [secrets-for-change, credentials-for-change]
"""
# In lines, as all have them: of another layout only the compiler can tell which variants there are.
_BLUBBER = "version: v4\nbase: debian:12\nvariants:\n  lint: {}\n  test: {}\n  production: {}\n  docs: {}\n"


def repository(root: Path, number: int = 0) -> Path:
    """A repository with a usual config, three pipelines of six stages in all, and a profile of its own."""
    make(root, USUAL.format(n=number))
    (root / ".pipeline/profile.yaml").write_text(PROFILE)
    return root


def make(root: Path, config: str) -> Path:
    """A repository with this config."""
    (root / ".pipeline").mkdir(parents=True)
    (root / CONFIG).write_text(config)
    (root / ".pipeline/blubber.yaml").write_text(_BLUBBER)
    return root


def pipelines(number: int) -> str:
    """A config of so many pipelines of three stages."""
    lines = ["project: team/ores", "pipelines:"]
    for p in range(number):
        lines += [
            f"  p{p}:",
            "    blubberfile: blubber.yaml",
            "    stages:",
            "      - {name: s0, build: test, run: true}",
            "      - {name: s1, run: {image: '${s0.imageID}', arguments: [a]}}",
            "      - {name: s2, build: test, publish: {image: {id: '${.imageID}', tags: [a]}}}",
        ]
    return "\n".join(lines) + "\n"


def stages(number: int) -> str:
    """A config of one pipeline of so many stages, each after the three before it."""
    lines = ["project: team/ores", "pipelines:", "  p:", "    blubberfile: blubber.yaml", "    stages:"]
    lines += [f"      - {{name: s{i}, build: test, run: true}}" for i in range(number)]
    arcs = [f"      - [s{i - d}, s{i}]" for i in range(1, number) for d in (1, 2, 3) if i >= d]
    return "\n".join([*lines, "    execution:", *arcs]) + "\n"
