"""Which pipelines of a plan run, by what was changed since an earlier commit: `changes`, on this machine.

Compared are the files as they are now, committed or not, with the merge base of that commit and HEAD.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from transpiler import work_tree
from transpiler.changes import Matcher
from transpiler.git import Git
from transpiler.program import Plan
from transpiler.records import replace

_SUBMODULE = "160000"


def changed(root: Path, revision: str) -> tuple[bytes, ...]:
    """The names of the files that were changed since the revision, as `changes` knows them. Raises GitError if git does
    not know the revision."""
    top = work_tree.top(str(root))
    git = Git(Path(top) if top else root)
    commit = git.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    base = git.answer("merge-base", "HEAD", commit) or commit
    raw = git.names("diff", "--raw", "-z", "--no-renames", "--ignore-submodules=none", "--no-ext-diff", base, "--")
    found = [
        f"{name}/" if _SUBMODULE in meta.lstrip(":").split()[:2] else name
        for meta, name in zip(raw[::2], raw[1::2], strict=True)
    ]
    new = git.names("ls-files", "-z", "--others", "--exclude-standard")
    return tuple(os.fsencode(name) for name in dict.fromkeys((*found, *new)))


def only_changed(plan: Plan, names: Sequence[bytes], revision: str) -> tuple[Plan, tuple[str, ...]]:
    """The plan without the pipelines for which no changed file counts, and a line about each of them."""
    kept, told = [], []
    for pipeline in plan.pipelines:
        matcher = Matcher(pipeline.deciding.rules) if pipeline.deciding else None
        if matcher is None or not names or any(map(matcher.counts, names)):
            kept.append(pipeline)
        else:
            alone = len(names) == 1
            files = "the file that has" if alone else f"none of the {len(names)} files that have"
            counts = "does not count" if alone else "counts"
            told.append(f"{pipeline.name} does not run: {files} changed since {revision} {counts}")
    return replace(plan, pipelines=tuple(kept)), tuple(told)
