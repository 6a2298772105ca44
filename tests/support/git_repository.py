"""Git in a repository of a test, with nothing of the user's configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_USER = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Test"), ("EMAIL", "test@example.org"))
}


def environment(**more: str) -> dict[str, str]:
    """The environment of this process without git's and transpipe's variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "TRANSPIPE_", "PRE_COMMIT"))}
    return kept | _USER | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull} | more


def git(root: Path, *arguments: str, fails: bool = False, **more: str) -> str:
    """What git prints, on both streams; it must succeed, or fail."""
    ran = subprocess.run(
        ["git", *arguments], cwd=root, env=environment(**more), capture_output=True, text=True, check=False
    )
    said = ran.stdout + ran.stderr
    assert bool(ran.returncode) == fails, said
    return said
