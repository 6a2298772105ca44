"""The files that outputs are made from, with their digests, for the headers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from transpiler import files, resources
from transpiler.diagnostics import Diagnostics
from transpiler.fast_path import digests
from transpiler.files import is_file
from transpiler.freshness.header import Input, Inputs
from transpiler.frontend.workflow import Built
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.ir import Build
from transpiler.profile import Profile


def inputs(
    config: Input, built: Built, helm: Mapping[str, Path], profile: Profile, options: Mapping[str, str], folder: str
) -> Inputs:
    """The inputs of a run; `helm` are the helm configs that were looked for, by their paths below the root, and
    `folder` is the root's in the git repository. Raises OSError if one of them cannot be read."""
    return Inputs(
        (
            config,
            *_build_files(built),
            *(Input(digests.HELMCONFIG, name, _helm_digest(path)) for name, path in helm.items()),
            *(
                Input(_kind(name, profile), _portable(name), digests.content_digest(content))
                for name, content in profile.sources
            ),
        ),
        _templates(),
        tuple((name, value) for name, value in options.items() if value),
        folder=folder,
    )


def check_outputs(
    inputs: Inputs,
    base: Path,
    outputs: Iterable[tuple[str, str]],
    root: Path,
    profile: Profile,
    diagnostics: Diagnostics,
) -> None:
    """Refuses an output (target and path below `root`) that is also an input (below `base`): writing it would destroy
    what it is made from. Links are followed, and some disks do not distinguish `A` from `a`."""
    read = [file.name for file in inputs.files if file.kind not in (digests.PROFILE, digests.SHARED)]
    read += [name for name, _ in profile.sources if is_file(base / name)]
    real = {os.path.realpath(base / name).casefold(): name for name in read}
    for target, path in outputs:
        if name := real.get(os.path.realpath(root / path).casefold()):
            message = f"The output `{path}` would overwrite `{name}`, from which it is made."
            hint = "Give the output another path in the profile."
            diagnostics.error("output-is-input", message, profile.place("targets", target), hint)


def _build_files(built: Built) -> Iterator[Input]:
    steps = [step for p in built.workflow.pipelines for s in p.stages for step in s.steps if isinstance(step, Build)]
    blubber = {step.file.path.literal: step.file.blubber for step in steps if step.file.path}
    for path, names in built.variants:
        kind = digests.BLUBBERFILE if blubber.get(path, True) else digests.DOCKERFILE
        yield Input(kind, path, digests.names_digest(names))


def _kind(source: str, profile: Profile) -> str:
    return digests.SHARED if source == profile.shared else digests.PROFILE


def _helm_digest(path: Path) -> str:
    content = files.read(path, MAX_BYTES + 1)
    return digests.ABSENT if content is None else digests.content_digest(content)


def _portable(name: str) -> str:
    """The name of a profile outside the repository, without the parts of its path that differ between machines."""
    path = PurePosixPath(name)
    return path.name if path.is_absolute() or ".." in path.parts else name


@cache
def _templates() -> str:
    return digests.templates_digest(digests.shipped_templates(resources.folder("templates")))
