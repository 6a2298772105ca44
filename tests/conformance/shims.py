"""Programs that come before the real ones in a run's PATH.

`docker`, or `podman`, is the real client; what it adds is a place for the recorder to write, and a look at images
before they are removed. Everything is baked in as absolute paths, because gitlab-ci-local runs jobs
under `env -i`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote

from engines.images import Client

_CLIENT = """#!/bin/sh
# The real client, of this suite's own daemon if it has one.
{host}
real={client}
marks={marks}

if [ "$1" = build ] && [ "${{DOCKER_HOST-}}" ]; then
    shift
    [ "${{DOCKER_BUILDKIT-}}" != 1 ] || exec {python} -I {blubber} "$real" "$@"
    exec "$real" build --network host "$@"
fi
if [ "$1" = rmi ] && [ -d {images} ]; then
    {save}
fi
if [ "$1" != run ]; then
    exec "$real" "$@"
fi

name='' run='' image='' pending=''
for word; do
    [ "$word" != run ] || [ -n "$name$run" ] || continue
    case $pending in
        --name) name=$word pending= ; continue ;;
        --label) pending=; case $word in ci.run=*) run=${{word#*=}} ;; esac; continue ;;
        ?*) pending=; continue ;;
    esac
    case $word in
        --name | --label | --env | --volume | --network | --network-alias) pending=$word ;;
        -*) ;;
        *) image=$word; break ;;
    esac
done

# A service is no stage, and records nothing.
case $name in *.SERVICE.*) exec "$real" "$@" ;; esac
# A stage's name, and the run that it belongs to.
mark="$marks/${{name#"$run-"}}@$run"
mkdir -p "$mark"
printf %s "${{CI_JOB_NAME-${{MARK_JOB-}}}}" > "$mark/job"
"$real" inspect --format '{{{{index .Config.Labels "ci.pipeline"}}}}' "$image" > "$mark/pipeline" 2>/dev/null || :
shift
exec "$real" run --volume "$mark:/marks" --volume "$marks:/all:ro" "$@"
"""

_PROCESSES = """#!/bin/sh
# Stands for the client where a case is about its graph alone: `run` is a process, and there is nothing to list.
case $1 in
    run) ;;
    ps | images | network | volume) exit ;;
    *) echo "docker $*: only containers are run in this case" >&2; exit 1 ;;
esac
shift
name='' run=''
while :; do
    case $1 in
        --name) name=$2; shift 2 ;;
        --label) case $2 in ci.run=*) run=${{2#*=}} ;; esac; shift 2 ;;
        -*) echo "docker run $*: an option that is not known here" >&2; exit 1 ;;
        *) shift; break ;;
    esac
done
mark={marks}/${{name#"$run-"}}@$run
mkdir -p "$mark"
printf %s "${{CI_JOB_NAME-${{MARK_JOB-}}}}" > "$mark/job"
exec env -i PATH=/usr/bin:/bin MARKS="$mark" ALL={marks} sh {recorder} "$@"
"""

_SAVE = """#!/bin/sh
# Unpacks each image that the daemon has and had not when the run began (those have an empty directory here).
set -eu
{host}
exec 9> {images}.lock
flock 9 # jobs may end side by side
cd {images}
{client} images --all --quiet --no-trunc | sort -u | while read -r id; do
    mkdir "$id" 2> /dev/null || continue
    {client} save "$id" | tar -x -C "$id"
done
"""

_MAIL = """#!/bin/sh
# Takes a whole message, as sendmail does.
cat > {mails}/$$.part && mv {mails}/$$.part {mails}/$(date +%s%N).eml
"""

_HELM = """#!/bin/sh
# The real helm, with no home of anybody's; how it is called is kept.
printf '%s\\0' "$@" > {calls}/$(date +%s%N)-$$
export HOME={home} http_proxy={proxy}
exec {helm} "$@"
"""


def client(directory: Path, marks: Path, docker: Client) -> None:
    """Writes a program of the client's name; containers record below `marks`. Where a directory `images` is
    beside it, images are unpacked there before they are removed, by `save-images`, which may also be called alone."""
    images, save = str(directory / "images"), str(directory / "save-images")
    given = {
        "client": docker.client,
        "marks": str(marks),
        "images": images,
        "save": save,
        "python": sys.executable,
        "blubber": str(Path(__file__).with_name("blubber.py")),
    }
    words = {key: quote(value) for key, value in given.items()}
    host = docker.env.get("DOCKER_HOST")
    words["host"] = f"export DOCKER_HOST={quote(host)}" if host else "unset DOCKER_HOST"
    _program(directory / docker.name, _CLIENT.format(**words))
    _program(directory / "save-images", _SAVE.format(**words))


def processes(directory: Path, marks: Path, docker: Client) -> None:
    """Writes a program of the client's name which starts the recorder as a process, for configs that run the image
    `recorder` and do nothing else: a container takes ten times as long, and knows no more of the graph's order."""
    given = {"marks": quote(str(marks)), "recorder": quote(str(Path(__file__).with_name("recorder")))}
    _program(directory / docker.name, _PROCESSES.format(**given))


def mail(directory: Path, mails: Path) -> None:
    """Writes `mail`, which puts each message below `mails`."""
    _program(directory / "mail", _MAIL.format(mails=quote(str(mails))))


def helm(directory: Path, calls: Path, home: Path, program: str, proxy: str) -> None:
    """Writes `helm`, which notes each call below `calls`, and finds hosts that there are not through the proxy."""
    given = {"proxy": proxy, "calls": str(calls), "home": str(home), "helm": program}
    _program(directory / "helm", _HELM.format(**{key: quote(value) for key, value in given.items()}))


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
