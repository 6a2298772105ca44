"""For each changed input: the printed reason, and that the one printed command fixes it when typed as printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import BLUBBERFILE, CONFIG, OUTPUTS, Command, write

from transpiler.entry import answered
from transpiler.fast_path.digests import FORMAT, digest
from transpiler.freshness.header import Inputs

CONFIG_PATH = ".pipeline/config.yaml"
Change = Callable[[Path, pytest.MonkeyPatch], None]
ODD = "extends: default\nregistry: {public: registry.example.org}\n"


def puts(path: str, text: str) -> Change:
    return lambda root, _: write(root, {path: text})


def edits(path: str, old: str, new: str) -> Change:
    def change(root: Path, _: pytest.MonkeyPatch) -> None:
        text = (root / path).read_text()
        assert re.search(old, text)
        (root / path).write_text(re.sub(old, new, text, count=1))

    return change


def removes(path: str) -> Change:
    return lambda root, _: (root / path).unlink()


def moves(path: str, to: str) -> Change:
    def change(root: Path, _: pytest.MonkeyPatch) -> None:
        (root / path).rename(root / to)

    return change


def new_templates(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transpiler.fast_path.digests.shipped_templates", lambda _: {})
    monkeypatch.setattr("transpiler.inputs._templates", lambda: digest(""))


def new_format(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transpiler.fast_path.check.FORMAT", 99)
    monkeypatch.setattr(Inputs.__new__, "__defaults__", ((), 99, ""))


CASES = [
    pytest.param(
        puts(CONFIG_PATH, CONFIG + "# more\n"),
        "`Jenkinsfile` is stale because the config .pipeline/config.yaml has changed.",
        "",
        id="the config has changed",
    ),
    pytest.param(
        puts(".pipeline/blubber.yaml", BLUBBERFILE + "  more: {}\n"),
        "because the variants of .pipeline/blubber.yaml have changed.",
        "",
        id="a variant is new",
    ),
    pytest.param(
        puts(".pipeline/profile.yaml", ODD),
        "the profile .pipeline/profile.yaml is new",
        "",
        id="the repository has a profile now",
    ),
    pytest.param(
        lambda _, m: m.setenv("TRANSPIPE_PROFILE", "wikimedia"),
        "the profile wikimedia is new",
        "",
        id="the variable names another profile",
    ),
    pytest.param(new_templates, "because transpipe's templates have changed.", "", id="the templates have changed"),
    pytest.param(new_format, f"because transpipe's output format was {FORMAT}.", "", id="the format has changed"),
    pytest.param(
        edits("Jenkinsfile", "body +sha256:.", "body sha256:x"),
        "`Jenkinsfile` was edited by hand",
        "--force",
        id="a body's digest was edited",
    ),
    pytest.param(
        edits("Jenkinsfile", "(config .*) sha256:.", r"\1 sha256:x"),
        "`Jenkinsfile` was edited by hand",
        "--force",
        id="an input's digest was edited",
    ),
    pytest.param(
        edits(".gitlab-ci.yml", "header +sha256:.", "header sha256:x"),
        "`.gitlab-ci.yml` was edited by hand",
        "--force",
        id="a header's digest was edited",
    ),
    pytest.param(
        edits(".pipeline/zuul/test.yaml", "\\Z", "# mine\n"),
        "`.pipeline/zuul/test.yaml` was edited by hand.",
        "--force",
        id="an output was edited",
    ),
    pytest.param(
        puts("Jenkinsfile", "node {}\n"),
        "`Jenkinsfile` was not written by transpipe.",
        "--force",
        id="an output was replaced",
    ),
    pytest.param(removes("Jenkinsfile"), "`Jenkinsfile` is missing.", "", id="the first output is missing"),
    pytest.param(
        removes(".pipeline/zuul/test.yaml"),
        "`.pipeline/zuul/test.yaml` is missing.",
        "",
        id="another output is missing",
    ),
    pytest.param(
        moves(".zuul.d/transpipe.yaml", ".zuul.d/jobs.yaml"),
        "`.zuul.d/jobs.yaml` is no longer generated.",
        "",
        id="an output was renamed",
    ),
    pytest.param(
        edits("Jenkinsfile", "\n\ndef ", "\n<<<<<<< HEAD\n=======\n>>>>>>> x\ndef "),
        "it contains the markers of a merge conflict",
        "",
        id="a conflict in a body",
    ),
    pytest.param(
        edits("Jenkinsfile", "// config .*\n", "<<<<<<< a\n\\g<0>=======\n// config\n>>>>>>> b\n"),
        "it contains the markers of a merge conflict",
        "",
        id="a conflict in a header",
    ),
]


def commands(out: str) -> set[str]:
    return set(re.findall(r"`(transpipe generate[^`]*)`", out))


@pytest.mark.parametrize("options", [(), ("--profile", "wikimedia")], ids=["default", "wikimedia"])
@pytest.mark.parametrize(("change", "said", "force"), CASES)
def test_what_moved_is_told_and_mended_by_the_command_shown(
    repository: Path,
    transpipe: Command,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    said: str,
    force: str,
    options: tuple[str, ...],
) -> None:
    transpipe("generate", *options)
    assert answered(["generate", "--check"])
    if options and "wikimedia is new" in said:
        monkeypatch.setenv("TRANSPIPE_PROFILE", "default")
        said = "the profile wikimedia"
    else:
        change(repository, monkeypatch)
    assert not answered(["generate", "--check"])
    ran = transpipe("generate", "--check")
    assert (ran.code, said in ran.out) == (1, True), ran.out
    (command,) = commands(ran.out)
    assert command == f"transpipe generate {force}".strip()
    assert transpipe(*shlex.split(command)[1:]).code == 0
    assert transpipe("generate", "--check") == (0, "", "")
    assert answered(["generate", "--check"])


def test_without_the_first_output_it_is_said_that_nobody_can_tell(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(
        repository,
        {
            CONFIG_PATH: CONFIG.replace("name: lint", "name: lint2").replace("[lint]", "[lint2]"),
            ".pipeline/blubber.yaml": BLUBBERFILE + "  lint2: {}\n",
        },
    )
    edits("Jenkinsfile", "config  .*", "config  x")(repository, pytest.MonkeyPatch())
    said = transpipe("generate", "--check").out
    why = "because Jenkinsfile, which lists its inputs, is missing or edited."
    assert f"`.gitlab-ci.yml` is stale {why}" in said
    assert "Run `transpipe generate --force`, which overwrites `Jenkinsfile` too." in said


def test_what_a_newer_transpipe_made_is_not_taken_back_in_passing(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(Inputs.__new__, "__defaults__", ((), FORMAT + 1, ""))
        transpipe("generate")
    assert not answered(["generate", "--check"])
    said = transpipe("generate", "--check").out
    assert f"because a newer transpipe generated it (output format {FORMAT + 1}, this one writes {FORMAT})." in said
    assert "hint: Update transpipe, or go back to this version with `transpipe generate --force`." in said
    before = (repository / "Jenkinsfile").read_bytes()
    for command in (("generate",), ("hook", "run")):
        ran = transpipe(*command)
        assert (ran.code, "A newer transpipe wrote `Jenkinsfile`." in ran.err) == (1, True), ran
        assert (repository / "Jenkinsfile").read_bytes() == before
    assert transpipe("generate", "--force").code == 0
    assert answered(["generate", "--check"])


def test_an_orphan_is_reported_and_fixed(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    assert not answered(["hook", "check"])
    assert "`.pipeline/zuul/test.yaml` is no longer generated." in transpipe("generate", "--check").out
    transpipe("generate")
    assert not (repository / ".pipeline/zuul/test.yaml").exists()
    assert answered(["hook", "check"])


@pytest.mark.parametrize(
    ("made", "asked", "said"),
    [
        (("--project", "a/b"), (), "it was generated with --project a/b"),
        ((), ("--project", "a/b"), "it was generated with no options"),
        (("--unsupported", "warn"), (), "it was generated with --unsupported warn"),
        (("--profile", "wikimedia"), ("--profile", "default"), "it was generated with the profile wikimedia"),
        (("-t", "jenkins"), (), "it was generated by a run for jenkins only"),
    ],
    ids=lambda words: words if isinstance(words, str) else " ".join(words) or "nothing",
)
def test_other_options_are_told_and_the_command_has_them(
    repository: Path, transpipe: Command, made: tuple[str, ...], asked: tuple[str, ...], said: str
) -> None:
    transpipe("generate", *made)
    assert answered(["generate", "--check", *made])
    assert transpipe("generate", "--check", *made) == (0, "", "")
    assert not answered(["generate", "--check", *asked])
    ran = transpipe("generate", "--check", *asked)
    assert (ran.code, said in ran.out) == (1, True), ran.out
    (command,) = commands(ran.out)
    assert transpipe(*shlex.split(command)[1:]).code == 0
    assert answered(["generate", "--check", *asked])
    assert transpipe("generate", "--check", *asked) == (0, "", "")


def test_the_command_names_the_place_that_was_named(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.parent)
    (command,) = commands(transpipe("generate", "--check", "repository").out)
    assert command == "transpipe generate repository"
    assert transpipe(*shlex.split(command)[1:]).code == 0
    assert answered(["generate", "--check", "repository"])


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    ],
    ids=["CRLF", "a byte order mark", "both"],
)
def test_what_a_checkout_or_an_editor_does_to_line_ends_is_no_change(
    repository: Path, transpipe: Command, change: Callable[[bytes], bytes]
) -> None:
    transpipe("generate")
    for path in (*OUTPUTS, CONFIG_PATH):
        (repository / path).write_bytes(change((repository / path).read_bytes()))
    assert answered(["generate", "--check"])
    assert transpipe("generate", "--check") == (0, "", "")


def test_a_profile_of_the_repository_is_used_again_and_not_once_it_is_gone(
    repository: Path, transpipe: Command
) -> None:
    write(repository, {"ci/site.yaml": ODD})
    transpipe("generate", "--profile", "ci/site.yaml")
    assert answered(["generate", "--check"])
    assert transpipe("generate", "--check") == (0, "", "")
    (repository / "ci/site.yaml").unlink()
    assert not answered(["generate", "--check"])
    assert "it was generated with the profile ci/site.yaml" in transpipe("generate", "--check").out


def test_the_users_own_profile_is_not_asked_where_outputs_name_theirs(
    repository: Path, transpipe: Command, tmp_path: Path
) -> None:
    transpipe("generate", "--profile", "wikimedia")
    write(tmp_path, {"config/transpipe/profile.yaml": "extends: default\n"})
    assert answered(["generate", "--check"])
    assert transpipe("generate", "--check") == (0, "", "")


def test_outputs_in_other_places_are_found(repository: Path, transpipe: Command) -> None:
    write(repository, {".pipeline/profile.yaml": "targets: {jenkins: ci/Jenkinsfile, gitlab: ci/gitlab.yml}\n"})
    transpipe("generate")
    assert answered(["generate", "--check"])
    write(repository, {"ci/gitlab.yml": "mine: true\n"})
    assert not answered(["generate", "--check"])


def test_each_of_two_configs_has_outputs_of_its_own(repository: Path, transpipe: Command) -> None:
    write(repository, {".pipeline/other.yaml": CONFIG})
    transpipe("generate", ".pipeline/other.yaml")
    assert answered(["generate", "--check", ".pipeline/other.yaml"])
    assert not answered(["generate", "--check"])
    ran = transpipe("generate", "--check")
    assert (ran.code, "`Jenkinsfile` is stale" in ran.out) == (1, True), ran.out


def test_a_config_that_is_not_ours_is_told_by_check_and_passed_over_by_hooks(
    repository: Path, transpipe: Command
) -> None:
    write(repository, {CONFIG_PATH: "general:\n  verbose: true\nsteps:\n  mavenBuild:\n    x: 1\n"})
    assert not answered(["generate", "--check"])
    assert (transpipe("generate", "--check").code, transpipe("hook", "check").code) == (1, 0)
    ran = transpipe("hook", "run")
    assert ran == (0, "", ".pipeline/config.yaml belongs to another program: passed over\n")


def test_without_a_config_hooks_see_only_what_it_left_behind(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    (repository / CONFIG_PATH).unlink()
    with (repository / ".gitlab-ci.yml").open("a") as file:
        file.write("# mine\n")
    ran = transpipe("hook", "check")
    command = "rm -- Jenkinsfile .zuul.d/transpipe.yaml .pipeline/zuul/test.yaml .pipeline/zuul/teardown.yaml"
    assert (ran.code, f"hint: Run `{command}`." in ran.out) == (1, True), ran.out
    assert "warning: transpipe no longer generates `.gitlab-ci.yml`, but keeps it because" in ran.out
    assert transpipe("hook", "run").code == 1
    assert [path for path in OUTPUTS if (repository / path).exists()] == [".gitlab-ci.yml"]
    assert transpipe("hook", "run").code == 0
    (repository / ".gitlab-ci.yml").unlink()
    assert transpipe("hook", "check") == (0, "", "")


def test_what_hook_run_says_when_it_wrote_and_when_it_had_nothing_to_do(repository: Path, transpipe: Command) -> None:
    ran = transpipe("hook", "run")
    assert ran.code == 1
    assert ran.err.endswith(f"Stage that and commit again: git add -- {' '.join(OUTPUTS)}\n")
    assert transpipe("hook", "run") == (0, "", "")
    assert transpipe("hook", "check") == (0, "", "")


@pytest.mark.parametrize("arguments", [("-t", "travis"), ("--unsupported", "maybe"), ("nowhere",)], ids=" ".join)
def test_hooks_refuse_what_makes_no_sense(repository: Path, transpipe: Command, arguments: tuple[str, ...]) -> None:
    assert transpipe("hook", "check", *arguments).code == 2
