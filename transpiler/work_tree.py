"""Where a folder lies in its git repository, found without git: a commit hook that starts no process asks this too.

This module must not grow imports.
"""

from __future__ import annotations

import os


def top(folder: str) -> str:
    """The top of the working tree around a folder, as git would find it: the nearest folder upwards that has a `.git`.
    "" where there is none below the folders that GIT_CEILING_DIRECTORIES names, at which git stops too."""
    found = os.path.realpath(folder)
    named = os.environ.get("GIT_CEILING_DIRECTORIES", "")
    ceilings = {os.path.realpath(path) for path in named.split(os.pathsep) if path}
    while not os.path.exists(os.path.join(found, ".git")):
        above = os.path.dirname(found)
        if above == found or above in ceilings:
            return ""
        found = above
    return found


def folder_of(root: str) -> str | None:
    """A folder's path in its repository, with `/`; "" for the top, and where there is no repository. None where only
    git can tell: without a `.git`, GIT_DIR says where the repository is."""
    found = top(root)
    if not found:
        return None if "GIT_DIR" in os.environ else ""
    path = os.path.relpath(os.path.realpath(root), found)
    return "" if path == "." else path.replace(os.sep, "/")
