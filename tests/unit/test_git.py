"""Git is run in the repository around a folder whatever a hook's variables say, and a URL's project is one thing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.git_repository import git

from transpiler import git as module
from transpiler.first_config import survey
from transpiler.git import Git, GitError, Problem, project_of, without_password
from transpiler.ir import Fetch
from transpiler.local import checkout


def repository(root: Path, *names: str) -> Path:
    """A repository with these files in its index."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    if names:
        git(root, "--literal-pathspecs", "add", "--", *names)
    return root


# ---- running it ----


def test_every_variable_that_git_calls_local_is_either_removed_or_a_setting() -> None:
    settings = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
    listed = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) - settings <= module._OF_REPOSITORY
    assert not settings & module._OF_REPOSITORY


def test_a_hooks_variables_lead_to_no_other_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = repository(tmp_path / "r", "d/mine"), repository(tmp_path / "other", "theirs")
    for name, value in {"DIR": ".git", "WORK_TREE": "", "INDEX_FILE": ".git/index", "PREFIX": "x/"}.items():
        monkeypatch.setenv(f"GIT_{name}", str(other / value))
    assert Git(root).names("ls-files", "-z") == ("d/mine",)
    assert Git(root / "d").names("ls-files", "-z") == ("mine",)
    assert Git(root / "d").text("rev-parse", "--show-prefix") == "d/"


def test_the_index_of_the_commit_counts_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "r", "d/old")
    (root / "new").write_text("")
    git(root, "add", "new", GIT_INDEX_FILE=".git/of-commit")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/of-commit")
    assert Git(root).names("ls-files", "-z") == ("d/old",)
    assert Git(root, of_commit=True).names("ls-files", "-z") == ("new",)
    assert Git(root / "d", of_commit=True).names("ls-files", "-z", "--full-name", ":/") == ()  # no such path: literal
    assert Git(root / "d", of_commit=True).names("ls-files", "-z", "--full-name", "..") == ("new",)


def test_variables_are_kept_where_they_alone_say_where_the_repository_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "home", "dotfile")
    (root / ".git").rename(tmp_path / "elsewhere.git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert Git(root).answer("rev-parse", "--git-dir") == ""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(root))
    assert Git(root).names("ls-files", "-z") == ("dotfile",)
    (root / "ignored").write_text("")
    (tmp_path / "elsewhere.git/info/exclude").write_text("ignored\n")
    checkout.copy(checkout.read(root), tmp_path / "copy", Fetch())
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["dotfile"]


def test_settings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'transpipe.test'='of the call'")
    assert Git(root).text("config", "transpipe.test") == "of the call"


@pytest.mark.parametrize("other", ["GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_a_name_is_a_name_whatever_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    odd = os.fsdecode(b"a*\n\xff")
    root = repository(tmp_path / "r", "ab", odd, ":(top)x")
    monkeypatch.setenv(other, "1")
    assert Git(root).names("ls-files", "-z", "--", odd) == (odd,)
    assert Git(root).names("ls-files", "-z", "--", "a*") == ()
    (tmp_path / "out").mkdir()
    Git(root).run("checkout-index", "-z", "--stdin", f"--prefix={tmp_path}/out/", given=(odd, ":(top)x"))
    assert sorted(os.listdir(tmp_path / "out")) == sorted([odd, ":(top)x"])


def test_why_git_gave_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    root = repository(tmp_path / "r")

    def problem(folder: Path, *words: str) -> tuple[Problem, str]:
        with pytest.raises(GitError) as found:
            Git(folder).text(*words)
        assert found.value.strerror is None, "or the command would print something else than the message"
        return found.value.problem, str(found.value)

    assert problem(tmp_path, "status") == (Problem.NO_REPOSITORY, f"{tmp_path} is not in a git repository")
    said = "git rev-parse: fatal: Needed a single revision"
    assert problem(root, "rev-parse", "--verify", "HEAD") == (Problem.FAILED, said)
    assert problem(root, "config", "--get", "x.y") == (Problem.FAILED, "git config: exit status 1")
    (root / ".git/config").write_text("[core]\nrepositoryformatversion = 99\n")
    assert problem(root, "status")[0] is Problem.FAILED
    with pytest.raises(FileNotFoundError):
        Git(tmp_path / "nowhere").text("status")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert problem(root, "status") == (Problem.NO_GIT, "git is not installed, or not in $PATH")
    assert Git(root).answer("status") == ""


def test_a_repository_that_git_does_not_read_is_not_run_as_a_plain_directory(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", "a")
    (root / ".git/config").write_text("[core]\nrepositoryformatversion = 99\n")
    with pytest.raises(GitError, match="repo version"):
        checkout.read(root)


# ---- the project of a URL ----

PROJECTS = {
    "https://code.example.org/team/x": "team/x",
    "https://code.example.org/team/x.git": "team/x",
    "https://code.example.org:8443/team/x/": "team/x",
    "https://me:secret@code.example.org/team/x.git/": "team/x",
    "http://code.example.org//team/x.git": "team/x",
    "https://gerrit.example.org/a/team/x": "team/x",
    "https://gerrit.example.org/r/team/x": "team/x",
    "https://gerrit.example.org/r/a/team/x": "team/x",
    "https://me@gerrit.example.org/a/a/x": "a/x",
    "https://gerrit.example.org/a/r/x": "r/x",
    "https://gerrit.example.org/r/All-Projects": "All-Projects",
    "HTTPS://gerrit.example.org/a/team/x": "team/x",
    "https://code.example.org/ab/x": "ab/x",
    "https://code.example.org/a": "a",
    "ssh://me@gerrit.example.org:29418/team/x": "team/x",
    "ssh://me@gerrit.example.org:29418/a/x": "a/x",
    "ssh://gerrit.example.org/r/x.git": "r/x",
    "ssh://[2001:db8::1]:29418/team/x": "team/x",
    "git://code.example.org/team/x.git": "team/x",
    "git+ssh://git@code.example.org/team/x.git": "team/x",
    "git@code.example.org:team/x.git": "team/x",
    "git@code.example.org:/team/x.git": "team/x",
    "git@code.example.org:a/x/": "a/x",
    "code:team/x": "team/x",
    "git@[2001:db8::1]:team/x.git": "team/x",
    "https://code.example.org/one/two/three/x": "one/two/three/x",
    "https://code.example.org/org/.github": "org/.github",
    "https://code.example.org/~me/x": "~me/x",
    "https://code.example.org/team/caf%C3%A9": "team/café",
    "": "",
    "/srv/git/team/x.git": "",
    "/srv/team/x.git": "",
    "../team/x": "",
    "x": "",
    "./a:b": "",
    "file:///srv/git/team/x.git": "",
    "C:/git/x": "",
    "C:\\git\\x": "",
    "https://code.example.org": "",
    "https://code.example.org/": "",
    "https://code.example.org/.git": "",
    "https://code.example.org/team/../x": "",
    "https://code.example.org/team/%0a": "",
    "https://code.example.org/team/a b": "",
    "https://[code/x": "",
    "ext::sh -c true": "",
    "git@code.example.org:~/x": "",
}


@pytest.mark.parametrize(("url", "project"), PROJECTS.items(), ids=lambda text: text or "nothing")
def test_the_project_of_a_url(url: str, project: str) -> None:
    assert project_of(url) == project


def test_init_and_run_say_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path / "name")
    for url in ("https://gerrit.example.org/a/team/x", "https://gerrit.example.org/r/team/x", "/srv/team/x.git"):
        git(root, "config", "remote.origin.url", url)
        assert survey(root).project == PROJECTS.get(url, "")
        assert checkout.read(root).project == (survey(root).project or "name")


HOSTS = st.sampled_from(["code.example.org", "gerrit", "10.0.0.1", "[2001:db8::1]"])
SEGMENTS = st.from_regex(r"[a-zA-Z0-9_.+-]{1,12}", fullmatch=True).filter(
    lambda name: any(map(str.isalnum, name)) and not name.endswith(".git")
)
SUFFIXES = st.sampled_from(["", "/", ".git", ".git/"])
USERS = st.sampled_from(["", "me@", "me:secret@"])
PORTS = st.sampled_from(["", ":29418"])


@given(HOSTS, USERS, PORTS, st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join), SUFFIXES)
def test_a_url_made_of_a_project_gives_it_back(host: str, user: str, port: str, project: str, suffix: str) -> None:
    end = f"{project}{suffix}"
    forms = [f"{scheme}://{user}{host}{port}/{end}" for scheme in ("ssh", "git")]
    forms += [f"{user.replace(':secret', '')}{host}:{end}", f"https://{user}{host}{port}/a/{end}"]
    forms += [f"http://{user}{host}{port}/r/a/{end}"]
    if not project.startswith("a/"):  # below /r/ it cannot be told from a prefix
        forms += [f"https://{user}{host}{port}/r/{end}"]
        if not project.startswith("r/"):
            forms += [f"https://{user}{host}{port}/{end}"]
    assert {form: project_of(form) for form in forms} == dict.fromkeys(forms, project)


@given(st.text(max_size=40) | st.from_regex(r"[a-z]*:?/{0,3}[\[\]a-z.@:%/~]*", fullmatch=True))
def test_any_text_has_a_project_or_none(url: str) -> None:
    project = project_of(url)
    assert not project or project_of(f"ssh://host/{project}") == project.removesuffix(".git").rstrip("/")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@code.example.org/x", "https://code.example.org/x"),
        ("https://token@code.example.org/x", "https://code.example.org/x"),
        ("https://me:p@w@code.example.org/x@y", "https://code.example.org/x@y"),
        ("HTTPS://me:pw@code.example.org/x", "HTTPS://code.example.org/x"),
        ("ssh://me:pw@code.example.org:29418/x", "ssh://me@code.example.org:29418/x"),
        ("ssh://me@code.example.org:29418/x@y", "ssh://me@code.example.org:29418/x@y"),
        ("git@code.example.org:x@y", "git@code.example.org:x@y"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
