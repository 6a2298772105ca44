"""Profiles: where they are found, how they are merged over what they extend, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpiler.diagnostics import Diagnostics, Severity
from transpiler.driver import Request, compile_config
from transpiler.frontend.profiles import data as profile_data
from transpiler.frontend.profiles.load import built_in, decode, load
from transpiler.frontend.shape.schema import check
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.frontend.yaml.reader import read
from transpiler.ir import Event
from transpiler.profile import Cluster, Profile
from transpiler.resources import directory
from transpiler.targets import TARGETS

LOGIN = "{kind: username-password}"


def loaded(path: Path | str, root: Path | None = None) -> Profile:
    diagnostics = Diagnostics()
    profile = load(str(path), root, diagnostics)
    assert profile, list(diagnostics)
    assert not len(diagnostics)
    return profile


def refused(path: Path | str, root: Path | None = None) -> list[str]:
    diagnostics = Diagnostics()
    assert load(str(path), root, diagnostics) is None
    return [f"{d.code}: {d.message}" for d in diagnostics]


def part(profile: Profile, target: str) -> Any:
    """The target's settings, of whatever type they are."""
    return profile.settings[target]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_built_in_profiles_are_default_podman_and_wikimedia() -> None:
    assert built_in() == ("default", "podman", "wikimedia")


@pytest.mark.parametrize(
    "text",
    [
        "container: {command: podman}\n",
        "extends: podman\n",
        "extends: podman\ncontainer: {timeout: 60}\n",
        "extends: default\ncontainer: {command: podman}\n",
        "extends: other.yaml\n",
    ],
)
def test_podman_gives_gitlab_jobs_an_image_without_a_daemon(tmp_path: Path, text: str) -> None:
    write(tmp_path / "other.yaml", "container: {command: podman}\n")
    profile = loaded(write(tmp_path / "p.yaml", text))
    gitlab = part(profile, "gitlab")
    assert profile.container == "podman"
    assert (gitlab.image, gitlab.services) == ("quay.io/podman/stable", ())
    assert gitlab.variables == {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}


def test_what_a_profile_says_itself_wins_over_what_podman_needs(tmp_path: Path) -> None:
    text = "gitlab: {image: our/podman, variables: {STORAGE_DRIVER: }}\ncontainer: {command: podman}\n"
    gitlab = part(loaded(write(tmp_path / "p.yaml", text)), "gitlab")
    assert (gitlab.image, gitlab.services) == ("our/podman", ())
    assert gitlab.variables == {"BUILDAH_ISOLATION": "chroot"}


def test_a_profile_that_goes_back_to_docker_has_docker_in_docker(tmp_path: Path) -> None:
    write(tmp_path / "other.yaml", "container: {command: podman}\n")
    gitlab = part(loaded(write(tmp_path / "p.yaml", "extends: other.yaml\ncontainer: {command: docker}\n")), "gitlab")
    assert (gitlab.image, gitlab.services) == (part(loaded("default"), "gitlab").image, ("docker:28-dind",))


@pytest.mark.parametrize("name", built_in())
def test_a_built_in_profile_fits_the_schema(name: str) -> None:
    diagnostics = Diagnostics()
    document = read((directory("profiles") / f"{name}.yaml").read_bytes(), name, diagnostics)
    assert document
    assert check(document, "profile", diagnostics), list(diagnostics)


def test_no_data_decode_to_the_default_profile() -> None:
    assert decode({}) == replace(loaded("default"), name="")


def test_wikimedia_has_what_pipelinelib_had_built_in() -> None:
    profile = loaded("wikimedia")
    assert profile.registry.name == "docker-registry.wikimedia.org/wikimedia"
    assert profile.registry.push_name == "docker-registry.discovery.wmnet/wikimedia"
    assert profile.registry.command == ("sudo", "/usr/local/bin/docker-pusher")
    assert profile.kubernetes.clusters == {"ci": Cluster("/etc/kubernetes/ci-staging.config", "ci")}
    assert part(profile, "jenkins").labels["copy"] == "pipelinelib-build"
    assert part(profile, "zuul").pipelines[Event.TAG] == ("publish",)
    assert profile.unsupported == {"credentials-for-change"}
    assert profile.run_timeout == 1200


def test_the_sources_are_the_chain_with_the_default_last(tmp_path: Path) -> None:
    path = write(tmp_path / ".pipeline/profile.yaml", "extends: wikimedia\n")
    profile = loaded(path, tmp_path)
    assert [name for name, _ in profile.sources] == [".pipeline/profile.yaml", "wikimedia", "default"]
    assert profile.name == ".pipeline/profile.yaml"


def test_mappings_merge_at_every_depth_and_lists_replace(tmp_path: Path) -> None:
    write(tmp_path / "base.yaml", "zuul: {pipelines: {change: [a], merge: [b]}, parent: site}\nenvironment: [X]\n")
    path = write(tmp_path / "own.yaml", "extends: base.yaml\nzuul: {pipelines: {change: [c]}}\nenvironment: [Y]\n")
    profile = loaded(path, tmp_path)
    assert part(profile, "zuul").pipelines == {
        "change": ("c",),
        "merge": ("b",),
        "tag": ("tag",),
        "schedule": ("periodic",),
    }
    assert part(profile, "zuul").parent == "site"
    assert profile.environment == ("Y",)


def test_extends_is_relative_to_the_file_that_says_it(tmp_path: Path) -> None:
    write(tmp_path / "sites/base.yaml", "proxy: http://proxy\n")
    path = write(tmp_path / "sites/team/own.yaml", "extends: ../base.yaml\n")
    assert loaded(path, tmp_path).proxy == "http://proxy"


@pytest.mark.parametrize(
    ("text", "targets", "gitlab"),
    [
        pytest.param("proxy: ''", ("jenkins", "gitlab", "zuul"), ".gitlab-ci.yml", id="saying nothing means all"),
        pytest.param("targets: [zuul]", ("zuul",), ".gitlab-ci.yml", id="a list says which"),
        pytest.param("targets: {gitlab: ci.yml}", ("gitlab",), "ci.yml", id="a mapping says which and where"),
        pytest.param("targets: {gitlab: {path: ci.yml}}", ("gitlab",), "ci.yml", id="the path may be a mapping's"),
    ],
)
def test_targets(tmp_path: Path, text: str, targets: tuple[str, ...], gitlab: str) -> None:
    profile = loaded(write(tmp_path / "p.yaml", text))
    assert (profile.targets, profile.settings["gitlab"].path) == (targets, gitlab)
    assert part(profile, "zuul").playbooks == ".pipeline/zuul"


def test_a_moved_output_stays_moved_when_another_profile_chooses_targets(tmp_path: Path) -> None:
    write(tmp_path / "base.yaml", "targets: {jenkins: ci/Jenkinsfile, gitlab: ci.yml}\n")
    profile = loaded(write(tmp_path / "own.yaml", "extends: base.yaml\ntargets: [jenkins]\n"))
    assert (profile.targets, profile.settings["jenkins"].path) == (("jenkins",), "ci/Jenkinsfile")


@pytest.mark.parametrize(
    ("data", "where", "wanted"),
    [
        ({"gitlab": {"image": None}}, "gitlab.image", None),
        ({"zuul": {"nodeset": "big"}}, "zuul.nodeset", "big"),
        ({"zuul": {"nodeset": "big"}}, "zuul.label", ""),
        ({"zuul": {"timeout": "0x10"}}, "zuul.timeout", 16),
        ({"jenkins": {"retention": {"days": 30}}}, "jenkins.keep_days", 30),
        ({"promote": {"reviewers": "no"}}, "promotion.reviewers", False),
        ({"registry": {"command": "push 'to it'"}}, "registry.command", ("push", "to it")),
        ({"registry": {"credential": None}}, "registry.credential", ""),
        ({"jenkins": None}, "jenkins.label", "docker"),
        ({"policy": {"unused-stages": False}}, "policy", {"unused-stages": "off"}),
    ],
    ids=str,
)
def test_decoding(data: dict[str, Any], where: str, wanted: object) -> None:
    found: Any = decode(data)
    for name in where.split("."):
        found = found.settings[name] if name in TARGETS else getattr(found, name)
    assert found == wanted or (isinstance(found, dict) and found.items() >= dict(wanted).items())  # type: ignore[call-overload]


def test_credentials_know_what_each_engine_calls_them() -> None:
    profile = decode(
        {
            "credentials": {
                "a": {"kind": "secret-text", "gitlab": "A", "zuul": "a-secret"},
                "b": {"kind": "username-password", "jenkins": "bb", "gitlab": {"username": "U", "password": "P"}},
            }
        }
    )
    a, b = profile.credentials["a"], profile.credentials["b"]
    assert a.names == {"jenkins": ("a",), "gitlab": ("A",), "zuul": ("a-secret",), "github": ()}
    assert b.names == {"jenkins": ("bb",), "gitlab": ("U", "P"), "zuul": (), "github": ()}


def test_a_number_stands_for_its_source_text(tmp_path: Path) -> None:
    assert loaded(write(tmp_path / "p.yaml", "registry: {repository: 1.10}\n")).registry.repository == "1.10"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: own.yaml", "profile-loop: The profile extends itself: own.yaml → own.yaml."),
        ("extends: wikimeda", "profile-not-found: The profile `wikimeda` does not exist."),
        ("registry: {credential: bot}", "profile-unknown-credential: `registry.credential` is `bot`"),
        ("registry: {method: command}", "profile-without-command: `registry.method` is `command`"),
        ("unsupported: [gates]", "profile-unknown-feature: There is no feature `gates`."),
        ("zuul: {pipeline: {}}", "unknown-key: "),
        ("[", "syntax"),
        # GitHub accepts none of these, and would refuse the workflow or read an empty secret.
        ("credentials: {npm: {kind: secret-text, github: my-token}}", "expected the name of a secret ("),
        ("credentials: {npm: {kind: secret-text, github: secrets.NPM}}", "expected the name of a secret ("),
        ("credentials: {npm: {kind: file, github: github_npm}}", "no `GITHUB_` first) or a mapping"),
        (
            "credentials: {npm: {kind: username-password, github: {username: a-b, password: B}}}",
            "bad-value: `username`: expected the name of a secret (",
        ),
        ("github: {token: secrets.T}", "bad-value: `token`: expected the name of a secret ("),
        ("github: {schedule: ['@daily']}", "bad-value: Item 1 of `schedule`: expected a cron line"),
        ("github: {schedule: ['0 25 * * *']}", "bad-value: Item 1 of `schedule`: expected a cron line"),
        ("github: {schedule: ['17 3 * *']}", "bad-value: Item 1 of `schedule`: expected a cron line"),
        # The name of a file was read as the usual folder.
        ("targets: {github: ci/x.yml}", "wrong-type: `github`: expected a folder or a mapping"),
        ("targets: {github: {path: ci/x.yaml}}", "bad-value: `path`: expected a folder"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    (message,) = refused(write(tmp_path / "own.yaml", text), tmp_path)
    assert said in message


@pytest.mark.parametrize("line", ["17 3 * * *", "*/15 0-6/2 1,15 JAN-DEC MON-FRI", "0 0 31 12 0"])
def test_a_schedule_is_what_cron_lines_are_on_github(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "own.yaml", f"github: {{schedule: ['{line}']}}\n")
    assert loaded(path).settings["github"].schedule == (line,)  # type: ignore[attr-defined]


def test_a_loop_over_files_is_named_along_its_path(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "extends: b.yaml")
    write(tmp_path / "b.yaml", "extends: c.yaml")
    write(tmp_path / "c.yaml", "extends: b.yaml")
    assert refused(tmp_path / "a.yaml", tmp_path) == [
        "profile-loop: The profile extends itself: b.yaml → c.yaml → b.yaml."
    ]


def test_a_misspelt_built_in_name_gets_a_near_one() -> None:
    diagnostics = Diagnostics()
    load("wikimeda", None, diagnostics)
    assert [d.hint for d in diagnostics] == ["Did you mean `wikimedia`?"]


def test_merging_leaves_its_arguments_alone() -> None:
    base: dict[str, Any] = {"a": {"b": 1}, "targets": ["jenkins"]}
    profile_data.merge(base, {"a": {"c": 2}, "targets": ["zuul"]})
    assert base == {"a": {"b": 1}, "targets": ["jenkins"]}


def test_every_key_of_the_schema_has_its_default_in_the_default_profile() -> None:
    """Else a default would hide in the code."""
    schema = schema_of("profile")
    default = yaml.safe_load((directory("profiles") / "default.yaml").read_text())
    assert set(schema["properties"]) - {"extends", "required"} == set(default)


def test_branches_that_a_profile_says_count_on_every_engine(tmp_path: Path) -> None:
    """Even if they are the default's: then GitLab and Jenkins go by them, not by the project's default branch."""
    write(tmp_path / "site.yaml", "branches: [main, master]\n")
    own = write(tmp_path / "own.yaml", "extends: site.yaml\nproject: a/b\n")
    for name in built_in():
        assert (loaded(name).branches, loaded(name).branches_said) == (("main", "master"), False)
    assert loaded(own).branches_said
    assert decode({"branches": ["x"]}).branches_said


@pytest.mark.parametrize("text", ["branches: []", "branches: ['release/*']", 'branches: ["it\'s"]', "branches: main"])
def test_branches_are_names(tmp_path: Path, text: str) -> None:
    assert refused(write(tmp_path / "own.yaml", f"{text}\n"))


def test_what_the_sites_own_steps_use_is_not_for_configs() -> None:
    assert loaded("wikimedia").own_credentials == {"gerrit.pipelinebot"}
    assert loaded("default").own_credentials == frozenset()


def test_registries_that_want_a_login_to_be_pulled_from(tmp_path: Path) -> None:
    write(
        tmp_path / "base.yaml", f"registries: {{docker.io: hub, r.example:5000: hub}}\ncredentials: {{hub: {LOGIN}}}\n"
    )
    profile = loaded(write(tmp_path / "own.yaml", "extends: base.yaml\nregistries: {r.example:5000: ''}\n"))
    assert profile.registries == {"docker.io": "hub"}
    assert profile.own_credentials == {"hub"}


@pytest.mark.parametrize(
    "host", ["https://r.example", "r.example/team", "registry", "", "r.example:", "r example", "*"]
)
def test_what_is_no_host_is_refused(host: str, tmp_path: Path) -> None:
    text = f"registries: {{'{host}': hub}}\ncredentials: {{hub: {LOGIN}}}\n"
    assert [line.partition(":")[0] for line in refused(write(tmp_path / "p.yaml", text))] == ["profile-registry-host"]


@pytest.mark.parametrize(
    "host", ["r.example", "docker.io", "localhost", "localhost:5000", "reg:5000", "10.0.0.1", "[::1]:5"]
)
def test_what_an_images_name_may_begin_with_is_a_host(host: str, tmp_path: Path) -> None:
    text = f"registries: {{'{host}': hub}}\ncredentials: {{hub: {LOGIN}}}\n"
    assert loaded(write(tmp_path / "p.yaml", text)).registries == {host: "hub"}


@pytest.mark.parametrize(
    "text",
    [
        "registry: {credential: bot}",
        "registries: {r.example: bot}",
        "promote: {credential: bot}",
        "report: {gerrit: {url: 'https://g', credential: bot}}",
    ],
)
def test_the_sites_own_steps_log_in_with_a_user_name_and_a_password(text: str, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", f"{text}\ncredentials: {{bot: {{kind: secret-text}}}}\n")
    assert [line.partition(":")[0] for line in refused(path)] == ["profile-credential-kind"]


@pytest.mark.parametrize(
    ("given", "targets"),
    [
        ("{jenkins: false, zuul: false}", ("gitlab",)),
        ("{jenkins: no}", ("gitlab", "zuul")),
        ("{zuul: {path: false}}", ("jenkins", "gitlab")),
        ("{gitlab: ci.yml, jenkins: false}", ("gitlab",)),
        ("{gitlab: true, jenkins: false}", ("gitlab",)),
        ("{jenkins: false, gitlab: false, zuul: false}", ()),
    ],
)
def test_false_leaves_a_target_out(tmp_path: Path, given: str, targets: tuple[str, ...]) -> None:
    found = loaded(write(tmp_path / "own.yaml", f"targets: {given}\n"))
    assert found.targets == targets
    assert part(found, "jenkins").path == "Jenkinsfile"


def test_a_target_that_a_site_leaves_out_can_be_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "site.yaml", "targets: {jenkins: false, zuul: false}\n")
    own = tmp_path / "own.yaml"
    assert loaded(write(own, "extends: site.yaml\n")).targets == ("gitlab",)
    assert loaded(write(own, "extends: site.yaml\ntargets: {zuul: true}\n")).targets == ("zuul",)
    assert loaded(write(own, "extends: site.yaml\ntargets: {gitlab: false}\n")).targets == ()


def test_paths_of_outputs_are_in_their_shortest_form(tmp_path: Path) -> None:
    text = "targets: {jenkins: ./a/../b//c/, gitlab: {path: x/./y.yml}, zuul: {playbooks: p/}}\n"
    found = loaded(write(tmp_path / "own.yaml", text))
    assert [part(found, name).path for name in ("jenkins", "gitlab")] == ["b/c", "x/y.yml"]
    assert part(found, "zuul").playbooks == "p"


@pytest.mark.parametrize(
    ("profile", "column", "message"),
    [
        ("targets: {gitlab: ci.yml, jenkins: ci.yml}", 36, "Two outputs have the path `ci.yml`."),
        ("targets: {jenkins: .gitlab-ci.yml, gitlab: true}", 44, "Two outputs have the path `.gitlab-ci.yml`."),
        ("targets: {jenkins: CI.yml, gitlab: ./ci.yml}", 36, "Two outputs have the path `ci.yml`."),
        ("targets: {jenkins: ci, gitlab: ci/x.yml}", 32, "The output `ci/x.yml` is below another output, which is"),
        ("targets: {gitlab: ci/x.yml, jenkins: ci}", 38, "The output `ci` is a file, and another output is below it."),
        (
            "{targets: {jenkins: J, gitlab: J.test}, jenkins: {layout: file-per-pipeline}}",
            32,
            "Two outputs have the path `J.test`.",
        ),
        (
            "targets: {gitlab: .pipeline/zuul/test.yaml, zuul: true}",
            51,
            "Two outputs have the path `.pipeline/zuul/test.yaml`.",
        ),
    ],
    ids=[
        "the same path",
        "another's usual path",
        "but for capital letters",
        "below a file",
        "above a file",
        "a file of each pipeline",
        "a playbook",
    ],
)
def test_two_outputs_that_cannot_be_together_are_refused_where_the_profile_says_so(
    tmp_path: Path, profile: str, column: int, message: str
) -> None:
    path = tmp_path / ".pipeline/profile.yaml"
    path.parent.mkdir()
    path.write_text(f"{profile}\n")
    (tmp_path / ".pipeline/config.yaml").write_text(
        "project: a/b\npipelines: {test: {dockerfile: Dockerfile, stages: [{name: unit, build: test}]}}\n"
    )
    (tmp_path / "Dockerfile").write_text("FROM x AS test\n")
    outcome = compile_config(Request(tmp_path, ".pipeline/config.yaml", str(path)))
    (found,) = [d for d in outcome.diagnostics if d.severity is Severity.ERROR]
    assert found.code == "output-shared"
    assert found.message.startswith(message)
    assert found.span
    assert (found.span.file, found.span.line, found.span.column) == (".pipeline/profile.yaml", 1, column)
    assert not outcome.files
