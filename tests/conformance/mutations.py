"""Deliberate breakages of the compiler, one each. None may go unnoticed: either translation validation or a trace must
show it.

Each represents a mistake that somebody could make in an emitter, in lowering or in a quoting function. Mistakes in
lowering are changes to the plan, which validation cannot notice: only running the outputs shows them.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from transpiler import quoting
from transpiler.graph import Graph
from transpiler.lowering import json_text
from transpiler.program import PipelineProgram, StageProgram
from transpiler.targets.gitlab import ending, group_job, scripts, stage_jobs
from transpiler.targets.gitlab.waiting import needs_of
from transpiler.targets.jenkins import gated, view
from transpiler.targets.jenkins import stages as jenkins_stages
from transpiler.targets.jenkins.dispatch import dispatch
from transpiler.targets.zuul import pipelines as zuul_outputs
from transpiler.targets.zuul import sources as zuul_sources

from . import leaks
from .breaking import Mutation, attribute, emitted, lowered, misquoted, pipelines, program, stages


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
    misquoted(
        "sh leaves a text that looks harmless bare",
        "jenkins",
        quoting.sh,
        lambda text: text if '"' in text or " " in text else shlex.quote(text),
    ),
    misquoted("sh quotes as other shells do", "jenkins", quoting.sh, lambda text: "'" + text.replace("'", "\\'") + "'"),
    misquoted(
        "sh_double forgets the backslash",
        "jenkins",
        quoting.sh_double,
        lambda text: text.replace('"', '\\"').replace("$", "\\$"),
    ),
    misquoted(
        "groovy forgets the backslash",
        "jenkins",
        quoting.groovy,
        lambda text: "'" + text.replace("'", "\\'").replace("\n", "\\n") + "'",
    ),
    misquoted(
        "groovy_lines forgets the backslash",
        "jenkins",
        quoting.groovy_lines,
        lambda lines, indent: "\n".join(indent + line for line in lines),
    ),
    misquoted(
        "groovy_lines indents the lines of a quoted text",
        "jenkins",
        quoting.groovy_lines,
        lambda lines, indent: _GROOVY_LINES(tuple("\n".join(lines).split("\n")), indent),
    ),
    misquoted("comment lets the line end", "jenkins", quoting.comment, lambda text: text),
    misquoted("comment lets the line end", "gitlab", quoting.comment, lambda text: text),
    misquoted(
        "yaml_scalar knows no backslash",
        "gitlab",
        quoting.yaml_scalar,
        lambda text: '"' + text.replace('"', '\\"') + '"',
    ),
    misquoted("yaml_line lets a comment begin", "gitlab", quoting.yaml_line, lambda text: text),
    misquoted(
        "yaml_list loses its last item",
        "gitlab",
        quoting.yaml_list,
        lambda texts: f"[{', '.join(map(quoting.yaml_scalar, [*texts][:-1]))}]",
    ),
    misquoted("ansible_line leaves a template", "zuul", quoting.ansible_line, quoting.yaml_line),
    misquoted(
        "yaml_block loses an empty line",
        "gitlab",
        quoting.yaml_block,
        lambda lines, indent: _YAML_BLOCK(("\n".join(lines).replace("\n\n", "\n"),), indent),
    ),
    misquoted("a parameter is a template", "zuul", zuul_sources.harmless, lambda text: text),
    misquoted("a path is a pattern", "gitlab", group_job.literal, lambda path: path),
    misquoted(
        "JSON forgets the backslash",
        "jenkins",
        json_text.quoted,
        lambda text: '"' + text.replace('"', '\\"') + '"',
        case="cases/hostile-charts",
    ),
)
"""Every function that makes a language's text of a user's; `test_mutation_list` asks that none is missing."""

_REFUSED = "cases/approve-refused"
_BROKEN_EMITTERS = (
    Mutation(
        "nobody is asked before a stage",
        "jenkins",
        emitted("jenkins", "approval('release_part_ask'", "echo('release_part_ask'"),
        case=_REFUSED,
    ),
    Mutation(
        "nobody is asked before a stage", "gitlab", emitted("gitlab", "  when: manual", "  when: always"), case=_REFUSED
    ),
    Mutation(
        "what follows an approval does not wait for it",
        "jenkins",
        attribute(gated, "_before", lambda *_: ()),
        case="cases/approve",
    ),
    Mutation("a Jenkinsfile drops an edge", "jenkins", attribute(view, "dispatch", _dispatch)),
    Mutation(
        "a job needs one job less", "gitlab", attribute(stage_jobs, "needs_of", lambda *given: needs_of(*given)[:-1])
    ),
    Mutation("a method calls another stage's", "jenkins", emitted("jenkins", "{ test_second() }", "{ test_side() }")),
    Mutation("a node ends without teardown", "jenkins", emitted("jenkins", "docker rm --force", ": docker rm --force")),
    Mutation("a job ends without teardown", "gitlab", attribute(scripts, "_teardown", lambda *_: ("true",))),
    Mutation("images between jobs stay", "gitlab", attribute(ending, "remove_images", _nothing)),
    Mutation(
        "an image that a job took stays on the daemon",
        "gitlab",
        emitted("gitlab", 'docker rmi "$own"', 'echo "$own"'),
        "left over: ",
    ),
    Mutation(
        "a job does not take the image that it runs", "gitlab", emitted("gitlab", "    - take_image test-first\n", "")
    ),
    Mutation(
        "a job does not take the files that it builds from", "gitlab", emitted("gitlab", "    - take_files first\n", "")
    ),
    Mutation("a credential's two parts are swapped", "jenkins", lowered(lambda plan: stages(plan, _other_credentials))),
    Mutation(
        "an archive is forgotten", "jenkins", lowered(lambda plan: stages(plan, lambda s: replace(s, archives=())))
    ),
    Mutation("a mail is not sent", "jenkins", attribute(jenkins_stages, "_mail", _nothing)),
    Mutation("a pipeline runs on another event", "jenkins", emitted("jenkins", "['tag']", "['merge', 'tag']")),
    Mutation("the copied files do not travel", "gitlab", lowered(lambda plan: stages(plan, _no_files))),
)

_BROKEN_LOWERING = (
    Mutation("an edge is lost", "jenkins", lowered(lambda plan: pipelines(plan, _unordered))),
    Mutation(
        "teardown is skipped", "jenkins", lowered(lambda plan: pipelines(plan, lambda p: replace(p, teardown=())))
    ),
    Mutation("two values are swapped", "jenkins", lowered(lambda plan: stages(plan, _swap_values))),
    Mutation("an argument is not quoted", "jenkins", program('"<$first_x>"', "<$first_x>")),
    Mutation("a value loses its last newline", "jenkins", program(" && echo .)", ")")),
    Mutation("a failure is passed over", "jenkins", program("set -eu", "set -u")),
    Mutation("a secret stands in an argument", "jenkins", program("--env TOKEN", '--env TOKEN="$TOKEN"')),
    Mutation("a tag is not pushed", "jenkins", program("for tag in v1 stable", "for tag in v1")),
    Mutation(
        "a trigger loses a parameter",
        "gitlab",
        lowered(
            lambda plan: stages(
                plan, lambda s: replace(s, trigger=replace(s.trigger, parameters=()) if s.trigger else None)
            )
        ),
    ),
)

_NO_LOG = "      no_log: true # Zuul publishes the arguments of every task in job-output.json\n"
_SECRET = 'cmd: !unsafe umask 077; mkdir -p "$values/secret/side"; base64 -d > "$values/secret/side/$name"'

_BROKEN_ZUUL = (
    Mutation(
        "a secret stands in what Zuul publishes", "zuul", emitted("zuul", _NO_LOG, _NO_LOG.replace("true", "false"))
    ),
    Mutation(
        "a secret stands in an argument",
        "zuul",
        emitted("zuul", _SECRET, f"cmd: '{_SECRET[13:]}; sleep 1 # {{{{ item.value }}}}'"),
    ),
    Mutation("a program is a template", "zuul", emitted("zuul", "cmd: !unsafe |", "cmd: |")),
    Mutation("a name is a template", "zuul", emitted("zuul", "- name: !unsafe ", "- name: ")),
    Mutation("a path is a template", "zuul", emitted("zuul", "path: !unsafe ", "path: ")),
    Mutation("a mail is not sent", "zuul", attribute(zuul_outputs, "_mails", lambda _: ())),
)

ALL = (*leaks.ALL, *_BROKEN_ZUUL, *_BROKEN_QUOTES, *_BROKEN_EMITTERS, *_BROKEN_LOWERING)
