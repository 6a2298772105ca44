"""`build.args` and `build.secrets`: what they become, and every mistake in them (`docs/language.md`, "build")."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text

from transpiler.expressions import Ref, Source, Text
from transpiler.ir import Build, Credential, CredentialKind

SECRET = "{id: SONAR_API_KEY, name: TOKEN}"
RUN = f"{{credentials: [{SECRET}]}}"


def compiled(build: str, run: str = "", file: str = "dockerfile: Dockerfile") -> Compiled:
    """A stage `unit` with these keys of `build`, after a stage that binds values."""
    first = "{name: first, build: test, run: {tail: 1}, exports: {known: here}}"
    unit = f"{{name: unit, build: {{variant: test, {build}}}{run and f', run: {run}'}}}"
    return compile_text(f"pipelines:\n  test:\n    {file}\n    stages:\n      - {first}\n      - {unit}\n")


def built(made: Compiled) -> Build:
    assert not made.codes, made.diagnostics
    (step,) = (step for step in made.stage("unit").steps if isinstance(step, Build))
    return step


def test_arguments_keep_their_order_and_their_text() -> None:
    args = built(compiled("args: {B: 1.10, A: yes, C: '', D: '${first.known}', E: '${first.output}'}")).args
    assert [argument.name.literal for argument in args] == ["B", "A", "C", "D", "E"]
    assert [argument.value.literal for argument in args[:4]] == ["1.10", "yes", "", "here"]
    assert args[4].value == Text((Ref(Source.STAGE, "output", "first"),))


def test_arguments_are_merged_and_their_names_computed() -> None:
    args = built(compiled("args: {$merge: {A: 1, B: 1}, $with: {'${first.known}': 2, B: 2}}")).args
    assert [(a.name.literal, a.value.literal) for a in args] == [("A", "1"), ("here", "2"), ("B", "2")]


def test_a_name_without_a_dot_stays_as_it_is_written() -> None:
    args = built(compiled("args: {A: '${HOME} $HOME $${first.known} ${NOTHING|x}'}")).args
    assert args[0].value.literal == "${HOME} $HOME ${first.known} x"


def test_secrets_have_the_forms_of_credentials() -> None:
    (secret,) = built(compiled(f"secrets: [{SECRET}]")).secrets
    assert secret == Credential("SONAR_API_KEY", CredentialKind.SECRET_TEXT, ("TOKEN",))


def test_the_same_credential_may_be_one_of_the_run_too() -> None:
    made = compiled(f"secrets: [{SECRET}]", f"{{credentials: [{SECRET}]}}")
    assert not made.codes


def test_a_build_of_a_blubberfile_gets_secrets_and_no_arguments() -> None:
    assert not compiled(f"secrets: [{SECRET}], args: {{}}", file="blubberfile: b.yaml").codes
    assert compiled("args: {A: 1}", file="blubberfile: b.yaml").codes == ["args-with-blubber"]
    inline = "blubberfile: {version: v4, variants: {test: {}}}"
    assert compiled("args: {A: 1}", file=inline).codes == ["args-with-blubber"]


@pytest.mark.parametrize(
    ("build", "run", "code"),
    [
        pytest.param("args: {a-b: 1}", "", "build-argument-name", id="a dash"),
        pytest.param("args: {1a: 1}", "", "build-argument-name", id="a digit first"),
        pytest.param("args: {'': 1}", "", "build-argument-name", id="no name"),
        pytest.param("args: {'${first.output}': 1}", "", "build-argument-name", id="a name that is not known"),
        pytest.param("args: {A: [1]}", "", "wrong-type", id="a list"),
        pytest.param("args: [A]", "", "wrong-type", id="a list of names"),
        pytest.param("args: {A: '${first.nothing}'}", "", "unbound-value", id="a value that nothing binds"),
        pytest.param(f"args: {{A: '${{TOKEN}}'}}, secrets: [{SECRET}]", "", "build-argument-secret", id="a secret"),
        pytest.param("args: {A: 'x${TOKEN|y}'}", RUN, "build-argument-secret", id="of the run"),
        pytest.param("secrets: [{id: SONAR_API_KEY}]", "", "credential-variable", id="no variable"),
        pytest.param("secrets: [{id: other, name: X}]", "", "credential-not-allowed", id="an unknown id"),
        pytest.param("secrets: [{id: SONAR_API_KEY, name: PATH}]", "", "variable-name", id="a reserved variable"),
        pytest.param("secrets: [{name: X}]", "", "missing-key", id="no id"),
        pytest.param("secrets: X", "", "wrong-type", id="no list"),
        pytest.param(f"args: {{A: {'x' * 131_070}}}", "", "argument-too-long", id="too long"),
    ],
)
def test_a_mistake(build: str, run: str, code: str) -> None:
    made = compiled(build, run)
    assert made.codes == [code], made.diagnostics


def test_two_names_of_one_login_are_both_kept_from_arguments() -> None:
    login = "{credentials: [{id: SONAR_API_KEY, name: LOGIN}]}"
    assert compiled("args: {A: '${LOGIN_PASSWORD}'}", login).codes == ["build-argument-secret"]


@pytest.mark.parametrize("run", ["", "true", RUN], ids=["no run", "a run", "a run with a credential"])
def test_two_secrets_with_one_variable_are_one_mistake(run: str) -> None:
    made = compiled("secrets: [{id: SONAR_API_KEY, name: OTHER}, {id: WVUI_NPM_TOKEN, name: OTHER}]", run)
    assert [code for code in made.codes if code == "credential-clash"] == ["credential-clash"], made.diagnostics
