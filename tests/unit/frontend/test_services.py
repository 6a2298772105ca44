"""`services` of a `run`: the forms that they can have, and every mistake in one."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text

from transpiler import ir
from transpiler.expressions import Source, literal, refs


def compiled(services: str, keys: str = "") -> Compiled:
    """A pipeline with one stage whose run has these services."""
    run = f"run: {{services: {services}{keys}}}"
    return compile_text(f"pipelines: {{test: {{dockerfile: D, stages: [{{name: unit, build: x, {run}}}]}}}}")


def run_of(made: Compiled) -> ir.Run:
    assert not made.codes, made.diagnostics
    (run,) = (step for step in made.stage("unit").steps if isinstance(step, ir.Run))
    return run


def test_a_name_and_an_image_are_enough() -> None:
    (service,) = run_of(compiled("[{name: db, image: 'postgres:17'}]")).services
    assert (service.name, service.image, service.timeout) == ("db", literal("postgres:17"), 60)
    assert not any((service.arguments.items, service.env.items, service.credentials, service.ready.items))


def test_all_keys() -> None:
    keys = "arguments: [a, '${.stage}'], env: {A: b}, ready: {command: [c, d], timeout: 2m}"
    (service,) = run_of(compiled(f"[{{name: db, image: '${{.imageID}}', {keys}}}]")).services
    assert [found.literal for found in service.arguments.items] == ["a", "unit"]  # type: ignore[union-attr]
    assert [found.literal for found in service.ready.items] == ["c", "d"]  # type: ignore[union-attr]
    assert service.timeout == 120
    assert [(ref.source, ref.key) for ref in refs(service.image)] == [(Source.STAGE, "imageID")]


@pytest.mark.parametrize("name", ["DB", "-db", "db-", "a.b", "a_b", "x" * 64, ""])
def test_a_name_that_is_no_host_name_is_an_error(name: str) -> None:
    assert "bad-value" in compiled(f"[{{name: '{name}', image: x}}]").codes


@pytest.mark.parametrize(
    ("services", "code"),
    [
        ("[{name: db, image: a}, {name: cache, image: b}, {name: db, image: c}]", "duplicate-service"),
        ("[{name: localhost, image: a}]", "bad-value"),
        ("[{name: db, image: ''}]", "bad-value"),
        ("[{name: db, image: a, ready: {timeout: 2h}}]", "bad-value"),
        ("[{name: db}]", "missing-key"),
        ("[{image: a}]", "missing-key"),
        ("[{name: db, image: a, ports: [80]}]", "unknown-key"),
        ("{db: postgres}", "wrong-type"),
        ("[{name: db, image: '${later.imageID}'}]", "not-an-ancestor"),
        ("[{name: db, image: a, credentials: [{id: nobody, name: X}]}]", "credential-not-allowed"),
        ("[{name: db, image: a, env: {'A=B': c}}]", "variable-name"),
    ],
)
def test_a_mistake_is_told_once(services: str, code: str) -> None:
    assert compiled(services).codes == [code]


def test_a_second_service_of_a_name_is_told_where_it_is() -> None:
    (found,) = compiled("[{name: db, image: a}, {name: db, image: c}]").diagnostics
    assert "`db`" in found.message


def test_two_services_and_the_run_may_share_a_credential() -> None:
    one = "credentials: [{id: SONAR_API_KEY, name: WORD}]"
    made = compiled(f"[{{name: a, image: x, {one}}}, {{name: b, image: x, {one}}}]", f", {one}")
    assert [service.credentials[0].id for service in run_of(made).services] == ["SONAR_API_KEY", "SONAR_API_KEY"]


def test_no_variable_holds_two_credentials() -> None:
    services = "[{name: a, image: x, credentials: [{id: WVUI_NPM_TOKEN, name: WORD}]}]"
    assert compiled(services, ", credentials: [{id: SONAR_API_KEY, name: WORD}]").codes == ["credential-clash"]


def test_a_variable_made_of_a_credential_is_a_secret_one() -> None:
    services = (
        "[{name: a, image: x, credentials: [{id: SONAR_API_KEY, name: WORD}], env: {URL: 'a:${WORD}', PLAIN: b}}]"
    )
    (service,) = run_of(compiled(services)).services
    assert [found.name for found in service.secret_env.items] == ["URL"]  # type: ignore[union-attr]
    assert len(service.env.items) == 1


def test_a_service_does_not_see_the_credentials_of_the_run() -> None:
    services = "[{name: a, image: x, env: {URL: '${WORD}'}}]"
    assert compiled(services, ", credentials: [{id: SONAR_API_KEY, name: WORD}]").codes == ["environment-not-allowed"]


def test_build_arguments_cannot_hold_the_credential_of_a_service() -> None:
    services = "services: [{name: a, image: x, credentials: [{id: SONAR_API_KEY, name: WORD}]}]"
    stage = f"{{name: unit, build: {{variant: x, args: {{A: '${{WORD}}'}}}}, run: {{{services}}}}}"
    made = compile_text(f"pipelines: {{test: {{dockerfile: D, stages: [{stage}]}}}}")
    assert made.codes == ["build-argument-secret"]
