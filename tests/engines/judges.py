"""Calls the judges that run elsewhere: Zuul's and Ansible's in the engines' virtual environment, Groovy's on the JVM.

A judge takes texts and gives what it says of each; it has no opinion on how they were made. One call for many texts:
what costs is the start.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .missing import EngineMissing, starting

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# Elsewhere where several checkouts share one.
ENGINES = Path(os.environ.get("TRANSPIPE_ENGINES") or ROOT / ".venv-engines")

Json = dict[str, Any]


def zuul_python() -> Path:
    starting("zuul")
    python = ENGINES / "bin" / "python"
    if not any(ENGINES.glob("lib/python3*/site-packages/zuul/configloader.py")) or not python.exists():
        raise EngineMissing("zuul", "pip install 'zuul==14.3.0' 'ansible-core>=2.18,<2.19' in .venv-engines")
    return python


def judge_zuul(repositories: Sequence[Mapping[str, Any]]) -> list[Json]:
    """For each repository (see zuul_judge.py) its errors, warnings, pipelines, and `playbooks`: {path: error or None}.

    What Ansible says of a playbook is also among the errors.
    """
    answers = zuul_graphs(repositories)
    with tempfile.TemporaryDirectory() as directory:
        paths: dict[str, tuple[Json, str]] = {}
        for number, (repository, answer) in enumerate(zip(repositories, answers, strict=True)):
            root = Path(directory, str(number))
            _write(root, repository["files"])
            for path in answer["playbooks"]:
                paths[str(root / path)] = (answer, path)
            answer["playbooks"] = {}
        for place, problem in check_playbooks(list(paths)).items():
            answer, path = paths[place]
            answer["playbooks"][path] = problem
            if problem:
                answer["errors"].append(f"playbook {path}: {problem.replace(directory, '')}")
    return answers


def zuul_graphs(repositories: Sequence[Mapping[str, Any]]) -> list[Json]:
    """The same without asking Ansible: `playbooks` are the names of those that jobs run."""
    answers: list[Json] = _ask([str(zuul_python()), str(HERE / "zuul_judge.py")], list(repositories))
    return answers


def check_playbooks(paths: Sequence[str]) -> dict[str, str | None]:
    """Ansible's syntax check of files on disk: what is wrong with each, None where nothing is."""
    if not paths:
        return {}
    answer: dict[str, str | None] = _ask([str(zuul_python()), str(HERE / "zuul_playbooks.py")], list(paths))
    return answer


def groovy() -> list[str]:
    """The command, with JAVA_HOME where Debian's launcher would not find one."""
    starting("groovy")
    lacking = [name for name in ("groovy", "java") if not shutil.which(name)]
    if lacking:
        raise EngineMissing("groovy", "apt-get install --no-install-recommends groovy default-jre-headless")
    java = Path(shutil.which("java") or "").resolve()
    if os.environ.get("JAVA_HOME") or Path("/usr/lib/jvm/default-java/bin/java").exists():
        return ["groovy", "-cp", str(HERE)]
    return ["env", f"JAVA_HOME={java.parent.parent}", "groovy", "-cp", str(HERE)]


def judge_jenkinsfiles(files: Mapping[str, str]) -> dict[str, Json]:
    """For each text `errors` [{rule, line, method, message}], `methods` {name: nodes}, `scripts` (see the .groovy)."""
    with tempfile.TemporaryDirectory() as directory:
        names = {}
        for number, (name, text) in enumerate(files.items()):
            # All called Jenkinsfile: a script's class is called after its file.
            _write(Path(directory, str(number)), {"Jenkinsfile": text})
            names[str(Path(directory, str(number), "Jenkinsfile"))] = name
        answer = _ask([*groovy(), str(HERE / "JenkinsfileJudge.groovy")], {"files": list(names)})
        return {names[path]: verdict for path, verdict in answer["files"].items()}


def decode_groovy(literals: Sequence[str]) -> list[Json]:
    """What Groovy makes of each source text of a string: {value}, or {error} where it is not one constant string."""
    answer = _ask([*groovy(), str(HERE / "JenkinsfileJudge.groovy")], {"literals": list(literals)})
    decoded: list[Json] = answer["literals"]
    return decoded


def expanded_by_ansible(documents: Sequence[str]) -> list[Any]:
    """Each YAML document as Ansible's loader reads it, with all texts expanded as tasks would; an error is a text."""
    answer: list[Any] = _ask([str(zuul_python()), str(HERE / "ansible_texts.py")], list(documents))
    return answer


def _write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogatepass"))


def _ask(command: Sequence[str], request: object) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(request, file)
        file.flush()
        done = subprocess.run([*command, file.name], capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)
