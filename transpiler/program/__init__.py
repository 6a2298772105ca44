"""The result of lowering, from which targets are emitted: a POSIX shell program for each stage, and what it needs.

A program may read only what its engine sets (CONTRIBUTING.md, "The contract of a stage program"):

    run        unique to the run: names containers, labels containers and images; [a-z0-9._-], at most 100 characters
    values     an existing directory outside the checkout; the file <stage slug>.<key slug> holds a value byte for byte
    setup_KEY  ${setup.KEY} for each key in `setup`, as `setup_variable` says; unset or empty mean the same
    setup_event  the event of the run, as the engine knows it (if `setup` has EVENT)
    NAME       for each name in `environment` (`docs/language.md`, "run", and the profile's `environment`)
    registry   the registry in images' names; `push_registry` the one they are pushed to (if `registry` is true)
    artifacts  the URL below which archived files will be (if `artifacts` is true)
    the variables of `credentials`

It starts in the checkout, under `sh` (dash or busybox), and its first line is `set -eu`. Its text is printable: no
control characters but tab and newline, so a target may put it into any text format.
"""

from transpiler.program.features import Feature, Level, Support, Use, in_order
from transpiler.program.outputs import ReadPipeline, RenderedFile, Silence, TargetTooLarge
from transpiler.program.parts import (
    EVENT,
    Archive,
    CredentialUse,
    MailProgram,
    Parameter,
    Report,
    TriggerCall,
    ValueFile,
    setup_variable,
)
from transpiler.program.plan import Deployment, PipelineProgram, Plan, StageProgram, environment_of

__all__ = [
    "EVENT",
    "Archive",
    "CredentialUse",
    "Deployment",
    "Feature",
    "Level",
    "MailProgram",
    "Parameter",
    "PipelineProgram",
    "Plan",
    "ReadPipeline",
    "RenderedFile",
    "Report",
    "Silence",
    "StageProgram",
    "Support",
    "TargetTooLarge",
    "TriggerCall",
    "Use",
    "ValueFile",
    "environment_of",
    "in_order",
    "setup_variable",
]
