"""A `generate` that is killed: at each thing that it does to the disk, in a process of its own that dies there."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from support.command import CONFIG, Command, make, tree, write

from transpiler.cli import main
from transpiler.freshness.writing import STAGING

# Deletes an output, replaces one at the same path, writes new outputs and rewrites old ones.
OLD = CONFIG.replace("  test:", "  gone:\n    blubberfile: blubber.yaml\n    stages: [{name: unit}]\n  test:")
NEW = CONFIG.replace("  test:", "  fresh:\n    blubberfile: blubber.yaml\n    stages: [{name: lint}]\n  test:")
MOVED = "targets: {gitlab: ci/gitlab.yml, zuul: .zuul.d/transpipe.yaml}\n"
_CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def killed_at(number: int, root: Path) -> bool:
    """Whether `generate` was killed before its change of that number; it runs in a fork, whose audit hook stays."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        changes = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal changes
            flags = arguments[2] if event == "open" else 0
            if event in _CHANGES or (isinstance(flags, int) and flags & _WRITING):
                changes += 1
                if changes > number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        sys.argv = ["transpipe", "generate", str(root)]
        try:
            main()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.parametrize("change", ["a pipeline goes and one comes", "the first output is another one"])
def test_killed_at_any_change_each_file_is_old_or_new_and_the_next_run_mends_it(
    tmp_path: Path, transpipe: Command, change: str
) -> None:
    old = make(tmp_path / "old")
    write(old, {".pipeline/config.yaml": OLD})
    assert transpipe("generate", old).code == 0
    changed = {".pipeline/config.yaml": NEW}
    if "first" in change:
        changed[".pipeline/profile.yaml"] = MOVED
    new = tmp_path / "new"
    shutil.copytree(old, new)
    write(new, changed)
    assert transpipe("generate", new).code == 0
    before, after = tree(old), tree(new)
    mixes = number = 0
    again = True
    while again:
        root = tmp_path / str(number)
        shutil.copytree(old, root)
        write(root, changed)
        again = killed_at(number, root)
        left = {path: text for path, text in tree(root).items() if not path.startswith(STAGING)}
        assert all(text in (before.get(path), after.get(path)) for path, text in left.items()), number
        assert all(path in left for path in before.keys() & after.keys()), number
        if left != after:
            made = {path: text for path, text in left.items() if path not in changed}
            mixes += any(text == after.get(path) != before.get(path) for path, text in made.items())
            assert transpipe("generate", "--check", root).code == 1, number
        assert transpipe("generate", root).code == 0, number
        assert tree(root) == after, number
        shutil.rmtree(root)
        number += 1
    assert number > 12  # as many changes as there are, and the run that none of them ended
    assert mixes  # only among the renames, which come last
