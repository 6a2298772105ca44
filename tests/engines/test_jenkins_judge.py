"""What is good for Jenkins passes its judge, and each mistake that it is there for is caught."""

import pytest

from .fixtures import JenkinsJudge

pytestmark = pytest.mark.engine

GOOD_JENKINSFILE = r"""
def pipelines = [test: { test() }]
if (env.TAG_NAME) {
    pipelines.publish = { onNode('x') { echo 'y' } }
}
parallel pipelines

def test() {
    onNode('test') {
        def source = checkout scm
        for (step in ['a', 'b']) {
            stage(step) {
                sh label: 'one', script: '''#!/bin/sh
                    echo "$HOME" 'it'"'"'s' \\ é
                '''
                sh 'two'
                sh "three ${source.GIT_URL}"
            }
        }
    }
}

def onNode(String label, Closure body) {
    node(label) {
        withEnv(["A=${slug(label)}"]) {
            try {
                body()
            } catch (e) {
                echo 'sorry'
                throw e
            } finally {
                deleteDir()
            }
        }
    }
}

@NonCPS
String slug(String text) {
    def out = ''
    for (c in text) { out += c }
    return [3, 1].sort { it }.join('') + out
}
"""

BAD_JENKINSFILES = {
    "compile": "def a( {",
    "undeclared": "x = 1",
    "unknown-step": "shh 'x'",
    "too-many-statements": "echo 'x'\n" * 101,
    "too-many-methods": "".join(f"def m{n}() {{ echo 'x' }}\n" for n in range(601)),
    "too-many-list": f"def x = [{', '.join(['1'] * 241)}]",
    "too-many-map": f"def x = [{', '.join(f'a{n}: 1' for n in range(121))}]",
    "too-many-string": f"def x = '{'é' * 30_001}'",
    "too-many-nodes": "".join("stage('x') { sh label: 'a', script: 'b', returnStdout: true }\n" for _ in range(80)),
    "for-in": "def m = [a: 1]\nfor (e in m) { echo e.key }",
    "step-in-noncps": "@NonCPS\ndef a() { sh 'x' }",
    "closure-not-cps": "def x = [2, 1].sort { it }",
    "range-each": "(1..3).each { sh 'x' }",
    "matcher": "def m = 'a' =~ 'b'",
    "catch-all": "try { sh 'x' } catch (e) { echo 'y' }",
    "overloaded": "def a() { echo 'x' }\ndef a(String s) { echo s }",
}
REFUSED_BY_THE_SANDBOX = {
    "a file": "new File('x').text",
    "the environment": "System.getenv('HOME')",
    "a process": "'ls'.execute()",
    "an exception of its own": "throw new RuntimeException('x')",
    "a download": "@Grab('a:b:1')\nimport java.util.Date\necho 'x'",
    "the build behind the build": "currentBuild.rawBuild.log",
    "the other JSON reader": "def x = new groovy.json.JsonSlurperClassic()",
}


def test_a_good_jenkinsfile_passes_and_gives_its_scripts(jenkins_judge: JenkinsJudge) -> None:
    verdict = jenkins_judge({"good": GOOD_JENKINSFILE})["good"]
    assert verdict["errors"] == []
    assert verdict["methods"].keys() == {"(top)", "test", "onNode", "slug"}
    one, two, three = verdict["scripts"]
    assert (one["kind"], one["label"], one["method"]) == ("constant", "one", "test")
    assert one["script"].split("\n")[1].strip() == """echo "$HOME" 'it'"'"'s' \\ é"""
    assert (two["kind"], two["script"]) == ("constant", "two")
    assert three["kind"] == "gstring"


def test_each_mistake_in_a_jenkinsfile_is_caught(jenkins_judge: JenkinsJudge) -> None:
    verdicts = jenkins_judge(BAD_JENKINSFILES)
    found = {rule: sorted({error["rule"] for error in verdict["errors"]}) for rule, verdict in verdicts.items()}
    assert found == {rule: [rule] for rule in BAD_JENKINSFILES}


def test_what_the_sandbox_refuses_is_caught(jenkins_judge: JenkinsJudge) -> None:
    verdicts = jenkins_judge(REFUSED_BY_THE_SANDBOX)
    for name, verdict in verdicts.items():
        assert "sandbox" in {error["rule"] for error in verdict["errors"]}, name


def test_groovy_literals_are_decoded_as_groovy_decodes_them(jenkins_judge: JenkinsJudge) -> None:
    good = {
        r"'a\tb\\'": "a\tb\\",
        "'''x\ny'''": "x\ny",
        "'" + chr(92) + "u0041'": "A",
        "'😀'": "😀",
        "'a' + 'b'": "ab",
        r"'\$'": "$",
    }
    bad = ["'a", '"$x"', "'a', 'b'", "1", "'a')\nx('b'"]
    answers = jenkins_judge.decode([*good, *bad])
    assert answers[: len(good)] == [{"value": value} for value in good.values()]
    assert all("error" in answer for answer in answers[len(good) :])
    assert jenkins_judge.decode([*good] * 500) == [{"value": value} for value in good.values()] * 500
