"""The project that a Jenkinsfile reads in the URL of its checkout is the one that the compiler reads there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from engines import judges
from engines.fixtures import JenkinsJudge
from support.compiling import profile
from support.plans import pipeline, plan, stage

from transpiler.quoting import groovy
from transpiler.targets.jenkins.names import Names
from transpiler.targets.jenkins.sources import environment
from unit.test_git import PROJECTS

# Those that name a project; Jenkins has no other remote, and takes a percent sign as it is.
URLS = {url: project for url, project in PROJECTS.items() if project and "%" not in url}


def expression() -> str:
    """As Groovy, of `source.GIT_URL`."""
    reading = plan(pipeline("test", stage("a", setup=("project",))), project=None)
    return dict(environment(reading, profile("default"), Names()).locals)["project"]


def test_it_removes_what_the_compiler_removes() -> None:
    """As far as Python can tell: the pattern is one for both."""
    patterns = [text.replace("\\\\", "\\") for text in re.findall(r"replaceFirst\('(.*?)', ''\)", expression())]
    found = {}
    for url in URLS:
        found[url] = url
        for pattern in patterns:
            found[url] = re.sub(pattern, "", found[url], count=1)
    assert found == URLS


@pytest.mark.engine
def test_groovy_says_so_too(jenkins_judge: JenkinsJudge, tmp_path: Path) -> None:
    script = tmp_path / "projects.groovy"
    urls = ", ".join(map(groovy, URLS))
    script.write_text(f"[{urls}].each {{ url -> def source = [GIT_URL: url]; println({expression()}) }}\n")
    done = subprocess.run([*judges.groovy(), str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(URLS.values())
