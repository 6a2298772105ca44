"""Deliberate leaks: the search for secrets must find each at its place, and nothing else may find it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from transpiler.local import process
from transpiler.program import Archive, StageProgram

from .breaking import Apply, Mutation, attribute, emitted, lowered, program, stages

_LEAK = "it's leaked"
_REPORTS = ".gitlab-ci-reports/dotenv/"
_IN_THE_LOG, _FOUND = "left over: in the log: token", "left over: secret token in "
_IN_AN_ARGUMENT, IN_AN_IMAGE = f"{_FOUND}the arguments", f"{_FOUND}an image: "

_BUILD = 'docker build --quiet --label "ci.run=$run"'
_AS_ARGUMENT = f"printf 'FROM recorder\\nARG TOKEN\\nRUN : $TOKEN\\n' | {_BUILD} --build-arg TOKEN -"
_IN_A_LAYER = (
    f'mkdir leak && printf %s "$TOKEN" > leak/key && printf "FROM recorder\\nCOPY key /\\n" > leak/Dockerfile && '
    f"{_BUILD} leak && rm -r leak"
)
_OF_A_CONTAINER = 'docker commit "$run-side"'


# The first lines of a GitLab job.
_SIDE = "test-side:\n  extends: .test\n"


def _archive_secret(stage: StageProgram) -> StageProgram:
    """The secret in a file of the checkout, and that among the artifacts."""
    if stage.slug != "side":
        return stage
    line = f'printf %s "$TOKEN" > {shlex.quote(_LEAK)}'
    return replace(stage, lines=(*stage.lines, line), archives=(Archive(_LEAK, directory=False),))


def _archive_kube_config(stage: StageProgram) -> StageProgram:
    """The same with the kube config of a deployment."""
    if stage.slug != "first":
        return stage
    line = f'cp "$DEPLOY_KUBECONFIG" {shlex.quote(_LEAK)}'
    return replace(stage, lines=(*stage.lines, line), archives=(Archive(_LEAK, directory=False),))


def _reported(patch: pytest.MonkeyPatch) -> None:
    """The secret in a dotenv report, with which GitLab passes variables to later jobs, and to anyone who downloads
    it."""
    _at_the_end("printf 'TOKEN=%s\\n' \"$TOKEN\" > leak.env")(patch)
    emitted("gitlab", _SIDE, f"{_SIDE}  artifacts: {{reports: {{dotenv: leak.env}}}}\n")(patch)


def _at_the_end(*lines: str, stage: str = "side") -> Apply:
    """The stage that has the secret does this too."""
    return lowered(lambda plan: stages(plan, lambda s: replace(s, lines=(*s.lines, *lines)) if s.slug == stage else s))


def _first_of_all(line: str) -> Apply:
    """A local engine whose every program does this first."""
    right = process.run
    return attribute(process, "run", lambda lines, *given: right((line, *lines), *given))


_BUILDS = "cases/build-secrets"
_SECRET = "--secret id=TOKEN,env=TOKEN"
_OF_A_BUILD = (
    Mutation(
        "a build's secret stands in an argument",
        "jenkins",
        program(_SECRET, f'{_SECRET} --build-arg LEAK="$TOKEN"'),
        _IN_AN_ARGUMENT,
        case=_BUILDS,
    ),
    Mutation(
        "a build's secret is a label of the image",
        "zuul",
        program(_SECRET, f'{_SECRET} --label leak="$TOKEN"'),
        IN_AN_IMAGE,
        case=_BUILDS,
    ),
    Mutation(
        "a build's secret is in a layer",
        "gitlab",
        _at_the_end("unset DOCKER_BUILDKIT", _IN_A_LAYER, stage="text"),
        IN_AN_IMAGE,
        case=_BUILDS,
    ),
    Mutation(
        "a build's log tells its secret",
        "gitlab",
        _at_the_end('printf "%s\\n" "$TOKEN"', stage="text"),
        _IN_THE_LOG,
        case=_BUILDS,
    ),
)

_DEPLOYS = "cases/release-forms"
_OF_A_DEPLOYMENT = (
    Mutation(
        "a log tells the kube config",
        "gitlab",
        _at_the_end('cat "$DEPLOY_KUBECONFIG"', stage="first"),
        "left over: in the log: kube",
        case=_DEPLOYS,
    ),
    Mutation(
        "the kube config stands in an argument",
        "jenkins",
        _at_the_end('sh -c "sleep 1; :" sh "$(cat "$DEPLOY_KUBECONFIG")"', stage="first"),
        "left over: secret kube in the arguments",
        case=_DEPLOYS,
    ),
    Mutation(
        "the kube config is a file of the checkout",
        "jenkins",
        lowered(lambda plan: stages(plan, _archive_kube_config)),
        f"left over: secret kube in {_LEAK}",
        case=_DEPLOYS,
    ),
)

ALL = (
    *_OF_A_BUILD,
    *_OF_A_DEPLOYMENT,
    Mutation(
        "a job's log tells a secret",
        "gitlab",
        emitted("gitlab", "    - export TOKEN=", '    - echo "$SITE_TOKEN"\n    - export TOKEN='),
        _IN_THE_LOG,
    ),
    Mutation(
        "a secret stands in an argument", "gitlab", program("--env TOKEN", '--env TOKEN="$TOKEN"'), _IN_AN_ARGUMENT
    ),
    Mutation(
        "a secret is archived",
        "gitlab",
        lowered(lambda plan: stages(plan, _archive_secret)),
        f"{_FOUND}test-side/{_LEAK}",
    ),
    Mutation(
        "a secret is archived", "jenkins", lowered(lambda plan: stages(plan, _archive_secret)), f"{_FOUND}{_LEAK}"
    ),
    Mutation("a secret is a variable of later jobs", "gitlab", _reported, f"{_FOUND}test-side/{_REPORTS}"),
    Mutation("a secret is a build argument", "gitlab", _at_the_end(_AS_ARGUMENT), IN_AN_IMAGE),
    Mutation("a secret is in a layer", "zuul", _at_the_end(_IN_A_LAYER), IN_AN_IMAGE),
    Mutation("a container with a secret becomes an image", "jenkins", _at_the_end(_OF_A_CONTAINER), IN_AN_IMAGE),
    Mutation("a secret is in a layer", "local", _first_of_all(f'[ -z "${{TOKEN-}}" ] || ({_IN_A_LAYER})'), IN_AN_IMAGE),
    Mutation("a stage's log tells a secret", "local", _first_of_all('printf "%s\\n" "${TOKEN-}"'), _IN_THE_LOG),
    Mutation(
        "a secret stands in an argument",
        "local",
        _first_of_all('[ -z "${TOKEN-}" ] || sh -c "sleep 1; :" sh "$TOKEN"'),
        _IN_AN_ARGUMENT,
    ),
    Mutation(
        "a secret is among what is kept",
        "local",
        _first_of_all('mkdir -p "${artifacts#file://}"; printf %s "${TOKEN-}" >> "${artifacts#file://}/leak"'),
        f"{_FOUND}test/artifacts/leak",
    ),
)
