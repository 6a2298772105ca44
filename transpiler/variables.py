"""Names of variables that programs, the shell and engines use, which nothing in a config may take.

`tests/laws/test_reserved_names.py` compares these lists with the outputs of every form of profile.
"""

from __future__ import annotations

_SET_BY_ENGINES = "run values registry push_registry artifacts"
_SET_BY_PROGRAMS = """archived body branch built by cache cached change chart checked context contexts frontend host
    login name part path project pushName repository rest reviewers root said seconds service short state subject tag
    there to tokens version writes"""
_SET_AROUND_PROGRAMS = "after base before left on_exit previous rc stage stop_token turn value"

OURS = frozenset(f"{_SET_BY_ENGINES} {_SET_BY_PROGRAMS} {_SET_AROUND_PROGRAMS}".split())
"""Variables of programs, and of what a target puts around a program in the same shell. No value has one of them."""

PROXIES = frozenset({"http_proxy", "https_proxy", "no_proxy", "all_proxy", "ftp_proxy"})
"""Variables that child processes read. No value has one of them, but the environment of a CI job may."""

SETUP = "setup_"
"""What the names of variables that hold values of `setup` begin with."""

RESERVED = frozenset(
    {
        "BUILDX_BUILDER",
        "DEPLOY_KUBECONFIG",
        "DOCKER_BUILDKIT",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "DOCKER_HOST",
        "HOME",
        "IFS",
        "LC_ALL",
        "PATH",
        "PROMOTE_PASSWORD",
        "PROMOTE_USER",
        "PWD",
        "REGISTRY_AUTH_FILE",
        "REGISTRY_PASSWORD",
        "REGISTRY_USER",
        "_",
    }
)
"""Variables in capital letters that the shell, docker or the programs themselves use."""

ENGINE = "CI_"
"""What the names of an engine's own variables begin with, which its jobs read after a program, too."""


def is_reserved(variable: str) -> bool:
    """Whether the shell, docker, the programs or an engine use the variable: no credential can take its place."""
    return variable in RESERVED or variable.startswith(ENGINE)


def is_ours(variable: str) -> bool:
    """Whether a program would find a value of ours in the variable, whatever the CI job has in it."""
    return variable in OURS or variable.startswith(SETUP)
