"""Ansible expressions, on Zuul's `zuul` variables, for the values that stage programs read.

Each expression is defined for every kind of event, because Ansible fails a task on an undefined name. Knows nothing of
jobs or playbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import EVENT, MailProgram, StageProgram, setup_variable
from transpiler.targets.zuul import settings

# Set by tasks that run before any stage; empty in those tasks, which have the same environment.
STARTED = "transpipe_started"
HEAD = "transpipe_head"

_SETUP = {
    "project": "{{ zuul.project.name }}",
    "projectShortName": "{{ zuul.project.short_name }}",
    "commit": f"{{{{ {HEAD}.stdout | default('') }}}}",
    "branch": "{{ zuul.branch | default('') }}",
    "remote": "https://{{ zuul.project.canonical_name }}",
    "tag": "{{ zuul.tag | default('') }}",
    "timestamp": f"{{{{ {STARTED} | default('') }}}}",
}
# Those values that Jenkins' checkout returns and Zuul has too.
CHECKOUT = {"GIT_COMMIT": _SETUP["commit"], "GIT_BRANCH": _SETUP["branch"], "GIT_URL": _SETUP["remote"]}
# Variables of Zuul v2 that some configs still read.
_ENVIRONMENT = {
    "ZUUL_BRANCH": "{{ zuul.branch | default('') }}",
    "ZUUL_CHANGE": "{{ zuul.change | default('') }}",
    "ZUUL_PATCHSET": "{{ zuul.patchset | default('') }}",
    "ZUUL_COMMIT": f"{{{{ zuul.newrev | default({HEAD}.stdout) | default('') }}}}",
    "ZUUL_REF": "{{ zuul.ref | default('') }}",
    "ZUUL_PROJECT": "{{ zuul.project.name }}",
    "ZUUL_PIPELINE": "{{ zuul.pipeline }}",
    "ZUUL_UUID": "{{ zuul.build }}",
    "ZUUL_URL": "",
}
_PARAMETER = "params."
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_JINJA_OPENING = re.compile(r"\{(?=[{%#])")


def harmless(text: str) -> str:
    """Escapes `text` so that Ansible, which evaluates templates there, gets exactly `text`. In a template, Jinja turns
    carriage returns into newlines, and Ansible doubles backslashes."""
    if not _JINJA_OPENING.search(text):
        return text
    return _JINJA_OPENING.sub("{{ '{' }}", text).replace("\r", "{{ '%c' % 13 }}")


def environment(
    stages: Iterable[StageProgram], mails: Iterable[MailProgram], profile: Profile
) -> tuple[tuple[str, str], ...]:
    """The variables (name, Ansible text) that these programs read. A variable that Zuul does not have is left out; the
    node may have it."""
    stages = tuple(stages)
    keys = {key for stage in stages for key in stage.setup} | {key for mail in mails for key in mail.setup}
    names = {name for stage in stages for name in stage.environment}
    found: dict[str, str] = {}
    if any(stage.registry for stage in stages):
        found["registry"] = harmless(profile.registry.name)
    if any(stage.push_registry for stage in stages):
        found["push_registry"] = harmless(profile.registry.push_name)
    if any(stage.artifacts for stage in stages):
        found["artifacts"] = "artifacts"
    for key in sorted(keys):
        found[setup_variable(key)] = _setup(key, profile)
    for name in sorted(names & _ENVIRONMENT.keys()):
        found[name] = _ENVIRONMENT[name]
    return tuple(found.items())


def _setup(key: str, profile: Profile) -> str:
    if key == "logURL":  # logs are stored only after the build, so no variable has their URL
        url = settings.of(profile).url
        return f"{harmless(url)}/build/{{{{ zuul.build }}}}" if url else ""
    if key == EVENT:
        return event(profile)
    if not key.startswith(_PARAMETER):
        return {**_SETUP, **CHECKOUT}.get(key, "")
    name = key.removeprefix(_PARAMETER)
    if name in _ENVIRONMENT:
        return _ENVIRONMENT[name]
    # A parameter of the run is a variable of the job; `unsafe_vars` has its text without evaluating templates.
    return f"{{{{ unsafe_vars.{name} | default('') }}}}" if _VARIABLE.fullmatch(name) else ""


def event(profile: Profile) -> str:
    """The event that the site's pipeline stands for. One that stands for several, too, for a merge and a new tag alone
    tells which: everything else counts as a change."""
    found: dict[str, set[Event]] = {}
    for event, names in settings.of(profile).pipelines.items():
        for name in names:
            found.setdefault(name, set()).add(event)
    pushed = " if zuul.tag is defined else ".join(f"'{event.value}'" for event in (Event.TAG, Event.MERGE))
    known = {name: f"'{next(iter(events)).value}'" for name, events in found.items() if len(events) == 1}
    known |= {name: pushed for name, events in found.items() if events == {Event.MERGE, Event.TAG}}
    quoted = {name: name.replace("\\", "\\\\").replace("'", "\\'") for name in known}
    items = ", ".join(f"'{quoted[name]}': {text}" for name, text in known.items())
    return f"{{{{ {{{items}}}[zuul.pipeline] | default('{Event.CHANGE.value}') }}}}"


def reads(variables: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether one of these variables reads `name`, which is STARTED or HEAD and is set by an earlier task."""
    return any(name in text for _, text in variables)
