"""Shared profiles without a server: the copy in a repository, what a profile requires, and their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.profiles.load import load
from transpiler.frontend.profiles.shared import Section, Source, compose, parse
from transpiler.frontend.profiles.shared_mistakes import wrong_url
from transpiler.profile import Profile, RequiredStage

URL = "https://git.example.org/ci/profiles.git"
ONE, TWO = "1" * 40, "2" * 40
COMPANY = Source(URL, ONE, "company.yaml")


def extending(source: Source = COMPANY) -> str:
    return f"extends: {{git: '{source.git}', commit: {source.commit}, path: {source.path}}}\n"


def copy(*texts: str) -> str:
    """A copy whose first section is the company's profile, and the others are `1.yaml`, `2.yaml`, …"""
    names = ["company.yaml", *(f"{n}.yaml" for n in range(1, len(texts)))]
    return compose(Section(Source(URL, ONE, name), text) for name, text in zip(names, texts, strict=True))


def loaded(root: Path, profile: str, lock: str | None) -> tuple[Profile | None, list[str]]:
    (root / "profile.yaml").write_text(profile)
    if lock is not None:
        (root / "profile.lock.yaml").write_text(lock)
    found = Diagnostics()
    made = load(str(root / "profile.yaml"), root, found)
    return made, [f"{d.span.file if d.span else ''}:{d.span.line if d.span else 0} {d.code}" for d in found]


def test_a_shared_profile_is_read_from_the_copy_beside_the_profile(tmp_path: Path) -> None:
    lock = copy("extends: 1.yaml\nregistry: {public: a.example.org}\n", "registry: {public: b.example.org, push: c}\n")
    profile, found = loaded(tmp_path, extending() + "proxy: http://p\n", lock)
    assert profile
    assert found == []
    assert (profile.registry.public, profile.registry.push, profile.proxy) == ("a.example.org", "c", "http://p")
    assert [name for name, _ in profile.sources] == ["profile.yaml", "profile.lock.yaml", "default"]
    assert profile.shared == "profile.lock.yaml"


def test_a_mistake_in_a_shared_profile_is_shown_in_the_copy(tmp_path: Path) -> None:
    lock = copy("extends: 1.yaml\n", "# first\nregistri: {}\n")
    assert loaded(tmp_path, extending(), lock)[1] == ["profile.lock.yaml:17 unknown-key"]
    assert lock.split("\n")[16] == "registri: {}"


def test_a_shared_profile_may_extend_a_built_in_one(tmp_path: Path) -> None:
    profile, found = loaded(tmp_path, extending(), copy("extends: wikimedia\n"))
    assert (profile and profile.registry.public, found) == ("docker-registry.wikimedia.org", [])


@pytest.mark.parametrize(
    ("profile", "lock", "code"),
    [
        (extending(), None, "profile.yaml:1 profile-copy-missing"),
        (extending(Source(URL, TWO, "company.yaml")), copy(""), "profile.yaml:1 profile-copy-stale"),
        (extending(Source(URL, ONE, "other.yaml")), copy(""), "profile.yaml:1 profile-copy-stale"),
        (extending(), copy("targets: [jenkins]\n") + "proxy: x\n", "profile.lock.yaml:9 profile-copy-edited"),
        (extending(), copy("", "").replace("1.yaml", "2.yaml"), "profile.lock.yaml:9 profile-copy-edited"),
        (extending(), "", "profile.lock.yaml:1 profile-copy-edited"),
        (extending(), "targets: [jenkins]\n", "profile.lock.yaml:1 profile-copy-edited"),
        (extending(), copy("extends: company.yaml\n"), "profile.lock.yaml:8 profile-loop"),
        (extending(), copy("extends: 1.yaml\n", extending()), "profile.lock.yaml:16 profile-loop"),
        (extending(), copy("extends: 1.yaml\n"), "profile.lock.yaml:8 profile-copy-stale"),
        (extending(Source(URL, "main", "company.yaml")), copy(""), "profile.yaml:1 profile-commit"),
        (f"extends: {{git: '{URL}', path: company.yaml}}\n", copy(""), "profile.yaml:1 profile-commit"),
        (extending(Source(URL, ONE, "../company.yaml")), None, "profile.yaml:1 profile-source"),
    ],
)
def test_each_mistake_is_one_diagnostic(tmp_path: Path, profile: str, lock: str | None, code: str) -> None:
    assert loaded(tmp_path, profile, lock) == (None, [code])


@pytest.mark.parametrize(
    "url",
    [
        "profiles.git",
        "../profiles.git",
        "--upload-pack=x",
        "ext::sh -c x",
        "https://u:p@host/x",
        "https://token@host/x",
        "ssh://u:p@host/x",
        "https://host/a b",
        "-oProxyCommand=x:y",
    ],
)
def test_git_is_asked_for_no_such_url(url: str) -> None:
    assert wrong_url(url)


@pytest.mark.parametrize("url", [URL, "ssh://git@host:29418/x", "git@host:x.git", "git://host/x", "file:///srv/x.git"])
def test_git_is_asked_for_these(url: str) -> None:
    assert not wrong_url(url)


REQUIRED = "required: {keys: [registry.public, credentials, builder.allowed], rules: [untested-publish]}\n" + (
    "registry: {public: a.example.org, prefixes: []}\nbuilder: {allowed: [x]}\n"
    "credentials: {a.b: {kind: secret-text, zuul: t}}\npolicy: {untested-publish: warn}\n"
)


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ("", []),
        ("registry: {public: a.example.org, push: b}\n", []),
        ("credentials: {more: {kind: secret-text}}\n", []),
        ("policy: {untested-publish: error, unused-stages: off}\n", []),
        ("registry:\n  public: b.example.org\n", ["profile.yaml:3 required-key"]),
        ("credentials: {a.b: {kind: file}}\n", ["profile.yaml:2 required-key"]),
        ("builder: {allowed: [x, y]}\n", ["profile.yaml:2 required-key"]),
        ("policy: {untested-publish: off}\n", ["profile.yaml:2 required-rule"]),
    ],
)
def test_what_is_required_stays(tmp_path: Path, own: str, code: list[str]) -> None:
    assert loaded(tmp_path, extending() + own, copy(REQUIRED))[1] == code


def test_targets_may_be_required_in_any_form(tmp_path: Path) -> None:
    lock = copy("targets: {gitlab: .gitlab-ci.yml}\nrequired: {keys: [targets]}\n")
    assert loaded(tmp_path, extending() + "targets: [gitlab, jenkins]\n", lock)[1] == []
    assert loaded(tmp_path, extending() + "targets: [jenkins]\n", lock)[1] == ["profile.yaml:2 required-key"]


def test_every_profile_of_a_chain_may_require_stages(tmp_path: Path) -> None:
    lock = copy("extends: 1.yaml\nrequired: {stages: [scan]}\n", "required: {stages: [lint]}\n")
    profile, _ = loaded(tmp_path, extending() + "required: {stages: [own]}\n", lock)
    assert profile
    short = f"of {URL} at {ONE[:12]}"
    wanted = (RequiredStage("lint", f"1.yaml {short}"), RequiredStage("scan", f"company.yaml {short}"))
    assert profile.required_stages == (*wanted, RequiredStage("own", "profile.yaml"))


TEXTS = st.lists(
    st.sampled_from(["", "#", "# lines   1", "a: b", "\r", compose([Section(COMPANY, "x: y\n")]), "é", "\udcff"]),
    max_size=6,
).map("\n".join)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_copy_is_read_as_it_was_written_whatever_it_holds(texts: list[str]) -> None:
    sections = [Section(Source(URL, f"{number:040x}", "p.yaml"), text) for number, text in enumerate(texts)]
    written = compose(sections)
    found = parse(written.encode("utf-8", "surrogateescape"))
    assert found.edited == 0
    whole = [text if text.endswith("\n") else f"{text}\n" for text in texts]
    assert [section.text for section in found.sections.values()] == [text.replace("\r\n", "\n") for text in whole]
    lines = written.split("\n")
    for section in found.sections.values():
        assert section.padded.decode("utf-8", "surrogateescape").split("\n")[section.line] == lines[section.line]


@given(st.integers(0, 10_000), st.sampled_from("x \n#"))
def test_a_copy_that_was_edited_anywhere_is_no_copy(at: int, letter: str) -> None:
    text = copy("targets: [jenkins]\n# more\n", "proxy: x\n")
    at %= len(text)
    changed = text[:at] + letter + text[at + 1 :]
    assert (parse(changed.encode()).edited > 0) == (changed != text)
