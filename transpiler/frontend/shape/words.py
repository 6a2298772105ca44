"""Words of other CI engines, with what to write here: for hints about an unknown key.

A word stands for one of our keys where that key can be written; otherwise the hint says where what it means belongs.
This module knows no schema and no document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_SAME: Mapping[str, tuple[str, ...]] = {
    "allowfail": ("allowFailure",),
    "approval": ("approve",),
    "args": ("arguments", "args"),
    "arg": ("arguments", "args"),
    "buildargs": ("args",),
    "cmd": ("arguments",),
    "command": ("arguments",),
    "commands": ("arguments",),
    "continueonerror": ("allowFailure",),
    "environment": ("env",),
    "environmentvariables": ("env",),
    "gate": ("approve",),
    "input": ("approve",),
    "jobs": ("stages", "pipelines"),
    "job": ("stages", "pipelines"),
    "manual": ("approve",),
    "maxattempts": ("attempts",),
    "on": ("events",),
    "optional": ("allowFailure",),
    "retries": ("attempts",),
    "retry": ("attempts",),
    "script": ("arguments",),
    "steps": ("stages",),
    "strategy": ("matrix",),
    "target": ("variant",),
    "timeoutminutes": ("timeout",),
    "triggers": ("events",),
    "vars": ("env",),
    "variables": ("env",),
    "when": ("events",),
    "workdir": ("directory",),
    "workingdirectory": ("directory",),
    "workflows": ("pipelines",),
}
_OF_A_STAGE: Mapping[str, str] = {
    "after": "The order of stages is in the pipeline's `execution`: `execution: [[first, second]]`.",
    "artifacts": "To keep files, write `copy: [{source: PATH, archive: true}]`.",
    "branches": "The pipeline's `events` say when it runs.",
    "command": "A stage runs an image: `run: {arguments: [WORD, WORD]}` passes words to its entry point.",
    "container": "To run an image that no stage builds, write `run: {image: IMAGE}`.",
    "dependencies": "The order of stages is in the pipeline's `execution`: `execution: [[first, second]]`.",
    "dependson": "The order of stages is in the pipeline's `execution`: `execution: [[first, second]]`.",
    "env": "Variables belong under `run`: `run: {env: {NAME: VALUE}}`.",
    "environment": "Variables belong under `run`: `run: {env: {NAME: VALUE}}`.",
    "if": "The pipeline's `events` say when it runs.",
    "image": "To run an image that no stage builds, write `run: {image: IMAGE}`.",
    "needs": "The order of stages is in the pipeline's `execution`: `execution: [[first, second]]`.",
    "on": "The pipeline's `events` say when it runs.",
    "only": "The pipeline's `events` say when it runs.",
    "rules": "The pipeline's `events` say when it runs.",
    "script": "A stage runs an image: `run: {arguments: [WORD, WORD]}` passes words to its entry point.",
    "steps": "A stage runs an image: `run: {arguments: [WORD, WORD]}` passes words to its entry point.",
    "variables": "Variables belong under `run`: `run: {env: {NAME: VALUE}}`.",
    "when": "The pipeline's `events` say when it runs.",
}
_OF_A_PIPELINE: Mapping[str, str] = {
    "env": "Variables belong under a stage's `run`: `run: {env: {NAME: VALUE}}`.",
    "environment": "Variables belong under a stage's `run`: `run: {env: {NAME: VALUE}}`.",
    "image": "A pipeline builds its image, from a `dockerfile` or a `blubberfile`; a stage can `run` another.",
    "needs": "Pipelines are independent of each other; `execution` gives the order of the stages of one.",
    "runson": "The labels of runners are in the profile.",
    "script": "A pipeline is a list of `stages`, and a stage runs an image: `run: {arguments: [WORD, WORD]}`.",
    "variables": "Variables belong under a stage's `run`: `run: {env: {NAME: VALUE}}`.",
}


def meant(word: str, known: Collection[str]) -> str:
    """The one of the known keys that other engines call by this word, "" if there is none."""
    return next((key for key in _SAME.get(_bare(word), ()) if key in known), "")


def advice(word: str, known: Collection[str]) -> str:
    """How to write what other engines mean by this word, "" if that is not known. `known` are the keys of the mapping,
    which show whether it is a stage or a pipeline."""
    if "build" in known and "run" in known:
        return _OF_A_STAGE.get(_bare(word), "")
    return _OF_A_PIPELINE.get(_bare(word), "") if "execution" in known and "stages" in known else ""


def _bare(word: str) -> str:
    return re.sub("[-_ ]", "", word).lower()
