"""Jenkins for the conformance cases: the generated Jenkinsfile under Groovy 2.4, steps bound by
`engines.jenkins_runtime`.

Shell steps, the clone and the credentials are real; what Jenkins itself would do with an artifact, a mail or another
job is recorded. It shows neither the CPS transformation nor the sandbox: the judge of Jenkinsfiles does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engines.jenkins_runtime import TIMER, Build, BuildRequest, Credential
from engines.jenkins_runtime import run as run_builds

from transpiler.ir import CredentialKind, Event

from . import results, trace
from .case import Case, Compiled, Mail, compiled
from .secrecy import told, watched
from .site import APPROVER, SECRETS, Site
from .trace import ALLOWED, FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace

_STEPS = {
    CredentialKind.SECRET_TEXT: "string",
    CredentialKind.USERNAME_PASSWORD: "usernamePassword",
    CredentialKind.FILE: "file",
    CredentialKind.SSH_KEY: "sshUserPrivateKey",
}
_URL = "https://ci.example.org/job/app/1/"


def run(case: Case, site: Site) -> Trace:
    """One build of the job, for what happened in the case."""
    made = compiled(case, site.directory / "origin", site.profile, "jenkins")
    return run_compiled(made, site)


def run_compiled(made: Compiled, site: Site) -> Trace:
    """The same of what was compiled already; every output is a Jenkinsfile, and each is a build."""
    home = site.directory / "jenkins"
    requests = [_request(text, made, site, home / str(i)) for i, text in enumerate(made.files.values())]
    with watched(SECRETS, site.directory) as leaks:
        builds = run_builds(*requests)
    return _trace(made, site, builds, home, leaks)


def _request(text: str, made: Compiled, site: Site, home: Path) -> BuildRequest:
    case = made.case
    happened = {
        Event.CHANGE: {
            "GERRIT_CHANGE_NUMBER": "7",
            "GERRIT_PATCHSET_NUMBER": "2",
            "GERRIT_BRANCH": "main",
            "GERRIT_EVENT_TYPE": "patchset-created",
        },
        Event.MERGE: {"BRANCH_NAME": case.branch} | ({"BRANCH_IS_PRIMARY": "true"} if case.branch == "main" else {}),
        Event.TAG: {"TAG_NAME": case.tag, "BRANCH_NAME": case.tag},
        Event.SCHEDULE: {},
    }[case.event]
    return BuildRequest(
        text,
        env={"BUILD_TAG": _build_tag(site), "BUILD_URL": _URL, **happened},
        credentials={
            known.names["jenkins"][0]: Credential(_STEPS[known.kind], SECRETS[id_])
            for id_, known in made.profile.credentials.items()
            if id_ in SECRETS
        },
        scm=(f"file://{made.root}", f"refs/tags/{case.tag}" if case.event is Event.TAG else case.branch),
        environment=site.env,
        abort=site.directory / "abort",
        previous=(made.before, ()) if made.before else None,
        causes=(TIMER,) if case.event is Event.SCHEDULE else (),
        answers={name.partition("/")[2]: APPROVER for name in case.approved},
        home=home,
    )


def _build_tag(site: Site) -> str:
    return f"jenkins-{site.number}"


def _trace(made: Compiled, site: Site, builds: list[Build], home: Path, leaks: list[str]) -> Trace:
    words = {
        f"{_URL}console": "https://ci.example.org/log",
        f"{_URL}artifact": "https://ci.example.org/a",
        f"file://{made.root}": "https://code.example.org/team/app",
        **site.words(made.commit),
    }
    log = "".join(_log(build) for build in builds)
    world = site.seen(words)
    world["mails"] = (*_mails(builds, words), *world["mails"])
    world["left"] = (*world["left"], *_left(home), *leaks, *(f"in the log: {s}" for s in _told(log)))
    return Trace(
        status=SUCCESS if all(build.result == "SUCCESS" for build in builds) else FAILURE,
        stages=_stages(made, site, builds),
        values=_values(made, site, home, words),
        archived={
            path.relative_to(home).as_posix().split("/archive/", 1)[1]: _shown(path, words)
            for path in home.glob("*/archive/**/*")
            if path.is_file()
        },
        triggers=tuple(_triggers(made, builds)),
        results=results.results(one for d in home.glob("*/reports") for one in results.below(d)),
        log=log,
        **world,
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
    )


def _stages(made: Compiled, site: Site, builds: list[Build]) -> dict[str, str]:
    pipelines = _Runs({f"{_build_tag(site)}-{p.slug}": p.name for p in made.plan.pipelines})
    states = {f"{p.name}/{s}": SKIPPED for p in made.plan.pipelines for s in p.graph.nodes}
    for build in builds:
        for what, state in (("stage", "unfinished"), ("done", RAN), ("failed", FAILED)):
            # A lane's stage is around a pipeline: no run yet.
            started = [event for event in build.all(what) if event["run"]]
            states |= {f"{pipelines[event['run']]}/{event['name']}": state for event in started}
        for event in build.all("caught"):
            if event["shown"] == "UNSTABLE" and (name := _allowed(event, made, pipelines)):
                states[name] = ALLOWED
    return states


class _Runs(dict[str, str]):
    """The pipelines by what their runs are called; a part of a pipeline adds its own name."""

    def __missing__(self, run: str) -> str:
        return next(self[name] for name in sorted(self, key=len, reverse=True) if run.startswith(f"{name}."))


def _allowed(event: Mapping[str, Any], made: Compiled, pipelines: Mapping[str, str]) -> str:
    """The stage that has failed, which is allowed, as the build says it."""
    slug = str(event["error"]).removesuffix(" has failed, which is allowed")
    pipeline = pipelines[event["run"]]
    stages = next(p.stages for p in made.plan.pipelines if p.name == pipeline)
    return next((f"{pipeline}/{stage.name}" for stage in stages if stage.slug == slug), "")


def _values(made: Compiled, site: Site, home: Path, words: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{pipeline.name}/{value.stage}.{value.key}": _shown(file, words)
        for pipeline in made.plan.pipelines
        for stage in pipeline.stages
        for value in stage.binds
        for file in home.glob(f"*/values/{_build_tag(site)}-{pipeline.slug}*/{value.file}")
    }


def _mails(builds: list[Build], words: Mapping[str, str]) -> Iterator[Mail]:
    for build in builds:
        for event in build.all("mail"):
            yield Mail(*(trace.normalised(event[key], words) for key in ("to", "subject", "body")))


def _triggers(made: Compiled, builds: list[Build]) -> Iterator[Mapping[str, object]]:
    names = {site["jenkins"]: name for name, site in made.profile.triggers.items()}
    for build in builds:
        for event in build.all("build"):
            parameters = {p["name"]: p["value"] for p in event.get("parameters", ())}
            yield {"name": names[event["job"]], "parameters": parameters}


def _left(home: Path) -> Iterator[str]:
    """What lies beside a workspace: values, files of credentials."""
    for temporary in home.glob("*/node*/*@tmp"):
        for path in temporary.rglob("*"):
            if path.name != "secretFiles":
                yield f"file {path.relative_to(home)}"


def _shown(path: Path, words: Mapping[str, str]) -> str:
    return trace.normalised(trace.shown(path.read_bytes()), words)


def _log(build: Build) -> str:
    steps = "".join(f"==== {event['label']}: {event['status']}\n{event['output']}\n" for event in build.all("sh"))
    return f"{steps}{build.result}: {build.error}\n"


def _told(log: str) -> list[str]:
    return list(told(SECRETS, log.encode()))
