"""The jobs of a `.gitlab-ci.yml` as GitLab merges them, and the same file with what gitlab-ci-local cannot do.

There an `after_script` begins with a fresh checkout, and what the script made is lost; names of artifacts are split at
spaces. So a trap at the end of the script calls `gitlab_end.py`, which does what GitLab's runner would. Knows nothing
of how the file was made.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Jobs: TypeAlias = Mapping[str, Mapping[str, Any]]

_NO_JOBS = frozenset({"workflow", "stages", "default", "variables", "include", "image", "services", "cache", "spec"})
_END = Path(__file__).with_name("gitlab_end.py")
# gitlab-ci-local copies the working tree, with its submodules whatever the job says.
_CHECKOUT = (
    '[ "${GIT_SUBMODULE_STRATEGY-none}" != none ] || [ ! -e .gitmodules ] || '
    "git config --file .gitmodules --get-regexp 'path$' | "
    'while read -r _ path; do rm -rf "$path"; mkdir "$path"; done'
)


def read(text: str) -> Jobs:
    """Each job that is not hidden, with what it extends merged in."""
    data = yaml.safe_load(text)
    return {name: _merged(name, data) for name in data if name not in _NO_JOBS and not name.startswith(".")}


def with_endings(
    text: str, state: Path, kept: Callable[[str], Path], *, isolated: bool, client: str = "docker"
) -> dict[str, Any]:
    """The whole file, each job's `after_script` a trap; `state` takes what `gitlab_end.py` records, and holds what it
    needs. `kept`: where a job's artifacts go. `client`: docker or podman. `isolated`: a job's image store is its own,
    and must be empty again. A stage that shares its job also leaves a file when it begins, and one when it has
    succeeded."""
    data = yaml.safe_load(text)
    jobs = read(text)
    changed = {name: keys for name, keys in data.items() if name in _NO_JOBS}
    for name in ("jobs", "environments", "shells", "values", "left", "stages"):
        (state / name).mkdir(parents=True, exist_ok=True)
    for name, keys in jobs.items():
        one = {key: value for key, value in keys.items() if key not in ("after_script", "before_script")}
        if "script" in one:
            after = keys.get("after_script") or []
            told = {"after": after, "isolated": isolated, "kept": str(kept(name)), "client": client}
            if "artifacts" in one:
                told["artifacts"] = one["artifacts"]
                # One that is never there: so that those who need the job take what is kept of it.
                one["artifacts"] = {**one["artifacts"], "paths": [".values/.nothing"], "when": "always"}
                one["artifacts"].pop("exclude", None)
            (state / "jobs" / file_of(name)).write_text(json.dumps(told))
            one["script"] = [_CHECKOUT, *_trap(name, state), *keys.get("before_script", ())]
            one["script"] += [_noted(item, state / "stages" / file_of(name)) for item in keys["script"]]
        changed[name] = one
    return changed


def _noted(item: str, place: Path) -> str:
    """A stage in a job of several notes that it begins, and one that is not in the background that it has succeeded."""
    first, _, rest = item.partition("\n")
    if not first.startswith("( # "):
        return item
    slug, rest = first.removeprefix("( # "), rest.removesuffix("\n")
    begun, ended = (shlex.quote(f"{place}.{slug}.{word}") for word in ("begun", "succeeded"))
    return f"{first}\n: > {begun}\n{rest}\n" + (f": > {ended}\n" if rest.endswith("\n)") else "")


def stage_state(state: Path, job: str, slug: str) -> str:
    """What became of a stage that shares its job: `pass`, `fail` or "" (it did not run)."""
    place = state / "stages" / file_of(job)
    if Path(f"{place}.{slug}.succeeded").exists():
        return "pass"
    ended = state / "values" / file_of(job) / f"{slug}.ended"
    if ended.exists():
        return {"0": "pass", "skipped": ""}.get(ended.read_text().strip(), "fail")
    return "fail" if Path(f"{place}.{slug}.begun").exists() else ""


def file_of(job: str) -> str:
    """A file's name for a job."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", job)


def dotenv_reports(jobs: Jobs) -> Iterator[str]:
    """The jobs with a dotenv report, of which we make none: whoever sees the project may download it."""
    yield from (job for job, keys in jobs.items() if "dotenv" in keys.get("artifacts", {}).get("reports", {}))


def _merged(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    keys = dict(data[name])
    parent = keys.pop("extends", None)
    if parent is None:
        return keys
    over = _merged(parent, data)
    variables = {**over.get("variables", {}), **keys.get("variables", {})}
    return {**over, **keys, **({"variables": variables} if variables else {})}


def _trap(job: str, state: Path) -> tuple[str, ...]:
    end = shlex.join([sys.executable, "-I", str(_END), str(state), file_of(job)])
    # Expanded now: the program may go elsewhere.
    inner = f'{end} "$here" "$?"'
    environment = shlex.quote(str(state / "environments" / file_of(job)))
    number = shlex.quote(str(state / "shells" / file_of(job)))
    return (f"env -0 > {environment}; here=$PWD; echo $BASHPID > {number}", f"trap {shlex.quote(inner)} EXIT")
