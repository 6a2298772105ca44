"""`deploy.release`: the forms that it can have, every mistake in one, and what profiles say of deployments."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.driver import Outcome, Request, understand
from transpiler.ir import Deploy, Event, Release
from transpiler.lowering import lower
from transpiler.program import Deployment, Plan

SITE = """\
credentials: {kube: {kind: file, gitlab: KUBE}, token: {kind: secret-text, gitlab: T}}
kubernetes: {repository: 'https://charts.example.org', clusters: {ci: {namespace: ci}, far: {namespace: away}}}
environments:
  production: {cluster: far, namespace: web, credential: kube, url: 'https://web.example.org'}
  plain: {}
"""


def understood(tmp_path: Path, keys: str, more: str = "", site: str = SITE) -> Outcome:
    """A pipeline with a stage that deploys."""
    (tmp_path / ".pipeline").mkdir(exist_ok=True)
    stage = f"{{name: live, deploy: {{image: x, tag: y, chart: {{name: app}}, {keys}}}{more}}}"
    (tmp_path / ".pipeline/config.yaml").write_text(f"pipelines: {{main: {{stages: [{stage}]}}}}\n")
    (tmp_path / ".pipeline/profile.yaml").write_text(site)
    return understand(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / ".pipeline/profile.yaml")))


def codes(outcome: Outcome) -> list[str]:
    return [d.code for d in outcome.diagnostics]


def release(outcome: Outcome) -> Release:
    assert outcome.workflow, outcome.diagnostics
    (step,) = (step for step in outcome.workflow.pipelines[0].stages[0].steps if isinstance(step, Deploy))
    assert step.release
    return step.release


def plan(outcome: Outcome) -> Plan:
    assert outcome.workflow, outcome.diagnostics
    assert outcome.profile
    return lower(outcome.workflow, outcome.profile)


@pytest.mark.parametrize(
    ("keys", "namespace", "place"),
    [
        ("release: web", "ci", "ci/ci/web"),
        ("release: web, cluster: far", "away", "far/away/web"),
        ("release: web, environment: plain", "ci", "ci/ci/web"),
        ("release: web, environment: plain, cluster: far", "away", "far/away/web"),
        ("release: web, environment: production", "web", "far/web/web"),
        ("release: web, environment: production, namespace: own", "own", "far/own/web"),
    ],
)
def test_the_namespace_is_that_of_the_nearest(tmp_path: Path, keys: str, namespace: str, place: str) -> None:
    outcome = understood(tmp_path, keys)
    assert release(outcome).namespace == namespace
    deployment = plan(outcome).pipelines[0].stages[0].deployment
    assert deployment
    assert deployment.place == place


def test_the_kube_config_of_an_environment_is_a_credential_of_the_stage(tmp_path: Path) -> None:
    outcome = understood(tmp_path, "release: web, environment: production")
    program = plan(outcome).pipelines[0].stages[0]
    assert [(use.id, use.variables) for use in program.credentials] == [("kube", ("DEPLOY_KUBECONFIG",))]
    assert program.deployment == Deployment("far/web/web", "production", "https://web.example.org")
    assert (program.releases, program.uninstall) == ("", ())
    assert "uninstall" not in "\n".join(plan(outcome).pipelines[0].teardown)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("release: Web", "release-name"),
        ("release: -web", "release-name"),
        (f"release: {'x' * 54}", "release-name"),
        ("release: '${setup.tag}'", "release-name"),
        ("release: web, namespace: a.b", "release-name"),
        ("release: web, environment: prodction", "environment-unknown"),
        ("release: web, environment: somewhere-else", "profile-lacks"),
        ("release: web, environment: production, cluster: ci", "environment-and-cluster"),
        ("release: web, cluster: near", "profile-lacks"),
        ("release: web, values: [/etc/x]", "path-outside"),
        ("release: web, values: [a/../../x]", "path-outside"),
        ("release: web, values: ['https://x']", "bad-value"),
        ("release: web, values: ['']", "bad-value"),
        ("environment: production", "deploy-without-release"),
        ("namespace: x", "deploy-without-release"),
        ("values: [x]", "deploy-without-release"),
        ("release: web, kubeconfig: x", "unknown-key"),
    ],
)
def test_each_mistake_is_one_diagnostic(tmp_path: Path, keys: str, code: str) -> None:
    assert codes(understood(tmp_path, keys)) == [code]


def test_all_mistakes_are_reported_in_one_run(tmp_path: Path) -> None:
    found = codes(understood(tmp_path, "release: W, values: [/x], namespace: a.b, environment: prodction"))
    assert sorted(found) == ["environment-unknown", "path-outside", "release-name", "release-name"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("release: Web", ["release-name"]),
        ("release: web, environment: prodction", ["environment-unknown"]),
        ("release: web, environment: somewhere-else", ["profile-lacks"]),
        ("environment: production", ["deploy-without-release"]),
        ("release: web, environment: production", []),
        ("release: web, environment: production, cluster: far", ["profile-lacks"]),
        ("release: web", ["profile-lacks"]),
        ("test: true", ["profile-lacks"]),
    ],
)
def test_the_cluster_that_is_the_default_is_missed_only_where_it_is_meant(
    tmp_path: Path, keys: str, expected: list[str]
) -> None:
    site = SITE.replace("cluster: far, ", "").replace(
        "clusters: {ci: {namespace: ci}, far: {namespace: away}}", "helm: helm"
    )
    assert codes(understood(tmp_path, keys, site=site)) == expected


def test_a_missing_environment_is_named_in_plain_english(tmp_path: Path) -> None:
    (found,) = understood(tmp_path, "release: web, environment: somewhere-else").diagnostics
    assert "has no environment `somewhere-else`." in found.message
    assert found.hint.endswith("'https://HOST'}}`. The environments there are `production` and `plain`.")


def test_a_rehearsal_binds_neither_revision_nor_address(tmp_path: Path) -> None:
    own = ", exports: {revision: '${.releaseName}', environmentURL: x}"
    assert codes(understood(tmp_path, "test: true", own)) == []
    assert codes(understood(tmp_path, "release: web", own)) == ["already-bound", "already-bound"]
    assert codes(understood(tmp_path, "test: true", ", exports: {x: '${.revision}'}")) == ["unbound-value"]
    matrix = ", matrix: {revision: ['1', '2']}"
    assert codes(understood(tmp_path, "release: web", matrix)) == ["already-bound"]


def test_a_release_is_not_for_changes_unless_the_config_says_so(tmp_path: Path) -> None:
    site = SITE + "events: {defaults: {publishing: [change, merge]}}\n"
    events = [
        understood(tmp_path, "release: web", site=site).workflow,
        understood(tmp_path, "test: true", site=site).workflow,
    ]
    assert [w.pipelines[0].events for w in events if w] == [(Event.MERGE,), (Event.CHANGE, Event.MERGE)]
    config = tmp_path / ".pipeline/config.yaml"
    understood(tmp_path, "release: web", site=site)
    config.write_text(config.read_text().replace("stages:", "events: [change], stages:"))
    said = understand(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / ".pipeline/profile.yaml"))).workflow
    assert said
    assert said.pipelines[0].events == (Event.CHANGE,)


def test_no_config_reads_the_kube_config(tmp_path: Path) -> None:
    run = ", run: {image: x, credentials: [{id: kube, keyFileVariable: K}]}"
    assert codes(understood(tmp_path, "release: web", run)) == ["credential-not-allowed"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("environments: {a: {credential: none}}\n", "profile-unknown-credential"),
        (
            "environments: {a: {credential: token}}\ncredentials: {token: {kind: secret-text}}\n",
            "profile-credential-kind",
        ),
        ("environments: {a b: {}}\n", "profile-environment"),
        ("environments: {a: {cluster: none}}\n", "profile-environment"),
        ("environments: {a: {url: web.example.org}}\n", "bad-value"),
        ("kubernetes: {image-values: mine}\n", "wrong-type"),
        ("kubernetes: {image-values: {a: '${x}'}}\n", "profile-image-values"),
        ("kubernetes: {image-values: {a: x, a.b: y}}\n", "profile-image-values"),
    ],
)
def test_mistakes_in_a_profile_are_shown_there(tmp_path: Path, lines: str, code: str) -> None:
    outcome = understood(tmp_path, "release: web", site=lines)
    assert code in codes(outcome)
    assert all(d.span and d.span.file == ".pipeline/profile.yaml" for d in outcome.diagnostics if d.code == code)


def test_a_chart_in_a_registry_has_a_version(tmp_path: Path) -> None:
    config = tmp_path / ".pipeline/config.yaml"
    for keys in ("release: web", "test: true"):
        understood(tmp_path, keys)
        chart = "chart: {name: 'oci://r.example.org/app', version: 1.2.3}"
        config.write_text(config.read_text().replace("chart: {name: app}", chart))
        outcome = understand(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / ".pipeline/profile.yaml")))
        assert codes(outcome) == []
        lines = "\n".join(plan(outcome).pipelines[0].stages[0].lines)
        assert "oci://r.example.org/app" in lines
        assert "--version 1.2.3" in lines
        assert "--repo" not in lines
