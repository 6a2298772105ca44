"""What is good for GitLab passes its judge, and each mistake that it is there for is caught."""

import subprocess
from pathlib import Path

import pytest

from .fixtures import GitlabJudge
from .gitlab_rules import BadExpression, holds, parse

pytestmark = pytest.mark.engine

GOOD_GITLAB = """
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH || $CI_COMMIT_TAG
stages: [all]
.job: {stage: all, timeout: 1 hour 30 minutes, image: busybox}
a: {extends: .job, needs: [], script: ["true"]}
b: {extends: .job, needs: [{job: a, artifacts: false}], script: ["true"]}
c:
  extends: .job
  needs: [a, {job: d, optional: true}]
  script: ["true"]
d:
  extends: .job
  needs: [b]
  rules: [{if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"'}]
  script: ["true"]
"""
BAD_GITLAB = {
    "an unknown key": ("a: {scrip: x}", "schema"),
    "broken YAML": ("a: [", "YAML"),
    "a key given twice": ("a: {script: x}\na: {script: y}", "2 times"),
    "a need that is not there": ("a: {script: x, needs: [b]}", "needs b, which is not there"),
    "a need in a later stage": ("a: {script: x, needs: [b]}\nb: {script: x, stage: deploy}", "later stage"),
    "a cycle of needs": ("a: {script: x, needs: [b]}\nb: {script: x, needs: [a]}", "a cycle of needs among: a, b"),
    "too many needs": (
        "".join(f"a{n}: {{script: x}}\n" for n in range(51))
        + f"b: {{script: x, needs: [{', '.join(f'a{n}' for n in range(51))}]}}",
        "the limit is 50",
    ),
    "a reserved name": ("pages: {script: x}\nb: {script: x}", "reserved"),
    "a name that is not a string": ("true: {script: x}", "must be a string"),
    "an over-long name": (f"{'a' * 256}: {{script: x}}", "longer than 255"),
    "an over-long name of a needed job": (
        f"{'a' * 129}: {{script: x}}\nb: {{script: x, needs: [{'a' * 129}]}}",
        "at most 128",
    ),
    "a stage that is not there": ("a: {script: x, stage: z}", "stage z"),
    "a timeout in words that mean nothing": ("a: {script: x, timeout: 5 parsecs}", "timeout is not a duration"),
    "nonsense in expire_in": ("a: {script: x, artifacts: {paths: [a], expire_in: soon}}", "expire_in"),
    "braces in a rule": ("a: {script: x, rules: [{if: '${CI} == \"1\"'}]}", "not part of a rule"),
    "one equals sign in a rule": ("a: {script: x, rules: [{if: '$CI = \"1\"'}]}", "not part of a rule"),
    "script beside trigger": ("a: {trigger: {project: a/b}, script: x}", "trigger job may not have script"),
    "neither script nor trigger": ("a: {stage: test}", "neither script nor trigger"),
    "a needed job that the rules leave out": (
        "a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}\nb: {script: x, needs: [a]}",
        "needs a, which the rules leave out",
    ),
    "a pipeline that would not run": ("a: {script: x, stage: .pre}", "does not run"),
    "a parent that is not there": ("a: {script: x, extends: .z}", "extends .z"),
    "a parent that is itself": ("a: {script: x, extends: a}", "or itself"),
}


def test_a_good_gitlab_file_passes_and_gives_its_pipelines(gitlab_judge: GitlabJudge) -> None:
    verdict = gitlab_judge({"good": GOOD_GITLAB})["good"]
    assert verdict.errors == []
    assert verdict.pipelines["merge_request"] == {"a": [], "b": ["a"], "c": ["a"]}
    assert verdict.pipelines["default_branch"] == {"a": [], "b": ["a"], "c": ["a", "d"], "d": ["b"]}
    assert "branch_of_request" not in verdict.pipelines
    assert verdict.jobs["b"]["timeout"] == "1 hour 30 minutes"


def test_each_mistake_in_a_gitlab_file_is_caught(gitlab_judge: GitlabJudge) -> None:
    verdicts = gitlab_judge({name: text for name, (text, _) in BAD_GITLAB.items()})
    for name, (_, expected) in BAD_GITLAB.items():
        assert any(expected in error for error in verdicts[name].errors), (name, verdicts[name].errors)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$A", True),
        ("$NONE", False),
        ("$A == 'x' && $NONE == null || $NONE", True),
        ("$A != 'x' || ($A =~ /^X$/i && $A !~ /y/)", True),
        ("$A == $B", False),
    ],
)
def test_rules_are_evaluated(source: str, expected: bool) -> None:
    assert holds(parse(source), {"A": "x", "B": "y"}) is expected


@pytest.mark.parametrize("source", ["", "$A ==", "'x'", "($A", "$A)", "$A && ", "$A =~ 'x'", "$A == x"])
def test_what_is_no_rule_is_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        parse(source)


def test_gitlab_ci_local_runs_jobs(gitlab_judge: GitlabJudge, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / ".gitlab-ci.yml").write_text(
        "stages: [s]\n"
        "a: {stage: s, needs: [], script: ['echo out-$GIVEN > f'], artifacts: {paths: [f]}}\n"
        "b c: {stage: s, needs: [a], script: [cat f]}\n"
        "d: {stage: s, needs: [b c], script: [exit 3], allow_failure: true}\n"
        "e: {stage: s, needs: [b c], script: [exit 3]}\n"
        "f: {stage: s, needs: [e], script: ['true']}\n"
    )
    git = ["git", "-C", str(checkout), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    run = gitlab_judge.run(checkout, {"GIVEN": "1 2"})
    assert run.jobs == {"a": "pass", "b c": "pass", "d": "warn", "e": "fail"}
    assert run.status == 1
    assert "out-1 2" in run.logs["b c"]
