"""Stand-ins for the actions that workflows use: checkout, upload-artifact and download-artifact.

act runs a composite action in place of each; its one step calls this module:  -m engines.github_actions ACTION STORE
ORIGIN. STORE keeps the artifacts of one run, a directory for each below `files`; ORIGIN is the repository that stands
for the one on GitHub. What the real actions refuse, these refuse.
"""

from __future__ import annotations

import base64
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .github_search import found

INPUTS: Mapping[str, Mapping[str, str]] = {
    "checkout": {
        "ref": "",
        "path": ".",
        "token": "${{ github.token }}",
        "persist-credentials": "true",
        "fetch-depth": "1",
        "fetch-tags": "false",
        "submodules": "false",
    },
    "upload-artifact": {
        "name": "artifact",
        "path": "",
        "if-no-files-found": "warn",
        "retention-days": "",
        "compression-level": "6",
        "overwrite": "false",
        "include-hidden-files": "false",
    },
    "download-artifact": {"name": "", "path": "", "pattern": "", "merge-multiple": "false"},
}
"""Action → its inputs that are known here, with their defaults."""
OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "checkout": ("ref", "commit"),
    "upload-artifact": ("artifact-id", "artifact-url"),
    "download-artifact": ("download-path",),
}
_REPOSITORY = re.compile(r"(?:https?://[^/]+/)?[^/@]+/(?P<name>[^/@]+)@[^@]+")
_NOT_IN_NAMES = '":<>|*?\r\n\\/'
_NOT_IN_PATHS = '":<>|*?\r\n'
Inputs = Mapping[str, str]


class Failure(Exception):
    """The action fails, with these words."""


def stand_in(uses: str) -> str | None:
    """Which of the actions it is, whatever its owner, host and version."""
    match = _REPOSITORY.fullmatch(uses)
    return match["name"] if match and match["name"] in INPUTS else None


def write(action: str, directory: Path, store: Path, origin: Path) -> None:
    """Makes the directory the stand-in for an action."""
    directory.mkdir(parents=True)
    run = [sys.executable, "-m", "engines.github_actions", action, str(store), str(origin)]
    step = {
        "id": "it",
        "shell": "sh",
        "env": {"INPUTS": "${{ toJSON(inputs) }}", "PYTHONPATH": str(Path(__file__).parents[1])},
        "run": " ".join("'" + word.replace("'", "'\\''") + "'" for word in run),
    }
    made = {
        "name": action,
        "description": f"Stands for {action}.",
        "inputs": {name: {"default": value, "description": name} for name, value in INPUTS[action].items()},
        "outputs": {
            name: {"value": f"${{{{ steps.it.outputs.{name} }}}}", "description": name} for name in OUTPUTS[action]
        },
        "runs": {"using": "composite", "steps": [step]},
    }
    (directory / "action.yml").write_text(json.dumps(made), encoding="utf-8")


def main() -> None:
    action, store, origin = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    run: Callable[[Inputs], Mapping[str, str]] = {
        "checkout": lambda inputs: _checkout(inputs, origin),
        "upload-artifact": lambda inputs: _upload(inputs, store),
        "download-artifact": lambda inputs: _download(inputs, store),
    }[action]
    try:
        outputs = run({name: value.strip() for name, value in json.loads(os.environ["INPUTS"]).items()})
    except Failure as failure:
        print(f"::error::{str(failure).replace(chr(10), '%0A')}")
        sys.exit(1)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())


def _yes(inputs: Inputs, name: str) -> bool:
    if inputs[name].lower() not in ("true", "false"):
        raise Failure(f"Input does not meet YAML 1.2 'Core Schema' specification: {name}")
    return inputs[name].lower() == "true"


def _checkout(inputs: Inputs, origin: Path) -> Mapping[str, str]:
    place = Path(os.environ["GITHUB_WORKSPACE"], inputs["path"])
    place.mkdir(parents=True, exist_ok=True)
    url = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    # GitHub's address is kept in the settings, the repository here is what is asked.
    git = ["git", "-C", str(place), "-c", f"url.{origin.as_uri()}.insteadOf={url}", "-c", "protocol.version=2"]

    def call(*words: str) -> str:
        done = subprocess.run([*git, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"The process '/usr/bin/git' failed with exit code {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    call("init", "--quiet", "--initial-branch", "main")
    call("config", "remote.origin.url", url)
    call("config", "gc.auto", "0")
    if _yes(inputs, "persist-credentials"):
        login = base64.b64encode(f"x-access-token:{inputs['token']}".encode()).decode()
        call("config", f"http.{os.environ['GITHUB_SERVER_URL']}/.extraheader", f"AUTHORIZATION: basic {login}")
    for words in _fetches(inputs):
        call(*words)
    call("checkout", "--quiet", "--force", *_what(inputs))
    if inputs["submodules"] != "false":
        depth = [f"--depth={inputs['fetch-depth']}"] if int(inputs["fetch-depth"]) else []
        deep = ["--recursive"] if inputs["submodules"] == "recursive" else []
        call("submodule", "sync", *deep)
        call("submodule", "update", "--init", "--force", *depth, *deep)
    return {"ref": inputs["ref"] or os.environ["GITHUB_REF"], "commit": call("rev-parse", "HEAD")}


def _fetches(inputs: Inputs) -> Iterator[list[str]]:
    """One commit by its id; before it all branches and tags if all of the history is wanted. The action does so too."""
    depth = int(inputs["fetch-depth"])
    words = ["fetch", "--quiet", "--prune", "--no-recurse-submodules"]
    if not depth:
        yield [*words, "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    words += [] if _yes(inputs, "fetch-tags") or not depth else ["--no-tags"]
    words += [f"--depth={depth}"] if depth else []
    ref = inputs["ref"] or os.environ["GITHUB_REF"]
    yield [*words, "origin", f"+{ref if inputs['ref'] else os.environ['GITHUB_SHA']}:{_tracked(ref)}"]


def _tracked(ref: str) -> str:
    """What a ref is called here."""
    kind, _, name = ref.removeprefix("refs/").partition("/")
    if not ref.startswith("refs/"):
        return f"refs/remotes/origin/{ref}"
    return ref if kind == "tags" else f"refs/remotes/{'pull' if kind == 'pull' else 'origin'}/{name}"


def _what(inputs: Inputs) -> list[str]:
    """A branch by its name, all else without one."""
    ref = inputs["ref"] or os.environ["GITHUB_REF"]
    if ref.startswith("refs/heads/"):
        return ["-B", ref.removeprefix("refs/heads/"), _tracked(ref)]
    return ["--detach", _tracked(ref)]


def _upload(inputs: Inputs, store: Path) -> Mapping[str, str]:
    hidden, again, name = _checked(inputs)
    files = found(inputs["path"], os.environ["GITHUB_WORKSPACE"], os.environ.get("HOME", "/root"), hidden=hidden)
    if not files:
        return _none(inputs)
    for text, wrong in ((name, _NOT_IN_NAMES), *((path, _NOT_IN_PATHS) for path in files)):
        if bad := set(text) & set(wrong):
            raise Failure(f"The artifact name or the path of one of its files is not valid: {text}. It has {bad}")
    for kind in ("files", "new", "jobs"):
        (store / kind).mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=store / "new"))
    for path, file in files.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, made / path)  # not the mode: the real one does not keep it
    if again:
        shutil.rmtree(store / "files" / name, ignore_errors=True)
    try:
        made.rename(store / "files" / name)
    except OSError:
        raise Failure(
            "Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists on the workflow run"
        ) from None
    (store / "jobs" / name).write_text(os.environ["GITHUB_JOB"])
    number = str(len(list((store / "files").iterdir())))
    server, repository, run = (os.environ[f"GITHUB_{name}"] for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return {"artifact-id": number, "artifact-url": f"{server}/{repository}/actions/runs/{run}/artifacts/{number}"}


def _checked(inputs: Inputs) -> tuple[bool, bool, str]:
    switches = _yes(inputs, "include-hidden-files"), _yes(inputs, "overwrite"), inputs["name"]
    if not inputs["path"]:
        raise Failure("Input required and not supplied: path")
    if inputs["if-no-files-found"] not in ("warn", "error", "ignore"):
        raise Failure(f"Unrecognized if-no-files-found input. Provided: {inputs['if-no-files-found']}.")
    if inputs["retention-days"] and not re.fullmatch(r"\d+", inputs["retention-days"]):
        raise Failure("Invalid retention-days")
    if not re.fullmatch(r"\d", inputs["compression-level"]):
        raise Failure("Invalid compression-level. Valid values are 0-9")
    return switches


def _none(inputs: Inputs) -> Mapping[str, str]:
    text = f"No files were found with the provided path: {inputs['path']}. No artifacts will be uploaded."
    if inputs["if-no-files-found"] == "error":
        raise Failure(text)
    print(f"::warning::{text}" if inputs["if-no-files-found"] == "warn" else text)
    return {}


def _download(inputs: Inputs, store: Path) -> Mapping[str, str]:
    merge, name = _yes(inputs, "merge-multiple"), inputs["name"]
    place = Path(os.environ["GITHUB_WORKSPACE"], os.path.expanduser(inputs["path"]))
    there = sorted(path.name for path in (store / "files").glob("*"))
    wanted = [one for one in there if one == name] if name else fnmatch.filter(there, inputs["pattern"] or "*")
    if name and not wanted:
        raise Failure(f"Unable to download artifact(s): Artifact not found for name: {name}")
    for one in wanted:
        target = place if name or merge else place / one
        shutil.copytree(store / "files" / one, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
    print(f"Total of {len(wanted)} artifact(s) downloaded")
    return {"download-path": str(place)}


if __name__ == "__main__":
    main()
