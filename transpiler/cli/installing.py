"""Puts a plain git hook in place, for people without the pre-commit program.

Git says where hooks are, so worktrees and `core.hooksPath` need nothing of ours. A hook that somebody else wrote is
never touched.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from transpiler.cli.place import Place, WrongUsage, repository
from transpiler.cli.tell import Exit, Said
from transpiler.freshness.header import parse
from transpiler.freshness.quick import PLACES

HOOKS = ("pre-commit", "pre-merge-commit")
"""Git runs the second one instead of the first where a merge made no conflict."""
_LINE = "transpipe hook run --staged"
_MARK = "# Written by `transpipe hook install`; `transpipe hook uninstall` removes it."
_ATTRIBUTES = "linguist-generated gitlab-generated -merge"


def install(path: str | None) -> Said:
    """Writes the hooks; status 1 where another's is in the way. Raises WrongUsage, OSError."""
    place = repository(path)
    talk, code = "", Exit.FINE
    for name in HOOKS:
        file = _folder(place) / name
        if file.is_symlink() or (file.exists() and not _ours(file)):
            talk += f"{file} is not transpipe's and stays as it is. Add this line to it:\n    {_LINE} || exit 1\n"
            code = Exit.FINDINGS
        elif file.exists() and file.read_text(encoding="utf-8") == _text():
            talk += f"{file} is there already\n"
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_text(), encoding="utf-8")
            file.chmod(0o755)
            talk += f"wrote {file}\n"
    return Said(code, talk=talk + _shared(place) + _attributes(place))


def uninstall(path: str | None) -> Said:
    """Removes what `install` wrote. Raises WrongUsage, OSError."""
    place = repository(path)
    files = [file for name in HOOKS if (file := _folder(place) / name).is_file() and _ours(file)]
    for file in files:
        file.unlink()
    return Said(Exit.FINE, talk="".join(f"deleted {file}\n" for file in files) or "there is no hook of transpipe's\n")


def _folder(place: Place) -> Path:
    return place.root / _git(place, "rev-parse", "--git-path", "hooks")


def _ours(file: Path) -> bool:
    return not file.is_symlink() and _MARK.encode() in file.read_bytes()


def _text() -> str:
    """A hook that finds the command where it is now, else wherever it will be, and says so if it is nowhere."""
    command = shutil.which(sys.argv[0]) or ""
    usable = Path(command).name == "transpipe" and Path(command).is_absolute()
    return f"""\
#!/bin/sh
{_MARK}
command={shlex.quote(command if usable else "transpipe")}
[ -x "$command" ] || command=transpipe
if ! command -v "$command" > /dev/null; then
    echo 'transpipe is not installed: `git commit --no-verify` goes without it.' >&2
    exit 1
fi
exec "$command" hook run --staged
"""


def _shared(place: Place) -> str:
    if not (shared := _git(place, "config", "--get", "core.hooksPath", may_fail=True)):
        return ""
    return f"core.hooksPath is {shared}: all that share it run this hook; without a config it does nothing.\n"


def _attributes(place: Place) -> str:
    """Lines for `.gitattributes`, for the outputs that are there and that no line covers."""
    patterns = dict.fromkeys(_pattern(path) for path in _outputs(place))
    file = place.root / ".gitattributes"
    there = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    known = {line.split()[0] for line in there.splitlines() if line.split()}
    lines = "".join(f"    {pattern} {_ATTRIBUTES}\n" for pattern in patterns if pattern not in known)
    if not lines:
        return ""
    return (
        f"{lines}in .gitattributes would fold generated files in reviews, and make a merge leave them to `transpipe\n"
        "generate` instead of mixing two versions.\n"
    )


def _outputs(place: Place) -> list[str]:
    texts = [(place.root / name).read_bytes() for name in PLACES if (place.root / name).is_file()]
    headers = [parse(text.decode("utf-8", "surrogateescape")) for text in texts]
    return [path for header in headers if header for _, path in header.outputs] or list(PLACES)


def _pattern(path: str) -> str:
    """Playbooks come and go with pipelines: one line for all."""
    folder, slash, name = path.rpartition("/")
    word = f"{folder}/*.yaml" if slash and folder.endswith("zuul") and name.endswith(".yaml") else path
    return f"/{word}" if " " not in word else f'"/{word}"'


def _git(place: Place, *arguments: str, may_fail: bool = False) -> str:
    try:
        ran = subprocess.run(["git", *arguments], cwd=place.root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise WrongUsage("there is no git here, so there is nothing to hook into") from None
    if ran.returncode and not may_fail:
        raise WrongUsage(f"{place.root} is no git repository, so there is no place for a hook")
    return ran.stdout.rstrip("\n")
