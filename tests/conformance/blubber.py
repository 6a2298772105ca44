"""Blubber as the suite has it: a frontend of BuildKit's would have to be pulled, so this stands in its place.

Stand-alone, called in place of `docker build` by the shim where BuildKit is asked for:  blubber.py DOCKER ARGUMENT...
A build file that names a frontend is read as YAML and becomes an image that knows in `BLUBBER`, as JSON, which
frontend, which variant and what of the file it was built from. Any other build is docker's own.
"""

import json
import os
import subprocess
import sys

import yaml


def main() -> None:
    docker, *given = sys.argv[1:]
    build = [docker, "build", "--network", "host"]
    path = given[given.index("--file") + 1]
    with open(path, encoding="utf-8") as file:
        syntax, _, text = file.read().partition("\n")
    if not syntax.startswith("# syntax="):
        os.execv(docker, [*build, *given])
    target = given[given.index("--target") + 1]
    content = yaml.safe_load(text)
    told = {"frontend": syntax[9:], "variant": target, "is": content["variants"][target], "base": content.get("base")}
    at = given.index("--target")
    rest = [*given[:at], *given[at + 2 :]]
    rest[rest.index("--file") + 1] = "-"
    argument = f"TOLD={json.dumps(told, sort_keys=True)}"
    done = subprocess.run(
        [*build, "--build-arg", argument, *rest],
        check=False,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        input=b"FROM recorder\nARG TOLD\nENV BLUBBER=$TOLD\n",
    )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
