"""Reads the pipelines, with their stages, order, events and programs, back from emitted Zuul files.

It is for translation validation, so it shares no code with the emitter and reads the YAML as Zuul and Ansible do. It
assumes that the teardown's playbook is in the playbooks' folder; that a pipeline which is one job runs
`<pipeline>.yaml` there, and one with a job for each stage runs `<pipeline>/<stage>.yaml`; that the stages are the shell
tasks in a play's `tasks` without a loop or `no_log`; and that a program begins with `set -eu`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname
from typing import Any

from transpiler.ir import Event
from transpiler.program import ReadPipeline
from transpiler.targets.yaml_text import load

_QUEUE = re.compile(r"^ {4}(\S.*): # ([a-z, ]+)$", re.MULTILINE)
_ELSEWHERE = re.compile(r'sh "\$values/program/([^"]*)"')
_NAMED = re.compile(r".* \((\S+)\)", re.DOTALL)
_FIRST_LINE = "set -eu"
_LAST_IN_BACKGROUND = '} > "$values/log/$stage" 2>&1 < /dev/null &\n'

_Stanza = dict[str, Any]


def read(files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
    """Returns the pipelines in the text of emitted files (path to body). Raises KeyError or a similar exception if
    transpipe did not emit the text."""
    documents = {path: load(text) for path, text in files.items()}
    config = next(path for path, document in documents.items() if any("project" in stanza for stanza in document))
    jobs = [stanza["job"] for stanza in documents[config] if "job" in stanza]
    project = next(stanza["project"] for stanza in documents[config] if "project" in stanza)
    queues = _queues(project)
    events = {_key(name): text.split(", ") for name, text in _QUEUE.findall(files[config])}
    everywhere = _on_every_branch(project)
    root, playbooks = _root(jobs), _from_the_top(documents, jobs)
    found: dict[str, dict[str, str]] = {}
    for job in jobs:
        if "run" in job:
            path = job["run"].removeprefix(f"{root}/")
            slug = path.partition("/")[0] if "/" in path else path.removesuffix(".yaml")
            found.setdefault(slug, {})[job["name"]] = job["run"]
    return tuple(
        _pipeline(slug, runs, root, queues, _meant(events, everywhere, runs), playbooks) for slug, runs in found.items()
    )


def _key(text: str) -> str:
    """A key, without its quotes."""
    return str(load(text)) if text[0] in "\"'" else text


def _root(jobs: list[_Stanza]) -> str:
    """The playbooks' folder."""
    return next((dirname(path) for path in _teardowns(jobs)), "")


def _teardowns(jobs: list[_Stanza]) -> Iterator[str]:
    for job in jobs:
        paths = job.get("post-run", [])
        for entry in paths if isinstance(paths, list) else [paths]:
            path = entry if isinstance(entry, str) else entry["name"]
            if basename(path).startswith("teardown"):
                yield path


def _from_the_top(documents: Mapping[str, Any], jobs: list[_Stanza]) -> Mapping[str, Any]:
    """The documents by their paths as jobs name playbooks: from the top of the repository, of which the files may be in
    a folder."""
    named = next(_teardowns(jobs), "")
    folder = next((named.removesuffix(path) for path in documents if f"/{named}".endswith(f"/{path}")), "")
    return {f"{folder}{path}": document for path, document in documents.items()}


def _queues(project: _Stanza) -> dict[str, dict[str, list[str]]]:
    """For each of the site's pipelines, the jobs in it and their dependencies."""
    return {
        queue: {
            name: (entry[name] or {}).get("dependencies", []) if isinstance(entry, dict) else []
            for entry in value["jobs"]
            for name in (entry if isinstance(entry, dict) else (entry,))
        }
        for queue, value in project.items()
        if isinstance(value, dict)
    }


def _on_every_branch(project: _Stanza) -> dict[str, set[str]]:
    """For each of the site's pipelines, the jobs in it that are not limited to certain branches."""
    return {
        queue: {
            name
            for entry in value["jobs"]
            for name, settings in (entry.items() if isinstance(entry, dict) else ((entry, None),))
            if "branches" not in (settings or {})
        }
        for queue, value in project.items()
        if isinstance(value, dict)
    }


def _meant(
    events: Mapping[str, list[str]], everywhere: Mapping[str, set[str]], jobs: Mapping[str, str]
) -> dict[str, list[str]]:
    """The events for which each of the site's pipelines runs these jobs. If a job runs on every branch, a push is not a
    merge, and the clock's time not a schedule."""
    return {
        queue: [] if names in (["merge"], ["schedule"]) and everywhere[queue] & jobs.keys() else names
        for queue, names in events.items()
    }


def _pipeline(
    slug: str,
    runs: Mapping[str, str],
    root: str,
    queues: Mapping[str, Mapping[str, list[str]]],
    events: Mapping[str, list[str]],
    documents: Mapping[str, Any],
) -> ReadPipeline:
    where = [queue for queue, jobs in queues.items() if runs.keys() & jobs.keys()]
    plays = {job: documents[path][0] for job, path in runs.items()}
    deciding = ""
    if set(runs.values()) == {f"{root}/{slug}.yaml"}:
        only = next(iter(plays.values()))
        scripts, edges = _tasks(only)
        deciding = _deciding(only)
    else:
        scripts, edges = _jobs(plays, [queues[queue] for queue in where])
    return ReadPipeline(
        slug,
        _events([events[queue] for queue in where]),
        tuple(name for name, _ in scripts),
        frozenset(edges),
        tuple(scripts),
        deciding,
    )


def _deciding(play: _Stanza) -> str:
    """The program that decides whether a play goes on; "" if it always does."""
    tasks = play["pre_tasks"]
    at = next((i for i, task in enumerate(tasks) if task.get("register") == "transpipe_changes"), None)
    if at is None:
        return ""
    program, _, told = str(_shell(tasks[at])["cmd"]).removesuffix("\n").rpartition("\n")
    after = tasks[-1]
    ends = "(transpipe_changes.stdout_lines | last) == 'runs=no'", "end_play"
    if told != 'echo "runs=$runs"' or (after.get("when"), after.get("ansible.builtin.meta")) != ends:
        raise ValueError("a play goes on whatever is decided")
    return program


def _events(where: list[list[str]]) -> frozenset[Event] | None:
    """The events, or None if one of the site's pipelines is for several events, because the text does not say which."""
    if any(len(names) > 1 for names in where):
        return None
    return frozenset(Event(name) for names in where for name in names)


def _tasks(play: _Stanza) -> tuple[list[tuple[str, str]], set[tuple[str, str]]]:
    """The stages of a pipeline that is one job, and their order.

    A task comes after all tasks before it. A task in the background comes after those that its `after` names, and after
    those that had ended when it was started: a task that shows the logs of stages waits for their end.
    """
    scripts: list[tuple[str, str]] = []
    edges: set[tuple[str, str]] = set()
    ended: list[str] = []
    programs = _programs(play)
    for task in play["tasks"]:
        if _is_stage(task):
            slug = _slug(task["name"])
            scripts.append((slug, _script(task, programs)))
            edges |= {(other, slug) for other in (*ended, *task["environment"].get("after", "").split())}
            ended = ended if _in_background(task) else [slug]
        elif _shell(task) and "no_log" not in task:
            ended = task["loop"]
    return scripts, edges


def _jobs(
    plays: Mapping[str, _Stanza], queues: list[Mapping[str, list[str]]]
) -> tuple[list[tuple[str, str]], set[tuple[str, str]]]:
    """The stages of a pipeline with a job for each, and their order, which is the same in all of the site's
    pipelines."""
    slugs: dict[str, str] = {}
    scripts: list[tuple[str, str]] = []
    for job, play in plays.items():
        task = next(task for task in play["tasks"] if _is_stage(task))
        slugs[job] = _slug(task["name"])
        scripts.append((slugs[job], _script(task, _programs(play))))
    orders = [
        {(slugs[other], slugs[job]) for job, others in queue.items() if job in slugs for other in others}
        for queue in queues
    ]
    return scripts, set.intersection(*orders) if orders else set()


def _is_stage(task: _Stanza) -> bool:
    return bool(_shell(task)) and "loop" not in task and "no_log" not in task


def _shell(task: _Stanza) -> _Stanza:
    shell: _Stanza = task.get("ansible.builtin.shell", {})
    return shell


def _in_background(task: _Stanza) -> bool:
    """Whether the task's shell starts the program in the background."""
    return str(_shell(task)["cmd"]).endswith(_LAST_IN_BACKGROUND)


def _slug(name: str) -> str:
    """The slug in a task's name, which is the stage's name, followed by the slug if that differs."""
    named = _NAMED.fullmatch(name)
    return named[1] if named else name


def _programs(play: _Stanza) -> dict[str, str]:
    """Programs that are in files, because they are too long for an argument, by the file's name."""
    copies = (task.get("ansible.builtin.copy") for task in play["tasks"])
    return {basename(copy["dest"]): copy["content"] for copy in copies if copy}


def _script(task: _Stanza, programs: Mapping[str, str]) -> str:
    """The program, without the lines before it that set its secrets and wait for other stages."""
    text: str = _shell(task)["cmd"]
    lines = text.removesuffix("\n").split("\n")
    if _in_background(task):
        lines = lines[1:-1]
    if elsewhere := _ELSEWHERE.fullmatch(lines[-1]):
        lines = programs[elsewhere[1]].removesuffix("\n").split("\n")
    return "\n".join(lines[lines.index(_FIRST_LINE) :]) if _FIRST_LINE in lines else ""
