"""Git over HTTP with a password, by git's own http-backend: where charts are promoted."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from doubles.http_service import UNAUTHORIZED, Answer, Asked

BRANCH = "main"
# Writes what it was told where a review shows it; `-e` may come again. Unknown charts are refused.
_UPDATE = r"""#!/bin/sh
set -eu
chart='' version='' environments=''
while [ $# -gt 0 ]; do
    case $1 in
        --chart) chart=$2 ;;
        --version) version=$2 ;;
        --env) environments="$environments[$2]" ;;
        *) echo "update: unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done
[ "$chart" != refused ] || exit 1
mkdir -p "charts/$chart"
printf '%s %s\n' "$version" "$environments" > "charts/$chart/version"
"""


@dataclass(frozen=True)
class GitHost:
    """The bare repository `charts.git` below `root`."""

    root: Path
    login: tuple[str, str]

    @property
    def charts(self) -> Path:
        return self.root / "charts.git"

    def make(self) -> None:
        """Makes the repository: an update command, and a chart that has a version already."""
        seed = self.root / "seed"
        (seed / "charts/app").mkdir(parents=True)
        (seed / "update").write_text(_UPDATE)
        (seed / "update").chmod(0o755)
        (seed / "charts/app/version").write_text("none \n")
        git = ["git", "-c", "user.name=site", "-c", "user.email=site@localhost", "-C", str(seed)]
        for words in (["init", "-q", "-b", BRANCH], ["add", "."], ["commit", "-q", "-m", "charts"]):
            subprocess.run([*git, *words], check=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(seed), str(self.charts)], check=True)
        subprocess.run(["git", "-C", str(self.charts), "config", "http.receivepack", "true"], check=True)

    def __call__(self, asked: Asked) -> Answer:
        """What git asks."""
        return self.answer(asked) if asked.login() == self.login else UNAUTHORIZED

    def answer(self, asked: Asked) -> Answer:
        """The same for everybody."""
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{asked.path}",
            "QUERY_STRING": asked.raw_query,
            "REQUEST_METHOD": asked.method,
            "CONTENT_TYPE": asked.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
            "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
            "REMOTE_USER": self.login[0],
        }
        # It fails after its answer where a commit is asked for that is not there.
        done = subprocess.run(["git", "http-backend"], env=env, input=asked.body, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        kind = headers.pop("Content-Type", "text/plain")
        return Answer(status, body, kind, headers)

    def proposed(self) -> dict[str, dict[str, str]]:
        """Every ref but the branch itself → what it changes: path → content, and the commit's message as "message"."""
        git = ["git", "-C", str(self.charts)]

        def ask(*words: str) -> str:
            return subprocess.run([*git, *words], check=True, capture_output=True).stdout.decode()

        found = {}
        for line in ask("for-each-ref", "--format=%(objectname) %(refname)").splitlines():
            commit, _, ref = line.partition(" ")
            if ref != f"refs/heads/{BRANCH}":
                paths = ask("diff", "--name-only", "-z", BRANCH, commit).split("\0")[:-1]
                message = ask("log", "-1", "--format=%s", commit).strip()
                files = {path: ask("show", f"{commit}:{path}") for path in paths}
                found[ref.removeprefix("refs/heads/")] = {"message": message, **files}
        return found
