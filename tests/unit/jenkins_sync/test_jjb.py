"""Jobs beside what jenkins-job-builder 6.5.0 makes of the same: an independent hand's idea of the same XML.

The texts are compared as they are posted, element by element; what differs is listed here with its reason, and
nothing else may.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from engines.fixtures import without

from transpiler.jenkins_sync.jobs import canonical, xml
from transpiler.jenkins_sync.jobs.definition import (
    Body,
    FromSource,
    Inline,
    JobDefinition,
    Multibranch,
    Parameter,
    Starter,
)

ROOT = Path(__file__).resolve().parents[3]
URL = "https://git.example.org/team/web.git"
SCRIPT = "node {\n  echo 'a < b && \"c\"'\n}\n"

EVERYWHERE = {
    "description": "both say whose the job is, each in its own words",
    "blockBuildWhenDownstreamBuilding": "JJB: a freestyle job's, which others do not have; false is the default",
    "blockBuildWhenUpstreamBuilding": "JJB: likewise",
    "concurrentBuild": "JJB: a freestyle job's; a Pipeline job has a property for it",
    "canRoam": "JJB: a freestyle job's; true is the default",
    "keepDependencies": "false, the default; a multibranch job has no such field",
    "publishers": "JJB: a freestyle job's, and empty",
    "buildWrappers": "JJB: a freestyle job's, and empty",
    "scm": "JJB: a freestyle job's; no SCM is the default",
    "triggers": "empty: where Jenkins kept them once",
    "disabled": "false, the default",
}
"""Elements below the root that only one of the two writes, or writes otherwise, and why that is no difference."""

REMOTE = "definition/scm/userRemoteConfigs/hudson.plugins.git.UserRemoteConfig"
SCM = {
    f"{REMOTE}/name": "origin, the git plugin's default",
    f"{REMOTE}/refspec": "all branches, the git plugin's default",
    "definition/scm/disableSubmodules": "a field of git plugin 1, which moved it to an extension",
    "definition/scm/recursiveSubmodules": "likewise",
    "definition/scm/remotePoll": "likewise",
    "definition/scm/reference": "likewise",
    "definition/scm/gitConfigName": "likewise",
    "definition/scm/gitConfigEmail": "likewise",
    "definition/scm/gitTool": "the default tool is the default",
    "definition/scm/submoduleCfg": "two names for an empty list",
    "definition/scm/extensions/hudson.plugins.git.extensions.impl.WipeWorkspace": "JJB wipes the workspace unless told "
    "not to; the Jenkinsfile's own checkout cleans it",
    "definition/sandbox": "JJB; a Jenkinsfile from SCM has no such field: it always runs in the sandbox",
}
SOURCE = "sources/data/jenkins.branch.BranchSource"
BRANCHES = {
    "views": "JJB; Jenkins makes a folder's views itself",
    "viewsTabBar": "likewise",
    "folderViews": "likewise",
    "healthMetrics": "JJB; Jenkins' own default",
    "icon": "JJB; Jenkins makes a folder's icon itself",
    "orphanedItemStrategy/abortBuilds": "JJB; false is the default",
    f"{SOURCE}/source/id": "JJB derives it from the URL, we from the project: branches keep their builds when it moves",
    f"{SOURCE}/strategy": "no properties for branches, the default",
    f"{SOURCE}/source/traits/jenkins.plugins.git.traits.WipeWorkspaceTrait": "JJB wipes the workspace unless told not "
    "to; the Jenkinsfile's own checkout cleans it",
}
STARTER = {
    "builders/hudson.plugins.parameterizedtrigger.TriggerBuilder/configs"
    "/hudson.plugins.parameterizedtrigger.BlockableBuildTriggerConfig/buildAllNodesWithLabel": (
        "JJB; false is the default of a field that only a label gives a meaning"
    ),
}
CONCURRENCY = {
    "properties/org.jenkinsci.plugins.workflow.job.properties.DisableConcurrentBuildsJobProperty/abortPrevious": (
        "false, the default"
    ),
}

FULL_YAML = """
    description: 'Of web.'
    concurrent: false
    quiet-period: 3
    disabled: true
    parameters:
      - string: {name: A, default: 'b', description: 'c & d'}
      - string: {name: EMPTY}
    triggers:
      - timed: 'H 4 * * *'
      - pollscm: {cron: 'H/15 * * * *'}
      - reverse: {jobs: 'base, other', result: success}
    properties:
      - build-discarder: {days-to-keep: 3, num-to-keep: 4}
"""
JJB_SCRIPT = "\n".join(f"      {line}" for line in SCRIPT.replace("{", "{{").replace("}", "}}").split("\n"))
JJB_GIT = f"url: '{URL}', credentials-id: cred"


def definition(body: Body, *, full: bool = False) -> JobDefinition:
    plain = JobDefinition("job", "team/web", ".pipeline/config.yaml", body)
    if not full:
        return plain
    return JobDefinition(
        "job",
        "team/web",
        ".pipeline/config.yaml",
        body,
        "Of web.",
        (Parameter("A", "b", "c & d"), Parameter("EMPTY", "", "")),
        "H 4 * * *",
        "H/15 * * * *",
        ("base", "other"),
        3,
        4,
        concurrent=False,
        disabled=True,
        quiet_period=3,
    )


CASES = [
    pytest.param(
        definition(Inline(SCRIPT, sandbox=True)),
        f"project-type: pipeline\n    sandbox: true\n    concurrent: true\n    dsl: |\n{JJB_SCRIPT}",
        {},
        id="an inline job",
    ),
    pytest.param(
        definition(Inline(SCRIPT, sandbox=True), full=True),
        f"project-type: pipeline\n    sandbox: true\n    dsl: |\n{JJB_SCRIPT}{FULL_YAML}",
        CONCURRENCY,
        id="every setting there is",
    ),
    pytest.param(
        definition(FromSource(URL, "*/main", "cred", "ci/Jenkinsfile", True)),
        "project-type: pipeline\n    concurrent: true\n    pipeline-scm:\n      script-path: ci/Jenkinsfile\n"
        f"      lightweight-checkout: true\n      scm:\n        - git: {{{JJB_GIT}, branches: ['*/main']}}",
        SCM,
        id="a job from SCM",
    ),
    pytest.param(
        definition(Multibranch("transpipe:team/web", URL, "cred", "ci/Jenkinsfile", True, "1h", 7, 20)),
        "project-type: multibranch\n    script-path: ci/Jenkinsfile\n    days-to-keep: 7\n    number-to-keep: 20\n"
        f"    periodic-folder-trigger: 1h\n    scm:\n      - git: {{{JJB_GIT}, discover-tags: true}}",
        BRANCHES,
        id="a multibranch job",
    ),
    pytest.param(
        definition(Starter("web")),
        "project-type: freestyle\n    concurrent: true\n    builders:\n      - trigger-builds:\n"
        "        - {project: web, block: true, current-parameters: true}",
        STARTER,
        id="a job that starts another",
    ),
]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Element]:
    """What jenkins-job-builder makes of all of them, by their YAML: in one call, for it takes seconds to start."""
    place = tmp_path_factory.mktemp("jjb")
    yamls = [str(case.values[1]) for case in CASES]
    (place / "jobs.yaml").write_text("".join(f"- job:\n    name: job-{n}\n    {y}\n" for n, y in enumerate(yamls)))
    command = [_program(), "test", "jobs.yaml", "-o", "out"]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=120)
    return {yaml: ElementTree.parse(place / f"out/job-{n}").getroot() for n, yaml in enumerate(yamls)}


def _program() -> str:
    """Beside the other engines, or in the environment of the benchmarks."""
    engines = Path(os.environ.get("TRANSPIPE_ENGINES", ROOT / ".venv-engines"))
    for place in (engines, ROOT / ".venv-jjb"):
        if (program := place / "bin/jenkins-jobs").exists():
            return str(program)
    return shutil.which("jenkins-jobs") or without("jenkins-job-builder is not installed: `sh tests/all` does")


def flat(element: Element, path: str = "") -> dict[str, str]:
    """The text and class of every element, by its path below the root; `[2]` is the second of a name."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for child in element:
        seen[child.tag] = seen.get(child.tag, 0) + 1
        number = f"[{seen[child.tag]}]" if seen[child.tag] > 1 else ""
        below = f"{path}/{child.tag}{number}".lstrip("/")
        text = (child.text or "") if not len(child) else ""
        found[below] = " ".join(part for part in (child.get("class", ""), text if text.strip() else "") if part)
        found |= flat(child, below)
    return found


def covered(path: str, known: Mapping[str, str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in known)


@pytest.mark.engine
@pytest.mark.parametrize(("job", "yaml", "known"), CASES)
def test_field_by_field(theirs: Mapping[str, Element], job: JobDefinition, yaml: str, known: Mapping[str, str]) -> None:
    ours, other = xml.element(job), theirs[yaml]
    assert ours.tag == other.tag
    left, right = flat(ours), flat(other)
    explained = {**EVERYWHERE, **known}
    # What this job says on purpose is compared, whatever is explained for the others.
    said = {"disabled": job.disabled, "concurrentBuild": isinstance(job.body, Starter), "triggers": "1h" in yaml}
    explained = {path: why for path, why in explained.items() if not said.get(path)}
    paths = sorted(path for path in left.keys() | right.keys() if left.get(path) != right.get(path))
    assert [(p, left.get(p), right.get(p)) for p in paths if not covered(p, explained)] == []
    assert [path for path in known if not any(covered(p, {path: ""}) for p in paths)] == [], "no difference any more"


@pytest.mark.engine
@pytest.mark.parametrize(("job", "yaml", "known"), CASES)
def test_what_has_another_meaning(
    theirs: Mapping[str, Element], job: JobDefinition, yaml: str, known: Mapping[str, str]
) -> None:
    """Of all those differences the canonical form keeps only those that change what Jenkins does."""
    ours = canonical.canonical(xml.element(job))
    other = canonical.canonical(theirs[yaml])
    lost = {path.rpartition("/")[2] for path in (*canonical.lost(ours, other), *canonical.lost(other, ours))}
    assert lost <= {"WipeWorkspace", "WipeWorkspaceTrait", "extension WipeWorkspace", "extensions", "id"}
