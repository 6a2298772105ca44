"""What a config means, independent of any engine: the workflow that every target is compiled from.

All defaults are filled in, all short forms are expanded, everything known at compile time is folded. The same config
gives equal IR: spans do not count in comparisons.
"""

from transpiler.ir.steps import (
    READY_WITHIN,
    RELEASE_BINDS,
    Build,
    Copy,
    CopyItem,
    Deploy,
    Export,
    Promote,
    Promotion,
    Publish,
    Release,
    Run,
    Service,
    Step,
    Trigger,
    is_in_checkout,
)
from transpiler.ir.values import (
    EVENTS,
    BuildFile,
    Credential,
    CredentialKind,
    Event,
    Fetch,
    ReportKind,
    SecretVariable,
    Variable,
    When,
)
from transpiler.ir.workflow import Approval, Changes, Mail, Pipeline, Stage, Workflow

__all__ = [
    "EVENTS",
    "READY_WITHIN",
    "RELEASE_BINDS",
    "Approval",
    "Build",
    "BuildFile",
    "Changes",
    "Copy",
    "CopyItem",
    "Credential",
    "CredentialKind",
    "Deploy",
    "Event",
    "Export",
    "Fetch",
    "Mail",
    "Pipeline",
    "Promote",
    "Promotion",
    "Publish",
    "Release",
    "ReportKind",
    "Run",
    "SecretVariable",
    "Service",
    "Stage",
    "Step",
    "Trigger",
    "Variable",
    "When",
    "Workflow",
    "is_in_checkout",
]
