"""Repositories of a site, made for tests of `transpipe sync`: each with a few pipelines, and one profile for all."""

from __future__ import annotations

from pathlib import Path

PROFILE = """\
extends: default
jenkins:
  kind: inline
  checkout: zuul
  jobs: job-per-pipeline
  folder: ci
  name: '{project}-pipeline-{pipeline}'
"""
# The least build file that a stage may name.
_BLUBBER = "version: v4\nvariants:\n  test: {}\n"


def repositories(place: Path, number: int, pipelines: int, *, words: str = "make check") -> list[Path]:
    """`number` repositories below `place`, `team/service-0000` and so on, with so many pipelines each."""
    return [repository(place / f"service-{n:04}", f"team/service-{n:04}", pipelines, words) for n in range(number)]


def repository(root: Path, project: str, pipelines: int, words: str = "make check") -> Path:
    """One repository, created or changed, whose pipelines `p0`, `p1`, … run these words."""
    own = root / ".pipeline"
    own.mkdir(parents=True, exist_ok=True)
    lines = [f"project: {project}", "pipelines:"]
    for n in range(pipelines):
        lines += [f"  p{n}:", "    blubberfile: blubber.yaml", "    stages:"]
        lines += ["      - name: unit", "        build: test", f"        run: {{arguments: ['{words}']}}"]
    (own / "config.yaml").write_text("\n".join(lines) + "\n")
    (own / "blubber.yaml").write_text(_BLUBBER)
    return root


def profile(place: Path, more: str = "") -> Path:
    """The site's profile, with further lines."""
    file = place / "profile.yaml"
    file.write_text(PROFILE + more)
    return file
