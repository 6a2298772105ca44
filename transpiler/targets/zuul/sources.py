"""Where Zuul has the values that a stage program reads: Ansible expressions over its `zuul` variables.

Every expression is defined whatever started the job, because Ansible fails a task on an undefined name. It knows
nothing of jobs or playbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from transpiler.profile import Profile
from transpiler.program import MailProgram, StageProgram, setup_variable
from transpiler.targets.zuul import settings

# Set by tasks of ours before any stage runs; empty in those tasks themselves, which share the environment.
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
# What Jenkins' checkout returns, as far as it is known here.
CHECKOUT = {"GIT_COMMIT": _SETUP["commit"], "GIT_BRANCH": _SETUP["branch"], "GIT_URL": _SETUP["remote"]}
# The names that Zuul v2 gave, which configs still read.
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
    """`text` as Ansible must find it where it looks for templates, to arrive at exactly `text`. What is a template has
    its carriage returns made newlines by Jinja, and its backslashes doubled by Ansible."""
    if not _JINJA_OPENING.search(text):
        return text
    return _JINJA_OPENING.sub("{{ '{' }}", text).replace("\r", "{{ '%c' % 13 }}")


def environment(
    stages: Iterable[StageProgram], mails: Iterable[MailProgram], profile: Profile
) -> tuple[tuple[str, str], ...]:
    """The variables (name, Ansible text) that these programs read. A name that only the node can know is left to
    it."""
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
    if key == "logURL":  # no variable has the address of the logs, which are stored only after the build
        url = settings.of(profile).url
        return f"{harmless(url)}/build/{{{{ zuul.build }}}}" if url else ""
    if not key.startswith(_PARAMETER):
        return {**_SETUP, **CHECKOUT}.get(key, "")
    name = key.removeprefix(_PARAMETER)
    if name in _ENVIRONMENT:
        return _ENVIRONMENT[name]
    # A parameter of the run is a variable of the job; `unsafe_vars` has it as it was written.
    return f"{{{{ unsafe_vars.{name} | default('') }}}}" if _VARIABLE.fullmatch(name) else ""


def reads(variables: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether one of these variables needs what a task of ours sets: STARTED or HEAD."""
    return any(name in text for _, text in variables)
