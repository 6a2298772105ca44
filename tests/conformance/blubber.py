"""A stand-in for Blubber: the real one is a BuildKit frontend that would have to be pulled.

Stand-alone, called by the shim instead of `docker build` if BuildKit is requested:  blubber.py DOCKER ARGUMENT... A
build file that names a frontend is read as YAML and becomes an image whose variable `BLUBBER` has, as JSON, the
frontend, the variant and the part of the file that it was built from. Any other build is left to docker.
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
