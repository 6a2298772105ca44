"""The end of a GitLab job, as the runner would do it: `after_script` in a shell of its own, then the machine goes.

Stand-alone, run by the trap of each job that `gitlab_jobs` sets:  gitlab_end.py STATE JOB DIRECTORY STATUS
It takes the artifacts as GitLab matches them, keeps the job's values for the harness, and notes what `after_script`
left on the daemon. Where STATE has a file `canceled`, it was a person who ended the job.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    state, job, directory, status = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    told = json.loads((state / "jobs" / job).read_text())
    # What the script exported is not there any more.
    entries = (state / "environments" / job).read_bytes().split(b"\0")
    env = dict(os.fsdecode(entry).split("=", 1) for entry in entries if b"=" in entry)
    canceled = (state / "canceled").exists()
    env["CI_JOB_STATUS"] = "canceled" if canceled else "failed" if status else "success"
    for values in (Path(f"{directory}.values"), directory / ".values"):
        if values.is_dir():
            shutil.copytree(values, state / "values" / job, dirs_exist_ok=True)
    if told["after"]:
        script = "\n".join(["set -eo pipefail", *told["after"]])
        subprocess.run(["bash", "-c", script], cwd=directory, env=env, check=False)
    artifacts = told.get("artifacts", {})
    when = artifacts.get("when", "on_success")
    if when == "always" or (when == "on_success") is (status == 0):
        _take(directory, artifacts, Path(told["kept"]), env)
    _show(directory, artifacts.get("reports", {}), state / "reports" / job, env)
    if Path(f"{directory}.values").exists() and told["after"]:
        _left(state, job, f"the values of {job}")
    if told["isolated"]:
        _clear(state, job, env, told["client"])


def _show(directory: Path, reports: dict[str, Any], kept: Path, env: dict[str, str]) -> None:
    """The runner uploads reports whatever the end of the job, if there are any."""
    coverage = reports.get("coverage_report", {})
    if coverage and coverage["coverage_format"] != "cobertura":
        raise ValueError(coverage)
    texts = {"junit": reports.get("junit", []), "cobertura": [coverage["path"]] if coverage else []}
    for kind, found in texts.items():
        alternatives = [one for text in found for one in re.sub(r"^\{(.*)\}$", r"\1", text).split(",")]
        patterns = [_pattern(_expanded(text, env)) for text in alternatives]
        for path in sorted(directory.rglob("*")):
            name = path.relative_to(directory).as_posix()
            if path.is_file() and any(p.fullmatch(name) for p in patterns):
                (kept / kind / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, kept / kind / name)


def _take(directory: Path, artifacts: dict[str, Any], kept: Path, env: dict[str, str]) -> None:
    """A path that matches is taken with all that is below it, what `exclude` matches left out."""

    def patterns(key: str) -> list[re.Pattern[str]]:
        return [_pattern(_expanded(text, env).strip("/")) for text in artifacts.get(key, ())]

    wanted, unwanted = patterns("paths"), patterns("exclude")
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        parts = name.split("/")
        prefixes = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        if parts[0] == ".git" or not any(p.fullmatch(prefix) for p in wanted for prefix in prefixes):
            continue
        if any(p.fullmatch(name) for p in unwanted):
            continue
        place = kept / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            place.mkdir(exist_ok=True)
        else:
            shutil.copy2(path, place, follow_symlinks=False)


def _expanded(text: str, env: dict[str, str]) -> str:
    return re.sub(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))", lambda found: env.get(found[1] or found[2], ""), text)


def _pattern(text: str) -> re.Pattern[str]:
    """The runner's, of the library doublestar; alternatives in braces are not needed here."""
    regex = ""
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|\\.|.", text, re.DOTALL):
        plain = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part)
        if plain is None and len(part) > 2:
            plain = "[" + re.sub(r"[\\\[^]", r"\\\g<0>", part[1:-1]) + "]"
        regex += plain if plain is not None else re.escape(part[-1])
    return re.compile(regex, re.DOTALL)


def _clear(state: Path, job: str, env: dict[str, str], client: str) -> None:
    """Whatever any job has made must be gone, what this one has taken from another included: a daemon may live on."""
    for listed, remove in (
        (["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"]),
        (["network", "ls", "--quiet"], ["network", "rm"]),
        (["images", "--quiet"], ["rmi", "--force"]),
    ):
        found = sorted(set(_said(env, client, *listed, "--filter", "label=ci.run").split()))
        for thing in found:
            _left(state, job, f"{thing} of {job}")
        if found:
            _said(env, client, *remove, *found)


def _said(env: dict[str, str], *words: str) -> str:
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False).stdout


def _left(state: Path, job: str, what: str) -> None:
    with (state / "left" / job).open("a") as file:
        file.write(f"{what}\n")


if __name__ == "__main__":
    main()
