"""`deploy.release`: the program itself, with the real helm 3 and 4, against the stand-in cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from conformance import charts
from conformance.offers import kube_config
from doubles.http_service import Services, services
from doubles.kubernetes import Cluster
from doubles.oci_registry import ChartRegistry

from engines.judges import ENGINES
from transpiler.driver import Request, understand
from transpiler.local.tools import UTILITIES
from transpiler.lowering import lower

pytestmark = pytest.mark.engine

TOKEN = "kube-t0ken"
"""A secret in the kube config. helm sends none without TLS."""
IMAGE = {"docker": {"pull_policy": "IfNotPresent", "registry": "registry.example.org"}}
HOSTILE = "a,b \"c\" 'd' $(id) `id` \\ {{ x }}.yaml"


@dataclass
class Place:
    """A checkout, a cluster, and helm; each run of the program has its own directory of values."""

    root: Path
    cluster: Cluster
    profile: dict[str, Any]
    helm: Path
    runs: int = 0
    shell: tuple[str, ...] = ("sh", "-c")
    config: Mapping[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def program(self, **deploy: Any) -> tuple[str, str]:
        """The stage's program, and the pipeline's teardown."""
        keys = {"image": "web", "tag": "1", "release": "web", "chart": {"name": "app"}, "timeout": 20, **deploy}
        keys = {key: value for key, value in keys.items() if value is not None}
        stages = [{"name": "live", "deploy": keys, "exports": {"told": "${.revision|none} ${.environmentURL|nowhere}"}}]
        stages.append({"name": "end", "run": {"image": "x", "arguments": ["${live.told}"]}})
        (self.root / ".pipeline").mkdir(exist_ok=True)
        config = self.root / ".pipeline/config.yaml"
        config.write_text(yaml.safe_dump({"project": "team/web", "pipelines": {"main": {"stages": stages}}}))
        profile = self.root / ".pipeline/profile.yaml"
        profile.write_text(yaml.safe_dump(self.profile))
        outcome = understand(Request(self.root, ".pipeline/config.yaml", str(profile)))
        assert outcome.workflow, outcome.diagnostics
        assert outcome.profile
        (pipeline,) = lower(outcome.workflow, outcome.profile).pipelines
        return "\n".join(pipeline.stage("live").lines), "\n".join(pipeline.teardown)

    def start(self, program: str, **env: str) -> subprocess.Popen[str]:
        """Starts a program; `values` is a new directory."""
        self.runs += 1
        values = self.root.parent / f"values{self.runs}"
        values.mkdir()
        kube = self.root.parent / "kube.config"
        given = {
            "PATH": f"{self.helm.parent}:{os.environ['PATH']}",
            "HOME": str(self.root.parent),
            "values": str(values),
            "run": f"run{self.runs}",
            "DEPLOY_KUBECONFIG": str(kube),
            **self.env,
            **env,
        }
        return subprocess.Popen(
            [*self.shell, program],
            cwd=self.root,
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *, fails: bool = False, **deploy: Any) -> str:
        """Runs the program to its end; its log."""
        process = self.start(self.program(**deploy)[0])
        log, _ = process.communicate(timeout=180)
        assert bool(process.returncode) == fails, log
        assert TOKEN not in log
        return log

    def told(self) -> str:
        """What the last run has exported."""
        return (self.root.parent / f"values{self.runs}/live.told").read_text()

    def states(self, name: str = "web") -> list[tuple[int, str, str]]:
        """Each revision of a release: its number, its status, the image's tag."""
        return [
            (int(r["version"]), r["info"]["status"], str((r.get("config") or {}).get("main_app", {}).get("version")))
            for r in self.cluster.history(name)
        ]

    def values(self, name: str = "web") -> Any:
        """The values of the newest revision."""
        return self.cluster.history(name)[-1].get("config")


@pytest.fixture(scope="module")
def offered() -> Iterator[Services]:
    with services() as found:
        yield found


@pytest.fixture(params=["helm", "helm-3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, offered: Services) -> Place:
    helm = ENGINES / request.param / "bin/helm"
    assert helm.exists(), f"{helm} is missing: let `sh tests/all` install it"
    number = len(offered.offered)
    cluster = Cluster(f"run{number}/kubernetes")
    server = offered.offer(cluster.path, cluster)
    (tmp_path / "kube.config").write_text(kube_config(server, TOKEN))
    root = tmp_path / "checkout"
    root.mkdir()
    profile: dict[str, Any] = {
        "registry": {"public": "registry.example.org", "repository": "team"},
        "credentials": {"kube": {"kind": "file", "jenkins": "kube", "gitlab": "KUBE", "zuul": "kube"}},
        "kubernetes": {"repository": offered.offer(f"run{number}/charts", charts.repository), "namespace": "ci"},
        "environments": {"production": {"namespace": "web", "credential": "kube", "url": "https://web.example.org"}},
    }
    profile["kubernetes"]["clusters"] = {"other": {"config": str(tmp_path / "kube.config"), "namespace": "other"}}
    return Place(root, cluster, profile, helm)


PRODUCTION: dict[str, Any] = {"environment": "production"}


def test_a_release_is_installed_and_upgraded(place: Place) -> None:
    place.run(**PRODUCTION)
    assert place.states() == [(1, "deployed", "1")]
    assert place.told() == "1 https://web.example.org"
    assert place.cluster.history("web")[0]["namespace"] == "web"
    place.run(**PRODUCTION, tag="2")
    assert place.states() == [(1, "superseded", "1"), (2, "deployed", "2")]
    assert place.told() == "2 https://web.example.org"


def test_a_shell_that_heeds_every_part_of_a_pipe_does_the_same(place: Place) -> None:
    """As GitLab's runner starts it."""
    place.shell = ("bash", "-o", "pipefail", "-c")
    place.run(**PRODUCTION)
    place.run(**PRODUCTION, tag="2")
    assert place.states() == [(1, "superseded", "1"), (2, "deployed", "2")]


def test_the_namespace_and_the_cluster_are_the_nearest(place: Place) -> None:
    place.run(**PRODUCTION, namespace="special")
    place.run(cluster="other", release="second")
    assert place.cluster.history("web")[0]["namespace"] == "special"
    assert place.cluster.history("second")[0]["namespace"] == "other"
    assert place.told() == "1 nowhere"


def test_a_first_installation_that_fails_leaves_nothing(place: Place) -> None:
    place.run(**PRODUCTION, overrides={"refuse": "yes"}, fails=True)
    assert place.states() == []


def test_an_upgrade_that_fails_leaves_the_old_version_in_service(place: Place) -> None:
    place.run(**PRODUCTION)
    place.run(**PRODUCTION, tag="2", overrides={"phase": "Pending"}, timeout=4, fails=True)
    assert place.states()[-1][1:] == ("deployed", "1")
    place.run(**PRODUCTION, tag="3")
    assert place.states()[-1][1:] == ("deployed", "3")


PENDING: dict[str, Any] = {"overrides": {"phase": "Pending"}, "timeout": 3, "fails": True}


def without_kubectl(place: Place, tmp_path: Path) -> str:
    """A `PATH` that has what programs need, and no kubectl."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in (*UTILITIES, "date", "sleep"):
        (programs / name).symlink_to(shutil.which(name) or "")
    (programs / "helm").symlink_to(place.helm)
    return str(programs)


def warned(name: str) -> str:
    """What the log says about a pod that does not become ready: a pattern."""
    return f"Pod +{name} +Failed +the image of {name} cannot be pulled\n"


def test_what_does_not_become_ready_is_shown(place: Place) -> None:
    """The pods of a deployment that is undone at once are gone by then; its events are not."""
    log = place.run(**PRODUCTION, **PENDING)
    assert re.search(rf"In the cluster now:\n    \| {warned('web')}", log)
    assert place.states() == []
    assert "In the cluster" not in place.run(**PRODUCTION)
    log = place.run(**PRODUCTION, **PENDING)
    assert re.search(rf"In the cluster now:\n    \| web +\d+d\n    \| web-test .*\n    \| {warned('web')}", log)
    assert "has a node" not in log


def test_what_a_rehearsal_lacks_is_shown_before_it_goes(place: Place) -> None:
    place.run(**PRODUCTION)
    log = place.run(release=None, cluster="other", **PENDING)
    name = place.cluster.pods[-1]
    assert re.fullmatch("ci-[0-9a-f]{10}", name)
    assert re.search(rf"In the cluster now:\n    \| {name} +\d+d\n    \| {warned(name)}", log)
    assert log.index("In the cluster now:") < log.index(f'release "{name}" uninstalled')
    assert place.states(name) == []


def test_without_kubectl_helm_shows_what_it_knows(place: Place, tmp_path: Path) -> None:
    place.env["PATH"] = without_kubectl(place, tmp_path)
    log = place.run(release=None, cluster="other", **PENDING)
    name = place.cluster.pods[-1]
    shown = log.partition("In the cluster now:\n")[2].partition(f'release "{name}"')[0]
    # helm puts the heads of columns over one of the kinds, as it happens
    assert re.search(rf"    \| ==> v1/Pod\n(?:    \| NAME .*\n)?    \| {name} ", shown)
    assert all(line.startswith("    | ") for line in shown.splitlines())
    # of a deployment that helm itself has undone it knows nothing any more
    assert "In the cluster" not in place.run(**PRODUCTION, **PENDING)


def test_a_cluster_that_shows_nothing_changes_nothing(place: Place, tmp_path: Path) -> None:
    place.env["PATH"] = without_kubectl(place, tmp_path)
    kubectl = tmp_path / "programs/kubectl"
    kubectl.write_text("#!/bin/sh\necho 'pods is forbidden' >&2; exit 1\n")
    kubectl.chmod(0o755)
    bash = shutil.which("bash") or ""
    for shell in (("sh", "-c"), (bash, "-o", "pipefail", "-c")):
        place.shell = shell
        log = place.run(release=None, cluster="other", **PENDING)
        assert "forbidden" not in log
        assert "In the cluster" not in log
        assert place.states(place.cluster.pods[-1]) == []


def test_a_test_that_fails_shows_its_log_and_goes_back(place: Place) -> None:
    log = place.run(**PRODUCTION, overrides={"test": {"phase": "Failed"}}, fails=True)
    assert "log of web-test" in log
    assert "the test of web has failed: going back to no release" in log
    assert place.states() == []
    place.run(**PRODUCTION)
    log = place.run(**PRODUCTION, tag="2", overrides={"test": {"phase": "Failed"}}, fails=True)
    assert "the test of web has failed: going back to 1" in log
    assert place.states()[-1] == (3, "deployed", "1")
    place.run(**PRODUCTION, tag="2", overrides={"test": {"phase": "Failed"}}, test=False)
    assert place.states()[-1] == (4, "deployed", "2")


def test_values_are_merged_in_the_order_in_which_they_stand(place: Place) -> None:
    hostile = {"text": 'it\'s "$HOME" $(id) `id` \\ {{ .x }} \n -', "$(id)": [1, "a: b"]}
    first = {"a": 1, "b": {"c": 1, "d": 1}, "main_app": {"version": "file", "more": 1}, **hostile}
    second = {"b": {"c": 2}, "over": {"x": 2, "y": 2}}
    (place.root / "deploy").mkdir()
    (place.root / "deploy/first.yaml").write_text(yaml.safe_dump(first))
    (place.root / "deploy" / HOSTILE).write_text(json.dumps(second))
    place.run(
        **PRODUCTION,
        tag="it's $(id)",
        values=["deploy/first.yaml", f"deploy/{HOSTILE}"],
        overrides={"over": {"y": 3, "z": "$(id) \"'"}, "main_app": {"replicas": 2}},
    )
    assert place.values() == {
        **IMAGE,
        **hostile,
        "a": 1,
        "b": {"c": 2, "d": 1},
        "main_app": {"image": "team/web", "version": "it's $(id)", "more": 1, "replicas": 2},
        "over": {"x": 2, "y": 3, "z": "$(id) \"'"},
    }


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("standard", {"image": {"repository": "registry.example.org/team/web", "tag": "1"}}),
        (
            {"a.image": "${imageFullName}:${imageTag}", "a.from": "${registry}", "b": "it's $(id)"},
            {"a": {"image": "registry.example.org/team/web:1", "from": "registry.example.org"}, "b": "it's $(id)"},
        ),
    ],
)
def test_the_image_is_where_the_charts_of_the_site_look_for_it(place: Place, said: Any, values: Any) -> None:
    place.profile["kubernetes"]["image-values"] = said
    needed = {"docker": {"registry": "x"}, "main_app": {"image": "y"}}  # what the chart reads
    place.run(**PRODUCTION, overrides=needed)
    assert place.values() == {**values, **needed}


@pytest.mark.parametrize("path", ["link.yaml", "away/values.yaml", "gone.yaml"])
def test_a_values_file_is_one_of_the_repository(place: Place, path: str) -> None:
    (place.root.parent / "values.yaml").write_text("a: 1\n")
    (place.root / "link.yaml").symlink_to("../values.yaml")
    (place.root / "away").symlink_to("..")
    log = place.run(**PRODUCTION, values=[path], fails=True)
    assert "is a link, or no file of the checkout" in log
    assert place.states() == []


def test_a_chart_of_the_checkout_brings_its_dependency(place: Place) -> None:
    for name in ("lib", "app"):
        (place.root / name / "templates").mkdir(parents=True)
        chart: dict[str, Any] = {"apiVersion": "v2", "name": name, "version": "1.0.0"}
        if name == "app":
            chart["dependencies"] = [{"name": "lib", "version": "1.0.0", "repository": "file://../lib"}]
        (place.root / name / "Chart.yaml").write_text(json.dumps(chart))
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: '{{{{ .Release.Name }}}}-{name}'}}\n"
        (place.root / name / "templates/it.yaml").write_text(text)
    place.run(**PRODUCTION, chart={"name": "./app"})
    assert {name for plural, _, name in place.cluster.objects if plural == "configmaps"} == {"web-app", "web-lib"}


def test_a_chart_in_a_registry_is_taken_in_its_version(place: Place, offered: Services) -> None:
    versions = {version: charts.package("app", version) for version in ("1.0.0", "2.0.0")}
    offered.offer("v2/charts", ChartRegistry({"app": versions}))
    host = offered.address.removeprefix("http://")
    # Only a registry of tests has no TLS.
    real, place.helm = place.helm, place.root.parent / "bin/helm"
    place.helm.parent.mkdir()
    place.helm.write_text(f'#!/bin/sh\ncase $1 in upgrade) set -- "$@" --plain-http ;; esac\nexec {real} "$@"\n')
    place.helm.chmod(0o755)
    place.run(**PRODUCTION, chart={"name": f"oci://{host}/charts/app", "version": "1.0.0"})
    assert place.cluster.history("web")[-1]["chart"]["metadata"]["version"] == "1.0.0"


def test_of_two_runs_at_once_one_waits(place: Place) -> None:
    place.run(**PRODUCTION)
    slow = place.start(place.program(**PRODUCTION, tag="2", overrides={"phase": "Pending"}, timeout=8)[0])
    assert until(lambda: place.states()[-1][1] == "pending-upgrade")
    log = place.run(**PRODUCTION, tag="3", timeout=30)
    assert "waiting for at most 30 seconds" in log
    said, _ = slow.communicate(timeout=60)
    assert slow.returncode, said
    assert place.states()[-1][1:] == ("deployed", "3")
    numbers = [number for number, _, _ in place.states()]
    assert numbers == sorted(set(numbers))


def test_two_runs_that_begin_together_both_deploy(place: Place) -> None:
    programs = [place.program(**PRODUCTION, tag=tag, timeout=60)[0] for tag in ("2", "3", "4")]
    started = [place.start(program) for program in programs]
    for process in started:
        log, _ = process.communicate(timeout=180)
        assert process.returncode == 0, log
    assert [status for _, status, _ in place.states()] == ["superseded", "superseded", "deployed"]
    assert {tag for _, _, tag in place.states()} == {"2", "3", "4"}


@pytest.mark.parametrize("first", [True, False])
def test_what_a_killed_run_has_left_is_put_back_first(place: Place, first: bool) -> None:
    if not first:
        place.run(**PRODUCTION)
    killed = place.start(place.program(**PRODUCTION, tag="2", overrides={"phase": "Pending"}, timeout=60)[0])
    pending = "pending-install" if first else "pending-upgrade"
    assert until(lambda: bool(place.states()) and place.states()[-1][1] == pending)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    time.sleep(1)
    log = place.run(**PRODUCTION, tag="3", timeout=5)
    assert re.search(rf"revision \d of web has been {pending} for 5 seconds or more", log)
    assert place.states()[-1][1:] == ("deployed", "3")


def test_a_rehearsal_beside_it_leaves_the_release_alone(place: Place) -> None:
    place.profile["kubernetes"]["config"] = str(place.root.parent / "kube.config")
    place.profile["kubernetes"]["namespace"] = "web"
    place.run(**PRODUCTION)
    program, teardown = place.program(release=None)
    program = program.replace("revision=", "revision_of_it=")
    process = place.start(program)
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert len(place.cluster.left()) == 1
    values = str(place.root.parent / f"values{place.runs}")
    uninstall = "\n".join(line for line in teardown.split("\n") if "docker" not in line and "rm -rf" not in line)
    ended = place.start(uninstall.replace("$values", values))
    assert ended.communicate(timeout=60)
    assert place.cluster.left() == ()
    assert place.states() == [(1, "deployed", "1")]


def test_a_clean_kill_is_no_leftover(place: Place) -> None:
    """TERM reaches helm, too, which undoes what it has begun."""
    place.run(**PRODUCTION)
    ended = place.start(place.program(**PRODUCTION, tag="2", overrides={"phase": "Pending"}, timeout=60)[0])
    assert until(lambda: place.states()[-1][1] == "pending-upgrade")
    os.killpg(ended.pid, signal.SIGTERM)
    ended.communicate(timeout=60)
    place.run(**PRODUCTION, tag="3", timeout=10)
    assert place.states()[-1][1:] == ("deployed", "3")


def until(holds: Any, seconds: float = 30) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False
