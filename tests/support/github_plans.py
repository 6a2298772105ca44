"""Plans and sites for the tests of the target `github`, and what a workflow says of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engines.github_refusals import load as load_workflow

from transpiler.frontend.profiles import load
from transpiler.ir import CredentialKind, Event
from transpiler.needs import silent_events
from transpiler.profile import Profile, SiteCredential
from transpiler.program import (
    Archive,
    CredentialUse,
    MailProgram,
    Parameter,
    PipelineProgram,
    Plan,
    StageProgram,
    TriggerCall,
    Use,
    ValueFile,
)
from transpiler.targets import TARGETS, validate
from transpiler.targets.grouping import Granularity

from .plans import pipeline, plan, stage

GITHUB = TARGETS["github"]


def site(**data: object) -> Profile:
    """The default profile with other settings of GitHub's."""
    return load.decode({"github": dict(data)})


SITE = site()
STAGEWISE, WHOLE = site(granularity="stage"), site(granularity="pipeline")
BY_REGISTRY = site(images="registry")
FORGEJO, GITEA = site(flavour="forgejo"), site(flavour="gitea")
QUEUED = site(**{"merge-queue": True})
MAILING = replace(SITE, mail_command=("sendmail -t",))
DOCS = replace(SITE, triggers={"docs": {"github": "docs.yml"}})
FAR = replace(site(token="DISPATCH"), triggers={"docs": {"github": "team/docs/build.yml@stable"}})
SECRETS = replace(
    SITE,
    credentials={
        "text": SiteCredential(CredentialKind.SECRET_TEXT, {"github": ("TEXT",)}),
        "pair": SiteCredential(CredentialKind.USERNAME_PASSWORD, {"github": ("USER", "PASSWORD")}),
        "file": SiteCredential(CredentialKind.FILE, {"github": ("FILE",)}),
        "key": SiteCredential(CredentialKind.SSH_KEY, {"github": ("KEY",)}),
    },
)
USES = (
    CredentialUse("text", CredentialKind.SECRET_TEXT, ("TOKEN",)),
    CredentialUse("pair", CredentialKind.USERNAME_PASSWORD, ("NAME", "WORD")),
    CredentialUse("file", CredentialKind.FILE, ("SETTINGS",)),
    CredentialUse("key", CredentialKind.SSH_KEY, ("SSH",)),
)
OWN = CredentialUse("", CredentialKind.USERNAME_PASSWORD, ("U", "P"))

IMAGE = ValueFile("build", "imageID", "build.imageID")
BUILD = stage("build", 'echo 1 > "$values/build.imageID"', kinds=("build",), gives_image=True, binds=(IMAGE,))
UNIT = stage("unit", 'cat "$values/build.imageID"', reads=(IMAGE,), images=("build",))
LINT = replace(UNIT, name="lint", slug="lint")
SPLIT = (("build", "unit"), ("build", "lint"), ("unit", "end"), ("lint", "end"))
DIAMOND = pipeline("test", BUILD, UNIT, LINT, stage("end"), edges=SPLIT)
# No part of it is series-parallel.
TANGLED = pipeline("test", *map(stage, "abcd"), edges=(("a", "c"), ("a", "d"), ("b", "d")))
MAIL = MailProgram(
    compose=("set -eu", "to=a", "subject=b", "body=c"),
    files=(),
    send=('printf "%s\n" "$to" "$subject" "$body" | sendmail -t',),
    setup=("logURL",),
    reads=(ValueFile("unit", "output", "unit.output"),),
    literal=None,
)
CALL = TriggerCall(
    "docs", (Parameter("WHICH", "$all", ""), Parameter("LATER", None, "b.parameter.LATER")), propagate=True, wait=True
)
ODD_NAMES = (
    "on",
    "jobs",
    "setup",
    "${{ github.token }}",
    "::error::x",
    "a%0Ab",
    'it\'s "q"',
    "two\nlines",
    "true",
    "~",
)


def chain(*stages: StageProgram, **changes: Any) -> PipelineProgram:
    names = [s.name for s in stages]
    return pipeline("test", *stages, edges=tuple(itertools.pairwise(names)), **changes)


def called(slug: str, name: str) -> StageProgram:
    return replace(stage(slug), name=name)


def odd(name: str) -> Plan:
    """A pipeline and stages that are called so."""
    made = chain(called("x", name), called("0", f"{name} 2"), called("setup", "a stage"))
    return plan(replace(made, name=name, slug="jobs"))


FULL = replace(
    stage("b", binds=(ValueFile("b", "output", "b.output"),)),
    setup=(
        "branch",
        "tag",
        "timestamp",
        "project",
        "projectShortName",
        "params.WHICH",
        "GIT_BRANCH",
        "remote",
        "logURL",
    ),
    environment=("ZUUL_BRANCH", "ZUUL_PATCHSET", "OURS", "GITHUB_TOKEN"),
    registry=True,
    push_registry=True,
    artifacts=True,
    archives=(Archive("reports", directory=True), Archive("a b.txt", directory=False), Archive(".hidden", None)),
    publishes="b.published",
    trigger=CALL,
    mail=MAIL,
)
DEPLOY = stage(
    "d",
    kinds=("deploy",),
    releases="d.releaseName",
    uninstall=('[ ! -s "$values/d.releaseName" ] || helm uninstall "$(cat "$values/d.releaseName")"',),
    binds=(ValueFile("d", "releaseName", "d.releaseName"),),
)
PLANS = {
    "a diamond": plan(DIAMOND),
    "a graph that is not series-parallel": plan(TANGLED),
    "a pipeline without stages": plan(pipeline("none")),
    "stages without programs": plan(chain(replace(stage("a"), lines=()), stage("b"), replace(stage("c"), lines=()))),
    "copied files": plan(
        pipeline(
            "test",
            stage("a", copies=(".",)),
            stage("b", copies=("x/y",)),
            stage("c"),
            stage("d"),
            edges=(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")),
        )
    ),
    "everything that a stage may do": plan(chain(stage("unit", binds=MAIL.reads), FULL, stage("end"))),
    "the time in several jobs": plan(
        replace(DIAMOND, stages=tuple(replace(s, setup=("timestamp",)) for s in DIAMOND.stages))
    ),
    "releases that others use": plan(
        pipeline("test", DEPLOY, stage("e", reads=DEPLOY.binds), stage("f"), edges=(("d", "e"), ("d", "f")))
    ),
    "credentials of each kind": plan(chain(stage("a", credentials=USES), stage("b", credentials=(OWN,)))),
    "more pipelines than may run": plan(
        pipeline("a", stage("s")),
        pipeline("b", stage("s"), events=(Event.TAG,)),
        pipeline("c", stage("s")),
        concurrency=2,
    ),
    "an event alone": plan(*(pipeline(event.value, stage("s"), events=(event,)) for event in Event)),
    "no event": plan(pipeline("p", stage("s"), events=())),
    "300 stages": plan(chain(*(stage(f"s{i}") for i in range(300)))),
    **{f"the name {name!r}": odd(name) for name in ODD_NAMES},
}
SITES = {
    "by chain": SITE,
    "by stage": STAGEWISE,
    "one job": WHOLE,
    "by registry": BY_REGISTRY,
    "forgejo": FORGEJO,
    "gitea": GITEA,
    "with a merge queue and a schedule": site(**{"merge-queue": True}, schedule=["17 3 * * *"]),
}


def granularities() -> Iterator[Profile]:
    yield from (site(granularity=str(one.value)) for one in Granularity)


def able(profile: Profile) -> Profile:
    """The profile with all that the plans need of it."""
    return replace(profile, triggers=DOCS.triggers, credentials=SECRETS.credentials, mail_command=("sendmail -t",))


def emitted(plan: Plan, profile: Profile = SITE, lost: frozenset[Use] = frozenset()) -> dict[str, str]:
    """The bodies of the files by path, read back and found right."""
    files = GITHUB.emit(plan, profile, lost)
    validate.validate(GITHUB, plan, files, lost, silent_events(GITHUB, plan, profile))
    return {file.path: file.body for file in files}


def said(plan: Plan, profile: Profile = SITE, lost: frozenset[Use] = frozenset()) -> dict[str, Any]:
    """What the one workflow says, as GitHub reads YAML."""
    (body,) = emitted(plan, profile, lost).values()
    return load_workflow(body)


def jobs(plan: Plan, profile: Profile = SITE, lost: frozenset[Use] = frozenset()) -> dict[str, Any]:
    found: dict[str, Any] = said(plan, profile, lost)["jobs"]
    return found


def step(job: dict[str, Any], name: str) -> dict[str, Any]:
    """The one step of that name."""
    (found,) = (one for one in job["steps"] if one["name"] == name)
    return dict(found)
