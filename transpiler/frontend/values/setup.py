"""What every pipeline has before its first stage: the values of `setup`, and variables that every engine provides."""

from __future__ import annotations

from transpiler.frontend.values.scope import RUNTIME, Binding, Bindings

PROVIDED = (
    "ZUUL_BRANCH",
    "ZUUL_CHANGE",
    "ZUUL_PATCHSET",
    "ZUUL_COMMIT",
    "ZUUL_REF",
    "ZUUL_PROJECT",
    "ZUUL_PIPELINE",
    "ZUUL_UUID",
    "ZUUL_URL",
)
"""The variables that every engine provides to `run.env` (`docs/language.md`, "run")."""


def setup_bindings(pipeline: str, project: str | None, proxy: str) -> Bindings:
    """What `setup` binds (`docs/language.md`, "Values"), except `params.*` and what the checkout returns."""
    short = None if project is None else project.rpartition("/")[2]
    bound = {
        "stage": Binding("setup"),
        "pipeline": Binding(pipeline),
        "project": Binding(project),
        "projectShortName": Binding(short),
        **dict.fromkeys(("commit", "branch", "remote", "tag", "timestamp", "logURL"), RUNTIME),
        "imageLabels": Binding(is_list=True),
    }
    return {**bound, "httpProxy": Binding(proxy)} if proxy else bound
