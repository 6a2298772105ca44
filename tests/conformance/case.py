"""Cases: a config, an application and what must come of them; loaded, put into a git repository, compiled.

Knows the compiler and nothing of any engine: runners get a checkout, a plan and the generated files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from engines.runtime_image import RUNTIME_IMAGE

from transpiler.driver import Request, compile_config, understand
from transpiler.ir import Event
from transpiler.lowering import lower
from transpiler.profile import Profile
from transpiler.program import Plan

HERE = Path(__file__).resolve().parent
OURS = HERE.parents[1]
CASES = HERE / "cases"
DEFAULT_APP = HERE / "apps" / "default"
ENGINES = ("jenkins", "gitlab", "zuul", "github", "local")
CONFIG = ".pipeline/config.yaml"
PROJECT = "team/app"
_MANY = re.compile(r"<(\d+) of (\\x[0-9a-f]{2}|\\?.)>")
# Of git itself: else it takes no submodule from a directory.
FILES_ALLOWED = ("-c", "protocol.file.allow=always")


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived: addresses joined by ", "."""

    to: str
    subject: str
    body: str


@dataclass(frozen=True)
class Expected:
    """What must come of a case; a stage is `pipeline/stage`. What `expected.yaml` leaves out is this default.

    In every text the run's own words stand as `<registry>`, `<run>`, `<timestamp>`, `<commit>`, `<image>` (64 hex
    digits) and `<release>`, as `trace.normalised` writes them. `None` is not compared. A variable that each engine has
    in its own words is a list of these.
    """

    status: str = "success"
    stages: Mapping[str, str] = field(default_factory=dict)
    """ran, failed, allowed (it has failed, which it may) or skipped;
    a stage that is not named must have run, if its pipeline runs on the event."""
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the entry point, without the recorder's orders."""
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The whole of it, without what every container has."""
    trees: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What `@tree` found: path → content, without `.git` and what transpipe writes."""
    absent: tuple[str, ...] = ()
    """Stages without a container: nothing was run."""
    values: Mapping[str, str] = field(default_factory=dict)
    """`pipeline/stage.key`, where the runner can see them."""
    archived: Mapping[str, str | None] = field(default_factory=dict)
    """Path of each artifact → its content; None for whatever content (a tar)."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Image → its tags in the registry."""
    mails: tuple[Mail, ...] = ()
    triggers: tuple[Mapping[str, Any], ...] = ()
    """{name, parameters} as the config has them."""
    log: tuple[str, ...] = ()
    """Texts that must be in the log, each on one line or more."""
    results: tuple[str, ...] = ()
    """The test results that the engine was given to show, as `results.py` writes them."""
    reports: tuple[str, ...] | None = None
    """Texts that must be in what a change's review was told, by engines that tell."""
    promoted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Branch (or whole ref) in the charts repository → `message` (the subject) and changed file → content."""
    releases: tuple[Mapping[str, Any], ...] = ()
    """{chart, version, namespace, values, tested, timeout, repository} of each helm install; `repository` says whether
    it was named."""
    deployed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Each release that stays → {revision, status, namespace, values} of its newest revision."""
    only: tuple[str, ...] = ENGINES
    """The engines that can say it; why the others cannot stands in the capability table."""


@dataclass(frozen=True)
class Case:
    """One directory of `cases/`. `event` and `tag` say what happened: a change, a merge, a tag; `branch` where a merge
    went; `scheduled`: nothing happened there but that its time came. `folder` of the repository has the config and the
    application; "" for its top. `withheld` are the credentials that
    the run does not get, as one for a fork's change; `touched` the files that what happened has changed: then there is
    a commit before it. `approved` are the stages (`pipeline/stage`) that a person approves; all others are refused."""

    name: str
    config: bytes
    profile: Mapping[str, Any]
    app: Path
    event: Event
    tag: str
    expected: Expected
    branch: str = "main"
    scheduled: bool = False
    folder: str = ""
    withheld: frozenset[str] = frozenset()
    touched: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()

    @property
    def has_containers(self) -> bool:
        """Whether it matters what a stage runs: of a graph all stages do the same, which takes no container."""
        return not self.name.startswith("graph-")

    @property
    def has_secrets(self) -> bool:
        """Whether a stage is given a secret."""
        return b"credentials:" in self.config or b"secrets:" in self.config

    @property
    def needs_runtime(self) -> bool:
        """Whether the application is a real one, of the image with Python and a database server."""
        dockerfile = self.app / "Dockerfile"
        return dockerfile.exists() and f"FROM {RUNTIME_IMAGE} " in dockerfile.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Compiled:
    """A case in a git repository of its own, compiled for one engine. `files` are the outputs, path from the top of the
    repository → text (none for `local`); they are in `root` too, not committed unless `commit_outputs` did it.
    `before` is the commit before the case's, if it has one."""

    case: Case
    root: Path
    commit: str
    plan: Plan
    profile: Profile
    files: Mapping[str, str]
    before: str = ""


class DoesNotCompile(Exception):
    """The compiler refuses the case: its diagnostics."""


def names(directory: Path = CASES) -> tuple[str, ...]:
    """All cases."""
    return tuple(sorted(path.parent.name for path in directory.glob("*/expected.yaml")))


def load(name: str, directory: Path = CASES) -> Case:
    """The case in that directory; its `expected.yaml` may name a `repository` of ours to be its application, or a
    `config` of ours."""
    here = directory / name
    profile = here / "profile.yaml"
    said = _yaml(here / "expected.yaml")
    ours = OURS / str(said.pop("repository", "")), OURS / str(said.pop("config", ""))
    event, tag = Event(said.pop("event", "merge")), str(said.pop("tag", ""))
    folder = str(said.pop("folder", ""))
    touched, approved = tuple(said.pop("touched", ())), tuple(said.pop("approved", ()))
    configs = (here / "config.yaml", *(path for path in (ours[1],) if path != OURS), ours[0] / CONFIG)
    apps = (here / "app", *(ours[:1] if ours[0] != OURS else ()), DEFAULT_APP)
    config, app = (next(path for path in paths if path.exists()) for paths in (configs, apps))
    tag = tag or ("v1.0" if event is Event.TAG else "")
    content = _grown(config.read_text(encoding="utf-8")).encode()
    return Case(
        name,
        content,
        _yaml(profile),
        app,
        event,
        tag,
        expected(said),
        folder=folder,
        touched=touched,
        approved=approved,
    )


def expected(said: Mapping[str, Any]) -> Expected:
    """From plain data; raises ValueError for a key that there is not."""
    unknown = said.keys() - {f.name for f in fields(Expected)}
    if unknown:
        raise ValueError(f"expected.yaml has no key {sorted(unknown)}")
    data = dict(said)
    for key in ("absent", "triggers", "log", "results", "reports", "releases", "only"):
        if data.get(key) is not None:
            data[key] = tuple(data[key])
    for key in ("arguments", "tags"):
        data[key] = {name: tuple(items) for name, items in data.get(key, {}).items()}
    data["mails"] = tuple(Mail(**mail) for mail in data.get("mails", ()))
    return Expected(**data)


def compiled(case: Case, root: Path, site: Mapping[str, Any], engine: str) -> Compiled:
    """Puts the case into a new repository at `root` and compiles it for the engine; `site` is a profile's data.

    The profile is not in the repository: it names this run's ports. In a case's `<gerrit>` is the site's. Raises
    DoesNotCompile.
    """
    commit = _repository(case, root)
    profile = root.parent / f"{root.name}.profile.yaml"
    text = yaml.safe_dump(merged(site, case.profile), sort_keys=False)
    if "<gerrit>" in text:
        text = text.replace("<gerrit>", site["promote"]["gerrit"])
    profile.write_text(text, encoding="utf-8")
    targets = () if engine == "local" else (engine,)
    place = root / case.folder
    request = Request(place, CONFIG, str(profile), targets, folder=case.folder)
    outcome = compile_config(request) if targets else understand(request)
    if outcome.failed or not outcome.workflow or not outcome.profile:
        raise DoesNotCompile("\n".join(f"{d.code}: {d.message} {d.span}" for d in outcome.diagnostics))
    files = {str(PurePosixPath(case.folder, path)): text for path, text in outcome.files.items() if targets}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    plan = lower(outcome.workflow, outcome.profile)
    before = git(root, "rev-parse", "HEAD^") if case.touched else ""
    return Compiled(case, root, commit, plan, outcome.profile, files, before)


def commit_outputs(made: Compiled) -> str:
    """Commits the generated files, for engines that read them from the repository; the new commit."""
    git(made.root, "add", "--all", "--force")
    git(made.root, "commit", "--quiet", "--message", "outputs")
    if made.case.tag:
        git(made.root, "tag", "--force", made.case.tag)
    return git(made.root, "rev-parse", "HEAD")


def git(root: Path, *words: str) -> str:
    """One git command there, as somebody; what it printed."""
    command = ["git", "-c", "user.name=case", "-c", "user.email=case@localhost", "-C", str(root), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def merged(base: Any, over: Any) -> Any:
    """One mapping over another at every depth."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    return {**base, **{key: merged(base[key], value) if key in base else value for key, value in over.items()}}


def _repository(case: Case, root: Path) -> str:
    place = root / case.folder
    shutil.copytree(case.app, place, symlinks=True)
    (place / ".pipeline").mkdir(exist_ok=True)
    (place / CONFIG).write_bytes(case.config)
    _committed(root, root.parent / f"{root.name}.submodules")
    for path in case.touched:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text("changed")
    if case.touched:
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "what happened")
    if case.tag:
        git(root, "tag", case.tag)
    if case.branch != "main":
        git(root, "checkout", "--quiet", "-b", case.branch)
    return git(root, "rev-parse", "HEAD")


def _committed(root: Path, store: Path) -> None:
    """Makes the directory a repository; what is called `<name>.submodule` in it becomes one of its own, kept in
    `store` and registered as `<name>`."""
    git(root, "init", "--quiet", "--initial-branch", "main")
    for number, found in enumerate(sorted(root.glob("*.submodule"))):
        origin = store / str(number)
        shutil.move(found, origin)
        _committed(origin, store / f"{number}.submodules")
        git(root, *FILES_ALLOWED, "submodule", "--quiet", "add", origin.as_uri(), found.stem)
        git(root, *FILES_ALLOWED, "submodule", "--quiet", "update", "--init", "--recursive")
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message", root.name)


def _grown(text: str) -> str:
    """With what is too long to be written in a case: `<100000 of x>`."""
    return _MANY.sub(lambda found: found[2] * int(found[1]), text)


def _yaml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    data = yaml.safe_load(_grown(path.read_text(encoding="utf-8")))
    return data if isinstance(data, dict) else {}
