"""The end of a GitHub job, as the harness sees it.

Stand-alone, run by the steps that `github_steps` adds:  github_end.py keep|end STATE JOB isolated|shared VALUES RUN
`keep` copies the job's values before its teardown removes them; `end` notes what the teardown has left. The machine of
an isolated job is thrown away: what is left on the daemon goes with it.
"""

import shutil
import subprocess
import sys
from pathlib import Path


def main() -> None:
    order, state, job, isolation, values_, run = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    values = Path(values_ or "/nonexistent")
    if order == "keep":
        if values.is_dir():
            shutil.copytree(values, state / "values" / job, dirs_exist_ok=True)
        return
    (state / "left").mkdir(parents=True, exist_ok=True)
    with (state / "left" / job).open("a") as left:
        if values.exists():
            left.write(f"the values of {job}\n")
        left.writelines(f"{thing} of {job}\n" for thing in _on_the_daemon("--filter", f"label=ci.run={run}"))
    if isolation == "isolated":
        _clear()


def _on_the_daemon(*filters: str) -> list[str]:
    containers = _docker("ps", "--all", "--format", "container {{.Names}}", *filters)
    images = _docker("images", "--format", "image {{.Repository}}:{{.Tag}}", *filters)
    return [*containers.splitlines(), *images.splitlines()]


def _clear() -> None:
    for listed, remove in (
        (["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"]),
        (["images", "--quiet"], ["rmi", "--force"]),
    ):
        if found := sorted(set(_docker(*listed, "--filter", "label=ci.run").split())):
            _docker(*remove, *found)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main()
