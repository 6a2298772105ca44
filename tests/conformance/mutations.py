"""Deliberate breakages of the compiler, one each. None may pass: either translation validation or a trace tells.

Each stands for a mistake that somebody could make in an emitter, in lowering or in a quoting function. Those of
lowering are changes to the plan, of which validation can know nothing: only running the outputs tells.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pytest
import yaml

from transpiler import driver, quoting
from transpiler.graph import Graph
from transpiler.local import process
from transpiler.lowering import lower
from transpiler.program import Archive, PipelineProgram, Plan, RenderedFile, StageProgram
from transpiler.targets import render, target
from transpiler.targets.gitlab import ending, jobs, scripts
from transpiler.targets.gitlab.waiting import needs_of
from transpiler.targets.jenkins import stages, view
from transpiler.targets.jenkins.dispatch import dispatch
from transpiler.targets.jenkins.tokens import Unreadable
from transpiler.targets.validate import Mistranslation
from transpiler.targets.zuul import jobs as zuul_jobs
from transpiler.targets.zuul import outputs as zuul_outputs

CAUGHT = (Mistranslation, Unreadable, yaml.YAMLError)
"""How translation validation ends a compilation that went wrong, before anything is written."""

Apply: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutation:
    """One breakage, to be applied before the hostile case is compiled for `engine`. `told`: begins what the search for
    secrets must say of it; "" where another difference will do."""

    what: str
    engine: str
    apply: Apply
    told: str = ""


def everywhere(function: Callable[..., Any], broken: Callable[..., Any]) -> Apply:
    """In place of a function wherever it was imported to, and of the filter that it is in templates."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("transpiler"):
                for attribute, value in list(vars(module).items()):
                    if value is function:
                        patch.setattr(module, attribute, broken)
        # A new one: templates that were imported already keep the filters that they found.
        environment = render.environment.__wrapped__()
        environment.filters.update({key: broken for key, value in environment.filters.items() if value is function})
        patch.setattr(render, "environment", lambda: environment)

    return apply


def lowered(change: Callable[[Plan], Plan]) -> Apply:
    """A lowering that makes another plan."""
    return lambda patch: patch.setattr(driver, "lower", lambda *given: change(lower(*given)))


def emitted(engine: str, old: str, new: str) -> Apply:
    """An emitter that writes `new` for `old`, which must be there."""
    right = target(engine).emit

    def emit(*given: Any) -> tuple[RenderedFile, ...]:
        files = right(*given)
        assert any(old in file.body for file in files), f"nothing to break: {old!r}"
        return tuple(replace(file, body=file.body.replace(old, new)) for file in files)

    return lambda patch: patch.setattr(target(engine), "emit", emit)


def attribute(module: object, name: str, broken: Any) -> Apply:
    """In place of what one module calls by that name."""
    return lambda patch: patch.setattr(module, name, broken)


def program(old: str, new: str) -> Apply:
    """Stages' programs with another text, which some program must hold."""

    def change(plan: Plan) -> Plan:
        assert any(old in line for p in plan.pipelines for s in p.stages for line in s.lines), f"nothing: {old!r}"
        return _stages(plan, lambda s: replace(s, lines=tuple(line.replace(old, new) for line in s.lines)))

    return lowered(change)


def _stages(plan: Plan, change: Callable[[StageProgram], StageProgram]) -> Plan:
    return _pipelines(plan, lambda p: replace(p, stages=tuple(map(change, p.stages))))


def _pipelines(plan: Plan, change: Callable[[PipelineProgram], PipelineProgram]) -> Plan:
    return replace(plan, pipelines=tuple(map(change, plan.pipelines)))


def _without_edge(graph: Graph) -> Graph:
    """Its last edge gone."""
    return replace(graph, edges=graph.edges[:-1])


def _unordered(pipeline: PipelineProgram) -> PipelineProgram:
    """A pipeline whose last stage waits for one stage less."""
    return replace(pipeline, graph=_without_edge(pipeline.graph))


def _other_credentials(stage: StageProgram) -> StageProgram:
    """User name and password in each other's variables."""
    return replace(stage, credentials=tuple(replace(c, variables=c.variables[::-1]) for c in stage.credentials))


def _swapped(text: str, a: str, b: str) -> str:
    return text.replace(a, "\0").replace(b, a).replace("\0", b)


def _swap_values(stage: StageProgram) -> StageProgram:
    """Two values of one stage in each other's files."""
    if stage.slug != "first":
        return stage
    return replace(stage, lines=tuple(_swapped(line, "/first.x", "/first.y") for line in stage.lines))


def _dispatch(stages: Graph, methods: Mapping[str, str], name: Callable[[], str]) -> Any:
    return dispatch(_without_edge(stages), methods, name)


def _nothing(*_: object) -> None:
    return None


def _no_files(stage: StageProgram) -> StageProgram:
    return replace(stage, copies=())


_GROOVY_LINES, _YAML_BLOCK = quoting.groovy_lines, quoting.yaml_block

_BROKEN_QUOTES = (
    Mutation("sh leaves a text that looks harmless bare", "jenkins",
             everywhere(quoting.sh, lambda text: text if '"' in text or " " in text else shlex.quote(text))),
    Mutation("sh quotes as other shells do", "jenkins",
             everywhere(quoting.sh, lambda text: "'" + text.replace("'", "\\'") + "'")),
    Mutation("sh_double forgets the backslash", "jenkins",
             everywhere(quoting.sh_double, lambda text: text.replace('"', '\\"').replace("$", "\\$"))),
    Mutation("groovy forgets the backslash", "jenkins",
             everywhere(quoting.groovy, lambda text: "'" + text.replace("'", "\\'").replace("\n", "\\n") + "'")),
    Mutation("groovy_lines forgets the backslash", "jenkins",
             everywhere(quoting.groovy_lines, lambda lines, indent: "\n".join(indent + line for line in lines))),
    Mutation("groovy_lines indents the lines of a quoted text", "jenkins",
             everywhere(quoting.groovy_lines, lambda lines, indent: _GROOVY_LINES(
                 tuple("\n".join(lines).split("\n")), indent))),
    Mutation("yaml_scalar knows no backslash", "gitlab",
             everywhere(quoting.yaml_scalar, lambda text: '"' + text.replace('"', '\\"') + '"')),
    Mutation("yaml_line lets a comment begin", "gitlab", everywhere(quoting.yaml_line, lambda text: text)),
    Mutation("yaml_block loses an empty line", "gitlab",
             everywhere(quoting.yaml_block, lambda lines, indent: _YAML_BLOCK(
                 ("\n".join(lines).replace("\n\n", "\n"),), indent))),
)  # fmt: skip

_BROKEN_EMITTERS = (
    Mutation("a Jenkinsfile drops an edge", "jenkins",
             attribute(view, "dispatch", _dispatch)),
    Mutation("a job needs one job less", "gitlab",
             attribute(jobs, "needs_of", lambda *given: needs_of(*given)[:-1])),
    Mutation("a method calls another stage's", "jenkins", emitted("jenkins", "{ test_second() }", "{ test_side() }")),
    Mutation("a node ends without teardown", "jenkins", emitted("jenkins", "docker rm --force", ": docker rm --force")),
    Mutation("a job ends without teardown", "gitlab", attribute(scripts, "_teardown", lambda *_: ("true",))),
    Mutation("images between jobs stay", "gitlab",
             attribute(ending, "remove_images", _nothing)),
    Mutation("a job does not take the image that it runs", "gitlab",
             emitted("gitlab", "    - take_image test-first\n", "")),
    Mutation("a job does not take the files that it builds from", "gitlab",
             emitted("gitlab", "    - take_files first\n", "")),
    Mutation("a credential's two parts are swapped", "jenkins",
             lowered(lambda plan: _stages(plan, _other_credentials))),
    Mutation("an archive is forgotten", "jenkins",
             lowered(lambda plan: _stages(plan, lambda s: replace(s, archives=())))),
    Mutation("a mail is not sent", "jenkins",
             attribute(stages, "_mail", _nothing)),
    Mutation("a pipeline runs on another event", "jenkins", emitted("jenkins", "['tag']", "['merge', 'tag']")),
    Mutation("the copied files do not travel", "gitlab", lowered(lambda plan: _stages(plan, _no_files))),
)  # fmt: skip

_BROKEN_LOWERING = (
    Mutation("an edge is lost", "jenkins", lowered(lambda plan: _pipelines(plan, _unordered))),
    Mutation("teardown is skipped", "jenkins",
             lowered(lambda plan: _pipelines(plan, lambda p: replace(p, teardown=())))),
    Mutation("two values are swapped", "jenkins", lowered(lambda plan: _stages(plan, _swap_values))),
    Mutation("an argument is not quoted", "jenkins", program('"<$first_x>"', "<$first_x>")),
    Mutation("a value loses its last newline", "jenkins", program(" && echo .)", ")")),
    Mutation("a failure is passed over", "jenkins", program("set -eu", "set -u")),
    Mutation("a secret stands in an argument", "jenkins", program("--env TOKEN", '--env TOKEN="$TOKEN"')),
    Mutation("a tag is not pushed", "jenkins", program("for tag in v1 stable", "for tag in v1")),
    Mutation("a trigger loses a parameter", "gitlab",
             lowered(lambda plan: _stages(plan, lambda s: replace(
                 s, trigger=replace(s.trigger, parameters=()) if s.trigger else None)))),
)  # fmt: skip

_NO_LOG = "      no_log: true # Zuul publishes the arguments of every task in job-output.json\n"
_SECRET = 'cmd: !unsafe umask 077; cat > "$values/secret/side.$name"'

_BROKEN_ZUUL = (
    Mutation("a secret stands in what Zuul publishes", "zuul",
             emitted("zuul", _NO_LOG, _NO_LOG.replace("true", "false"))),
    Mutation("a secret stands in an argument", "zuul",
             emitted("zuul", _SECRET, f"cmd: '{_SECRET[13:]}; sleep 1 # {{{{ item.value }}}}'")),
    Mutation("a program is a template", "zuul", emitted("zuul", "cmd: !unsafe |", "cmd: |")),
    Mutation("a parameter is a template", "zuul", attribute(zuul_jobs, "harmless", lambda text: text)),
    Mutation("a mail is not sent", "zuul", attribute(zuul_outputs, "_mails", lambda _: ())),
)  # fmt: skip

_LEAK = "it's leaked"
_IN_THE_LOG, _IN_AN_ARGUMENT = "left over: in the log: token", "left over: secret token in the arguments"


def _archive_secret(stage: StageProgram) -> StageProgram:
    """The secret in a file of the checkout, and that among the artifacts."""
    if stage.slug != "side":
        return stage
    line = f'printf %s "$TOKEN" > {shlex.quote(_LEAK)}'
    return replace(stage, lines=(*stage.lines, line), archives=(Archive(_LEAK, directory=False),))


def _first_of_all(line: str) -> Apply:
    """A local engine whose every program does this first."""
    right = process.run
    return attribute(process, "run", lambda lines, *given: right((line, *lines), *given))


_LEAKING = (
    Mutation("a job's log tells a secret", "gitlab",
             emitted("gitlab", "    - export TOKEN=", "    - echo \"$SITE_TOKEN\"\n    - export TOKEN="), _IN_THE_LOG),
    Mutation("a secret stands in an argument", "gitlab",
             program("--env TOKEN", '--env TOKEN="$TOKEN"'), _IN_AN_ARGUMENT),
    Mutation("a secret is archived", "gitlab",
             lowered(lambda plan: _stages(plan, _archive_secret)), "left over: secret token in "),
    Mutation("a secret is archived", "jenkins",
             lowered(lambda plan: _stages(plan, _archive_secret)), "left over: secret token in "),
    Mutation("a stage's log tells a secret", "local",
             _first_of_all('printf "%s\\n" "${TOKEN-}"'), _IN_THE_LOG),
    Mutation("a secret stands in an argument", "local",
             _first_of_all('[ -z "${TOKEN-}" ] || sh -c "sleep 1; :" sh "$TOKEN"'), _IN_AN_ARGUMENT),
    Mutation("a secret is among what is kept", "local",
             _first_of_all('mkdir -p "${artifacts#file://}"; printf %s "${TOKEN-}" >> "${artifacts#file://}/leak"'),
             "left over: secret token in "),
)  # fmt: skip

ALL = (*_LEAKING, *_BROKEN_ZUUL, *_BROKEN_QUOTES, *_BROKEN_EMITTERS, *_BROKEN_LOWERING)
