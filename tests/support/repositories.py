"""Repositories for tests: a config in a directory of its own, with stand-ins for the files that it names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from transpiler.driver import Outcome, Request, compile_config
from transpiler.yaml_loader import load

CONFIG = ".pipeline/config.yaml"


def make(root: Path, config: str | bytes) -> Path:
    """A repository with this config and a stand-in for each blubberfile and Dockerfile that it names and lacks."""
    (root / ".pipeline").mkdir(parents=True, exist_ok=True)
    (root / CONFIG).write_bytes(config.encode() if isinstance(config, str) else config)
    add_stand_ins(root)
    return root


def copy_of(source: Path, root: Path) -> Path:
    """A copy of a repository's `.pipeline`, with stand-ins for what is missing."""
    shutil.copytree(source / ".pipeline", root / ".pipeline")
    add_stand_ins(root)
    return root


def compiled(root: Path, profile: str, project: str = "", targets: tuple[str, ...] = ()) -> Outcome:
    """The result of compiling it."""
    return compile_config(Request(root, CONFIG, profile, targets, project))


def add_stand_ins(root: Path) -> None:
    """Writes a file with exactly the variants that the config names for each build file that is not there.

    A config that cannot be read gets none: the compiler reports what is wrong with it.
    """
    try:
        config = load((root / CONFIG).read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    wanted: dict[str, set[str]] = {}
    for path, variant in (*_builds(config if isinstance(config, dict) else {}), *_older_builds(config)):
        wanted.setdefault(path, set()).add(variant)
    for path, variants in wanted.items():
        file = root / path
        if file.exists() or ".." in file.parts or path.startswith("/"):
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".yaml":
            file.write_text(yaml.safe_dump({"version": "v4", "variants": {v: {} for v in sorted(variants)}}))
        else:
            file.write_text("".join(f"FROM scratch AS {v}\n" for v in sorted(variants)))


def _builds(config: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """The path and the variant of each build, as far as the config is well-formed."""
    pipelines = config.get("pipelines")
    for name, pipeline in (pipelines if isinstance(pipelines, dict) else {}).items():
        stages = pipeline.get("stages") if isinstance(pipeline, dict) else None
        for stage in stages if isinstance(stages, list) else ():
            if isinstance(stage, dict):
                keys = {**pipeline, **stage}
                path = keys.get("dockerfile") or f".pipeline/{keys.get('blubberfile', f'{name}/blubber.yaml')}"
                variant = _variant(stage)
                if isinstance(path, str) and isinstance(variant, str) and "${" not in path + variant:
                    yield path, variant


def _variant(stage: dict[Any, Any]) -> object:
    if list(stage) == ["name"]:
        return stage["name"]
    build = stage.get("build")
    return build.get("variant", stage.get("name")) if isinstance(build, dict) and build else build


def _older_builds(config: object) -> Iterator[tuple[str, str]]:
    """The same for the dialects before version 0, as far as their defaults go."""
    pipelines = config.get("pipelines") if isinstance(config, dict) else None
    for item in config if isinstance(config, list) else ():
        if isinstance(item, dict):
            yield from _named(item.get("blubberfile", "blubber.yaml"), item.get("variant", item.get("stage")))
    for name, given in (pipelines if isinstance(pipelines, dict) else {}).items():
        pipeline = given if isinstance(given, dict) else {}
        path = pipeline.get("blubberfile", f"{name}/blubber.yaml")
        for variant in (*_of_variants(pipeline), *_of_plan(pipeline)):
            yield from _named(path, variant)


def _of_variants(pipeline: dict[Any, Any]) -> Iterator[object]:
    if "stages" in pipeline or "execution" in pipeline:
        return
    variants = pipeline.get("variants")
    variants = variants if isinstance(variants, dict) else {}
    test = variants.get("test", "test")
    yield from test if isinstance(test, list) else [test]
    yield variants.get("production", "production")


def _of_plan(pipeline: dict[Any, Any]) -> Iterator[object]:
    stages, execution = pipeline.get("stages"), pipeline.get("execution")
    for stage in stages if isinstance(stages, list) else ():
        if isinstance(stage, dict) and not {"build", "run", "copy"} & stage.keys():
            yield stage.get("variant", stage.get("name"))
    for item in execution if isinstance(execution, list) and stages is None else ():
        yield from item if isinstance(item, list) else [item]


def _named(path: object, variant: object) -> Iterator[tuple[str, str]]:
    if isinstance(path, str) and isinstance(variant, str) and path and "${" not in path + variant:
        yield f".pipeline/{path}", variant
