"""What is good for Zuul passes its judge, and each mistake that it is there for is caught."""

from collections.abc import Mapping
from typing import Any

import pytest

from .fixtures import ZuulJudge

pytestmark = pytest.mark.engine

PLAYBOOK = (
    "- hosts: all\n  tasks:\n    - shell: {cmd: !unsafe 'echo ${#x} {{ y }}'}\n    - zuul_return: {data: {a: b}}\n"
)
JOB = "- job: {name: j, run: p.yaml, timeout: 60}\n"
CHECKED = "- project: {check: {jobs: [j]}}\n"
POSTED = "- project: {post: {jobs: [j]}}\n"
SECRETIVE = "- job: {name: j, run: p.yaml, secrets: [{name: s, secret: my-s}]}\n"
TWO = JOB + "- job: {name: k, parent: j, run: p.yaml}\n"


def repository(config: str, files: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    own = {".zuul.yaml": config, "p.yaml": PLAYBOOK} | dict(files or {})
    return {"project": "a/b", "files": own, "pipelines": ["check", "post"], "post_review": ["post"]} | more


GOOD_ZUUL = {
    "a job in check": repository(JOB + CHECKED),
    "a secret in a post-review pipeline": repository(
        SECRETIVE + "- secret: {name: my-s, data: {k: !encrypted/pkcs1-oaep AAAA}}\n" + POSTED
    ),
    "a secret that the user defines elsewhere": repository(SECRETIVE + POSTED, secrets=["my-s"]),
    "a parent that the site has": repository(
        "- job: {name: j, parent: site-job, run: p.yaml}\n" + CHECKED, base_jobs=["site-job"]
    ),
    "a directory of files": {
        "project": "a/b",
        "files": {".zuul.d/a.yaml": JOB, ".zuul.d/b.yaml": CHECKED, "p.yaml": PLAYBOOK},
        "pipelines": ["check"],
    },
    "a directory that Zuul is told to ignore": repository(
        "", {".zuul.yaml": JOB + CHECKED, ".zuul.d/x/.zuul.ignore": "", ".zuul.d/x/p.yaml": "- nonsense: {}"}
    ),
}
BAD_ZUUL = {
    "an unknown attribute": (repository(JOB.replace("run", "rum")), "extra keys not allowed"),
    "broken YAML": (repository("- job: {name: ["), "while parsing"),
    "a key given twice": (repository("- job:\n    name: a\n    name: b\n"), "appears more than once"),
    "a tag that only playbooks know": (repository("- job: {name: !unsafe a}\n"), "!unsafe"),
    "a job that is not defined": (repository(CHECKED), "Job j not defined"),
    "a parent that is not defined": (repository("- job: {name: j, parent: z, run: p.yaml}\n"), "Job z not defined"),
    "a playbook that does not exist": (repository(JOB.replace("p.yaml", "q.yaml")), "playbook q.yaml does not exist"),
    "an unknown pipeline": (repository(JOB + CHECKED.replace("check", "chekc")), "pipeline chekc does not exist"),
    "a cycle of parents": (repository(TWO.replace("name: j", "name: j, parent: k")), "a cycle of parents"),
    "a job that is its own parent": (repository(JOB.replace("name: j", "name: j, parent: j")), "a cycle of parents"),
    "a dependency that does not run": (
        repository(TWO + "- project: {check: {jobs: [j: {dependencies: [k]}]}}\n"),
        "depends on k which was not run",
    ),
    "a cycle of dependencies": (
        repository(TWO + "- project: {check: {jobs: [j: {dependencies: [k]}, k: {dependencies: [j]}]}}\n"),
        "Dependency cycle",
    ),
    "a secret that is not defined": (repository(SECRETIVE + POSTED), 'secret "my-s" was not found'),
    "a secret in check": (repository(SECRETIVE + CHECKED, secrets=["my-s"]), "does not allow post-review job"),
    "an abstract job that is run": (repository(JOB.replace("60", "60, abstract: true") + CHECKED), "is abstract"),
    "a job without a playbook": (repository("- job: {name: j}\n" + CHECKED), "does not specify a run playbook"),
    "a timeout above the tenant's": (repository(JOB.replace("60", "10801")), "max-job-timeout"),
    "a timeout that is text": (repository(JOB.replace("60", '"60"')), "expected int"),
    "a pipeline in an untrusted project": (
        repository("- pipeline: {name: x, manager: independent, trigger: {}}\n"),
        "Pipelines may not be defined",
    ),
    "a base job": (repository("- job: {name: j, parent: null, run: p.yaml}\n"), "Base jobs may only be defined"),
    "a variable's name with a dash": (repository(JOB.replace("60", "60, vars: {a-b: 1}")), "Invalid Ansible variable"),
    "a name that the site has": (repository(JOB.replace("name: j", "name: base")), "not permitted to shadow"),
    "a nodeset that is not defined": (repository(JOB.replace("60", "60, nodeset: n")), "nodeset"),
}
BAD_PLAYBOOKS = {
    "a module that does not exist": ("- hosts: all\n  tasks: [{shelll: {cmd: x}}]\n", "couldn't resolve module"),
    "a template that is not closed": ("- hosts: all\n  tasks: [{shell: {cmd: 'echo ${#x}'}}]\n", "broken template"),
    "a broken condition": ("- hosts: all\n  tasks: [{shell: {cmd: x}, when: a b}]\n", "broken template"),
    "free form that cannot be split": ("- hosts: all\n  tasks: [{shell: !unsafe 'echo ${#x}'}]\n", "splitting"),
    "an unknown key": ("- hosts: all\n  taskss: []\n", "not a valid attribute"),
    "broken YAML": ("- hosts: [\n", "YAML"),
    "an import that is not there": ("- hosts: all\n  tasks: [{import_tasks: no.yaml}]\n", "no.yaml"),
}


def test_good_zuul_configuration_passes(zuul_judge: ZuulJudge) -> None:
    answers = zuul_judge(*GOOD_ZUUL.values())
    assert {name: a["errors"] for name, a in zip(GOOD_ZUUL, answers, strict=True)} == {name: [] for name in GOOD_ZUUL}
    assert all(next(iter(answer["pipelines"].values()))["jobs"].keys() == {"j"} for answer in answers)


def test_each_mistake_in_zuul_configuration_is_caught(zuul_judge: ZuulJudge) -> None:
    answers = zuul_judge(*(repository for repository, _ in BAD_ZUUL.values()))
    for (name, (_, expected)), answer in zip(BAD_ZUUL.items(), answers, strict=True):
        assert any(expected in error for error in answer["errors"]), (name, answer["errors"])


def test_each_mistake_in_a_playbook_is_caught(zuul_judge: ZuulJudge) -> None:
    answers = zuul_judge(*(repository(JOB + CHECKED, {"p.yaml": text}) for text, _ in BAD_PLAYBOOKS.values()))
    for (name, (_, expected)), answer in zip(BAD_PLAYBOOKS.items(), answers, strict=True):
        assert expected in str(answer["playbooks"]["p.yaml"]), name
        assert len(answer["errors"]) == 1


def test_what_zuul_lets_pass_is_a_warning(zuul_judge: ZuulJudge) -> None:
    twice, semaphore, two_files = zuul_judge(
        repository(JOB + JOB),
        repository(JOB.replace("60", "60, semaphores: [s]")),
        repository(JOB, {"zuul.yaml": JOB}),
    )
    assert not twice["errors"] + semaphore["errors"] + two_files["errors"]
    assert "defined 2 times" in twice["warnings"][0]
    assert "semaphore s is not defined" in semaphore["warnings"][0]
    assert "ignored because" in two_files["warnings"][0]


def test_the_frozen_graph_of_jobs(zuul_judge: ZuulJudge) -> None:
    config = (
        "- job: {name: up, abstract: true, timeout: 60, post-run: p.yaml, nodeset: {nodes: [{name: n, label: l}]}}\n"
        "- job: {name: j, parent: up, run: p.yaml, vars: {v: 1}}\n"
        "- job: {name: k, parent: up, run: [p.yaml, q.yaml], secrets: [{name: s, secret: my-s}]}\n"
        "- project: {post: {fail-fast: true, jobs: [j, k: {dependencies: [j], voting: false}]}}\n"
    )
    (answer,) = zuul_judge(repository(config, {"q.yaml": PLAYBOOK}, secrets=["my-s"]))
    assert answer["errors"] == []
    assert answer["pipelines"].keys() == {"post"}
    graph = answer["pipelines"]["post"]
    j, k = graph["jobs"]["j"], graph["jobs"]["k"]
    assert graph["fail_fast"]
    assert (j["dependencies"], k["dependencies"]) == ([], ["j"])
    assert (j["run"], k["run"], k["post_run"]) == (["p.yaml"], ["p.yaml", "q.yaml"], ["p.yaml"])
    assert j["nodes"] == [{"names": ["n"], "label": "l"}]
    assert (j["variables"], j["timeout"], j["voting"], k["voting"]) == ({"v": 1}, 60, True, False)
    assert (j["secrets"], k["secrets"]) == ({}, {"p.yaml": ["s"], "q.yaml": ["s"]})
