"""IR built by hand, and programs run for real: under a POSIX shell, with fake docker, helm and git in PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from transpiler import ir
from transpiler.diagnostics import Diagnostics
from transpiler.expressions import List, Loop, Map, Ref, Source, Text, Value, literal
from transpiler.frontend.profiles.load import built_in, load
from transpiler.graph import from_arcs
from transpiler.lowering import lower
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, StageProgram

SHELLS = {
    name: command
    for name, command in {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}.items()
    if shutil.which(command[0])
}


def profile(name: str = "default", **changes: object) -> Profile:
    """A built-in profile with fields changed."""
    assert name in built_in()
    found = load(name, None, Diagnostics())
    assert found is not None
    if name == "default" and "builder" not in changes:
        changes["builder"] = replace(found.builder, kind="dockerfile")
    return replace(found, **changes)  # type: ignore[arg-type]


def text(*parts: str | Ref) -> Text:
    """A text of these parts."""
    return Text(tuple(part for part in parts if part != ""))


def own(key: str, default: str = "", stage: str = "web") -> Ref:
    """A value of the stage `web`, or of another."""
    return Ref(Source.STAGE, key, stage, default)


def setup(key: str, default: str = "") -> Ref:
    """A value of `setup`."""
    return Ref(Source.SETUP, key, default=default)


def token(name: str) -> Ref:
    """A loop's token."""
    return Ref(Source.LOOP, name)


def texts(*found: str | Ref | Text | Loop[Text]) -> List[Text]:
    """A list of texts."""
    return List(tuple(f if isinstance(f, Text | Loop) else text(f) for f in found))


def mapping(**entries: Value | str) -> Map:
    """A mapping; `from_` is `from`."""
    return Map(tuple((literal(k.rstrip("_")), literal(v) if isinstance(v, str) else v) for k, v in entries.items()))


def build_step(variant: str = "prod", file: str = "Dockerfile", **changes: object) -> ir.Build:
    """A build of a Dockerfile's target."""
    step = ir.Build(ir.BuildFile(blubber=False, path=text(file)), text(variant), text("."), List(()), pull=False)
    return replace(step, **changes)  # type: ignore[arg-type]


def run_step(image: Text | None = None, *arguments: str | Ref | Text | Loop[Text], **changes: object) -> ir.Run:
    """A run; of the image built here if none is named."""
    step = ir.Run(image or text(own("imageID")), texts(*arguments), List(()), (), 0)
    return replace(step, **changes)  # type: ignore[arg-type]


def service(
    name: str, image: Text | str = "postgres:17", *arguments: str | Ref | Loop[Text], **changes: object
) -> ir.Service:
    """A service of a run."""
    image = image if isinstance(image, Text) else literal(image)
    return replace(ir.Service(name, image, texts(*arguments), List(()), (), List(())), **changes)  # type: ignore[arg-type]


def copy_step(*items: ir.CopyItem | Loop[ir.CopyItem]) -> ir.Copy:
    """A copy of items."""
    return ir.Copy(List(items))


def copy_item(
    source: str | Text,
    destination: str | Text = "",
    *,
    archive: bool = False,
    from_: Text | None = None,
    when: ir.When = ir.When.SUCCESS,
    report: ir.ReportKind | None = None,
) -> ir.CopyItem:
    """One thing to copy, out of the container run here."""
    target = destination or source
    target = literal(target) if isinstance(target, str) else target
    source = literal(source) if isinstance(source, str) else source
    archived = target.literal if archive or report else None
    return ir.CopyItem(from_ or text(own("container")), source, target, archived, when=when, report=report)


def publish_step(name: Text | str = "app", tag: Text | str = "v1", *tags: Text | Loop[Text] | str) -> ir.Publish:
    """A push of the image built here."""
    return ir.Publish(
        text(own("imageID")),
        literal(name) if isinstance(name, str) else name,
        literal(tag) if isinstance(tag, str) else tag,
        List(tuple(literal(t) if isinstance(t, str) else t for t in tags)),
    )


def stage(name: str, *steps: ir.Step, **changes: object) -> ir.Stage:
    """A stage."""
    return replace(ir.Stage(name, ".", steps), **changes)  # type: ignore[arg-type]


def pipeline(*stages: ir.Stage, arcs: Iterable[tuple[str, ...]] | None = None, **changes: object) -> ir.Pipeline:
    """A pipeline whose stages run one after another, unless arcs are given."""
    names = tuple(s.name for s in stages)
    graph = from_arcs(names, [names] if arcs is None else arcs)
    return replace(ir.Pipeline("test", (ir.Event.MERGE,), ir.Fetch(), stages, graph), **changes)  # type: ignore[arg-type]


def lowered(*stages: ir.Stage, site: Profile | None = None, project: str | None = "group/app") -> PipelineProgram:
    """A pipeline of these stages, one after another, lowered."""
    workflow = ir.Workflow(".pipeline/config.yaml", project, (pipeline(*stages),))
    return lower(workflow, site or profile()).pipelines[0]


def lines_of(*steps: ir.Step, site: Profile | None = None, project: str | None = "group/app") -> list[str]:
    """The program of a stage `web` with these steps."""
    return list(lowered(stage("web", *steps), site=site, project=project).stage("web").lines)


_APPLETS = (
    "awk",
    "base64",
    "cat",
    "cut",
    "date",
    "grep",
    "head",
    "ln",
    "mkdir",
    "od",
    "printf",
    "rm",
    "sed",
    "sha256sum",
    "sleep",
    "sort",
    "tail",
    "tar",
    "timeout",
    "tr",
)

_RECORD = """#!/bin/sh
set -f
for a in %s "$@"; do printf '%%s\\0' "$a"; done >> "$FAKE/calls"; printf '%%s\\0' '-- end of call --' >> "$FAKE/calls"
"""

_DOCKER = (
    _RECORD % "docker"
    + """
last() { for a in "$@"; do last=$a; done; }
keep_login() { cp -p "${REGISTRY_AUTH_FILE:-${DOCKER_CONFIG-}/config.json}" "$FAKE/login" 2> /dev/null || :; }
case $1 in
    build)
        keep_login
        [ ! -e "$FAKE/fail-build" ] || exit 4
        echo "${BUILDX_BUILDER-}" > "$FAKE/builder"
        while [ $# -gt 0 ]; do [ "$1" != --iidfile ] || printf 'sha256:1234abcd' > "$2"; shift; done ;;
    run) [ ! -e "$FAKE/fail" ] || exit 3; [ ! -e "$FAKE/stdout" ] || cat "$FAKE/stdout" ;;
    logs) [ ! -e "$FAKE/stdout" ] || cat "$FAKE/stdout"; echo noise >&2 ;;
    context) echo desktop ;;
    push) keep_login; [ ! -e "$FAKE/fail-push" ] || { echo denied >&2; exit 6; } ;;
    search) [ ! -e "$FAKE/fail" ] || { echo 'no such list' >&2; exit 5; } ;;
    pull) keep_login; [ ! -e "$FAKE/fail" ] || exit 5 ;;
    image) [ ! -e "$FAKE/lacks" ] || exit 1 ;;
    cp) from=$FAKE/container${2#*:}; if [ "$3" = - ]; then tar -cf - -C "$from" .; else cp -R "$from" "$3"; fi ;;
esac
"""
)


@dataclass(frozen=True)
class Outcome:
    """What a program did: exit status, output, each call of a fake command with its arguments, values by file name."""

    status: int
    out: str
    err: str
    calls: list[list[str]]
    values: dict[str, str]

    def words(self, *start: str) -> list[str]:
        """The words after these of the one command that begins with them."""
        (found,) = (call[len(start) :] for call in self.calls if call[: len(start)] == list(start))
        return found


@dataclass
class Machine:
    """A directory with a checkout, values and fakes."""

    root: Path
    shell: str = "dash"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bin", "checkout", "values", "fake/container"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        if self.shell == "busybox":  # what an Alpine image has in place of coreutils
            (self.root / "applets").mkdir(exist_ok=True)
            for name in _APPLETS:
                (self.root / "applets" / name).symlink_to(shutil.which("busybox") or "")
        self.command("docker", _DOCKER)
        self.command("podman", _DOCKER.replace(" docker ", " podman ", 1))

    def command(self, name: str, script: str = "") -> None:
        """Puts a command first in PATH; without a script it only records its words."""
        path = self.root / "bin" / name
        path.write_text(script or _RECORD % name)
        path.chmod(0o755)

    @property
    def checkout(self) -> Path:
        """Where programs start."""
        return self.root / "checkout"

    def put(self, path: str, content: str) -> None:
        """A file in `fake/`, `values/` or `checkout/`."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8"))

    def run(self, program: StageProgram | Iterable[str], **environment: str) -> Outcome:
        """Runs a program as an engine would."""
        lines = program.lines if isinstance(program, StageProgram) else tuple(program)
        script = self.root / "program.sh"
        script.write_bytes("\n".join(lines).encode("utf-8") + b"\n")
        (self.root / "fake/calls").write_bytes(b"")
        setting = {
            **os.environ,
            "FAKE": str(self.root / "fake"),
            "PATH": f"{self.root / 'bin'}:{self.root / 'applets'}:{os.environ['PATH']}",
            "run": "run-7",
            "values": str(self.root / "values"),
            "registry": "r.example/ns",
            "push_registry": "push.example/ns",
            "artifacts": "https://ci.example/a",
            "REGISTRY_USER": "ci",
            "REGISTRY_PASSWORD": "x",
            **self.environment,
            **environment,
        }
        done = subprocess.run(
            [*SHELLS[self.shell], str(script)],
            check=False,
            cwd=self.checkout,
            env=setting,
            capture_output=True,
            timeout=30,
        )
        kept = self.root / "values"
        files = [path for path in kept.iterdir() if path.is_file()] if kept.is_dir() else []
        values = {path.name: path.read_bytes().decode("utf-8") for path in files}
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), _calls(self.root), values)


def _calls(root: Path) -> list[list[str]]:
    """The recorded calls: the record of one ends with a word of its own."""
    calls: list[list[str]] = [[]]
    for word in (root / "fake/calls").read_bytes().decode("utf-8").split("\0")[:-1]:
        if word == _END:
            calls.append([])
        else:
            calls[-1].append(word)
    return [call for call in calls if call]


_END = "-- end of call --"


def known_values(given: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for values of `setup.params`."""
    return {f"setup_params_{name}": value for name, value in given.items()}
