"""jenkins-job-builder in an environment of its own: what `transpipe sync` is measured beside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doubles.jenkins.process import Double

VERSION = "6.5.0"
_SCRIPT = "\n".join(["node {", *(f"  sh 'make target-{n}'" for n in range(60)), "}"])


def installed(venv: Path) -> Path:
    """The `jenkins-jobs` of this environment, which is made when it is not there."""
    program = venv / "bin" / "jenkins-jobs"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        # Its stevedore still wants what setuptools has dropped since.
        packages = [f"jenkins-job-builder=={VERSION}", "setuptools<80"]
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
    return program


def definitions(place: Path, number: int) -> Path:
    """A file with so many pipeline jobs, of a script of 62 lines each."""
    dsl = _SCRIPT.replace("{", "{{").replace("}", "}}").replace("\n", "\n        ")
    job = """- job:
    name: project-{0:04}-pipeline-test
    project-type: pipeline
    description: job {0}
    sandbox: true
    triggers:
      - timed: H 4 * * *
    properties:
      - build-discarder:
          num-to-keep: 30
    parameters:
      - string:
          name: ZUUL_REF
          default: ''
    dsl: |
        {1}
"""
    file = place / f"jobs-{number}.yaml"
    file.write_text("".join(job.format(n, dsl) for n in range(number)))
    return file


def command(program: Path, to: Double, place: Path, file: Path, *options: str) -> list[str]:
    """The call that updates the server; its cache is below `place`."""
    # Its own default asks for no plugins; a real set-up, whose job types depend on their versions, does.
    conf = place / "jenkins_jobs.ini"
    conf.write_text(f"[jenkins]\nurl={to.url}\nuser={to.user}\npassword={to.token}\nquery_plugins_info=True\n")
    return [
        "env",
        f"XDG_CACHE_HOME={place / 'cache'}",
        str(program),
        "--conf",
        str(conf),
        "update",
        *options,
        str(file),
    ]
