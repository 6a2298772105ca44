"""Installs a git hook, for people without the pre-commit program.

Git is asked for the folder of hooks, so worktrees and `core.hooksPath` work. A hook that transpipe did not write is
never changed. One hook can process several folders with a config, each with the options that were given when it was
installed for that folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from transpiler.app.place import Place, WrongUsage, hooked
from transpiler.app.results import Exit
from transpiler.fast_path.places import places
from transpiler.files import exists, is_file, is_folder
from transpiler.freshness.header import parse
from transpiler.git import Git
from transpiler.targets import TARGETS

HOOKS = ("pre-commit", "pre-merge-commit")
"""Git runs the second one instead of the first for a merge without conflicts."""
_LINE = "transpipe hook run --staged"
_CALL = "judge "
_MARK = "# Written by `transpipe hook install`; `transpipe hook uninstall` removes it."
_ATTRIBUTES = "linguist-generated gitlab-generated -merge"
"""Attributes for generated files: GitHub and GitLab fold them in reviews, and git does not merge them."""


class Way(NamedTuple):
    """The result for one hook. `state` is `written`; `there`, if it was installed already; `called`, if another tool's
    hook calls transpipe; `pre-commit`, if the hook is that program's; or `foreign`, if it is another hook, to which its
    owner must add a line. `where` is the file for that line."""

    state: Literal["written", "there", "called", "pre-commit", "foreign"]
    where: str = ""


class Installation(NamedTuple):
    """The result of `install`. `hooks` are each hook's file and its result; `line` is the line that calls transpipe
    from another hook; `shared` is git's `core.hooksPath`, "" if it is not set; `attributes` are lines that are missing
    in `.gitattributes`."""

    place: Place
    hooks: tuple[tuple[str, Way], ...]
    line: str
    shared: str
    attributes: tuple[str, ...]

    @property
    def status(self) -> Exit:
        """FINDINGS if another hook prevented the installation."""
        others = any(way.state in ("pre-commit", "foreign") for _, way in self.hooks)
        return Exit.FINDINGS if others else Exit.FINE


def install(path: str | None, options: Sequence[str] | None = None, profile: str = "") -> Installation:
    """Writes the hooks for a folder, with these options and that profile. With neither, a hook that is installed for
    the folder keeps its options. Raises WrongUsage and OSError."""
    place = hooked(path)
    folder = Git(place.root).text("rev-parse", "--show-prefix").rstrip("/") or "."
    folder = f"./{folder}" if folder.startswith("-") else folder
    wanted = [*(options or ()), *([f"--profile={_from_top(place, profile)}"] if profile else [])]
    if not all(word.isprintable() for word in (folder, *wanted)):
        raise WrongUsage("the folder, the profile and the options for a hook may contain only printable characters")
    line = shlex.join([*_LINE.split(), *wanted, *([] if folder == "." else [folder])])
    files = [_folder(place) / name for name in HOOKS]
    keep = options is None and not profile
    hooks = tuple((str(file), _way(file, line) or _write(file, folder, wanted, keep=keep)) for file in files)
    shared = Git(place.root).answer("config", "--get", "core.hooksPath")
    return Installation(place, hooks, line, shared, _attributes(place))


def _write(file: Path, folder: str, options: Sequence[str], *, keep: bool) -> Way:
    """Writes a hook that processes the folder with these options, or, with `keep`, with those that it already has for
    the folder."""
    there = file.read_text(encoding="utf-8") if exists(file) else ""
    calls = _calls(there)
    if not keep or folder not in calls:
        calls[folder] = tuple(options)
    text = _text(calls)
    if there == text:
        return Way("there")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return Way("written")


def uninstall(path: str | None) -> tuple[Path, ...]:
    """Removes the hooks that `install` wrote; returns their files. Raises WrongUsage and OSError."""
    place = hooked(path)
    files = tuple(file for name in HOOKS if is_file(file := _folder(place) / name) and _ours(file))
    for file in files:
        file.unlink()
    return files


def _folder(place: Place) -> Path:
    folder = Path(os.path.normpath(place.root / Git(place.root).text("rev-parse", "--git-path", "hooks")))
    if exists(folder) and not is_folder(folder):
        raise WrongUsage(f"git looks for hooks in {folder} (core.hooksPath), which is not a directory")
    return folder


def _ours(file: Path) -> bool:
    return not file.is_symlink() and _MARK.encode() in file.read_bytes()


def _from_top(place: Place, profile: str) -> str:
    """The path of a profile, relative to the folder in which git runs hooks."""
    if not is_file(profile) or Path(profile).is_absolute():
        return profile
    return os.path.relpath(profile, place.root / Git(place.root).text("rev-parse", "--show-cdup"))


def _way(file: Path, line: str) -> Way | None:
    """The result for a hook that transpipe did not write; None if there is no such hook."""
    if not file.is_symlink() and (not exists(file) or _ours(file)):
        return None
    # Husky overwrites the hooks in its folder `_`. Each calls the file of the same name in the folder above.
    known = file.parent.parent / file.name if file.parent.name == "_" and file.parent.parent.name == ".husky" else file
    text = known.read_text("utf-8", "replace") if is_file(known) else ""
    if re.search(rf"^[^#\n]*{re.escape(line)} *($|[|;&])", text, re.MULTILINE):
        return Way("called")
    return Way("pre-commit") if "pre-commit.com" in text else Way("foreign", str(known))


def _calls(text: str) -> dict[str, tuple[str, ...]]:
    """The folders that an installed hook processes, each with its options. A hook of an older version has no list; it
    processes the repository's root."""
    calls = [_words(line) for line in text.split("\n") if line.startswith(_CALL)]
    found = {folder: tuple(options) for _, folder, *options in calls}
    return found if found or not text else {".": ()}


def _words(line: str) -> list[str]:
    """The words of a call: its function, the folder, the options. Raises WrongUsage if somebody has broken the line."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if len(words) < 2:
        raise WrongUsage(f"a git hook of transpipe's has a line that it did not write: {line}; remove that line")
    return words


def _text(calls: Mapping[str, Sequence[str]]) -> str:
    """The text of the hook, which runs the `transpipe` that installed it. If that or its Python no longer exists (such
    as a virtual environment that was deleted), it runs one in `$PATH` that works. If there is none, it does not stop
    the commit, and prints a warning if the folder has a config: a missing tool must not prevent commits."""
    lines = "\n".join(_CALL + shlex.join([folder, *options]) for folder, options in calls.items())
    command = _command()
    return f"""\
#!/bin/sh
{_MARK}
command={shlex.quote(command)}
python={shlex.quote(os.path.abspath(sys.executable) if command else "")}

works() {{ # COMMAND
    "$1" --version > /dev/null 2>&1
}}
other() ( # prints the first command in $PATH that works
    set -f
    IFS=:
    for folder in $PATH; do
        if works "${{folder:-.}}/transpipe"; then
            echo "${{folder:-.}}/transpipe"
            exit
        fi
    done
)
[ -x "$command" ] && [ -x "$python" ] || command=$(other)

status=0
judge() {{ # FOLDER [OPTION...]
    [ -d "$1" ] || return 0
    failed=0
    [ -z "$command" ] || "$command" hook run --staged "$@" || failed=$?
    if [ "$failed" != 0 ] && ! works "$command"; then # it has not judged, but failed to start
        failed=0 command=$(other)
        [ -z "$command" ] || "$command" hook run --staged "$@" || failed=$?
    fi
    [ "$failed" = 0 ] || status=$failed
    if [ -z "$command" ] && [ -e "$1/.pipeline/config.yaml" ]; then
        echo "transpipe is not installed, or its Python is gone: the outputs in $1 were not checked" >&2
    fi
}}
{lines}
exit "$status"
"""


def _command() -> str:
    """The path of the running command, "" if it is not known."""
    # For `python -m transpiler`, argv[0] is not the command; that is in the same folder as Python.
    found = shutil.which(sys.argv[0]) or ""
    beside = Path(sys.executable).with_name("transpipe")
    if Path(found).name == "transpipe":
        return os.path.abspath(found)
    return str(beside) if is_file(beside) else ""


def _attributes(place: Place) -> tuple[str, ...]:
    """Lines for `.gitattributes` that are missing there: for the existing outputs, or, if there are none, the usual
    ones."""
    patterns = dict.fromkeys(_quoted(path) for path in _outputs(place))
    file = place.root / ".gitattributes"
    there = file.read_text(encoding="utf-8", errors="replace") if is_file(file) else ""
    known = {line.split()[0] for line in there.splitlines() if line.split()}
    return tuple(f"{pattern} {_ATTRIBUTES}" for pattern in patterns if pattern not in known)


def _outputs(place: Place) -> list[str]:
    files = [place.root / name for name in places(str(place.root))]
    texts = [file.read_bytes() for file in files if is_file(file)]
    headers = [parse(text.decode("utf-8", "surrogateescape")) for text in texts]
    there = [path for header in headers if header for path in _patterns(header.outputs)]
    return there or [
        *(target.place for target in TARGETS.values() if target.usual),
        *(target.beside for target in TARGETS.values() if target.usual and target.beside),
    ]


def _patterns(outputs: Sequence[tuple[str, str]]) -> list[str]:
    """The outputs as patterns. All but the first output of a target may have one common pattern, because such files are
    added and removed with pipelines."""
    first = dict(reversed(outputs))
    return [
        f"{path.rpartition('/')[0]}/{PurePosixPath(TARGETS[name].beside).name}"
        if name in TARGETS and TARGETS[name].beside and path != first[name]
        else path
        for name, path in outputs
    ]


def _quoted(path: str) -> str:
    return f"/{path}" if " " not in path else f'"/{path}"'
