"""The services of a `run` → containers in a network of the stage's own, in which each has its name.

Teardown removes them by their label, like everything that a stage makes.
"""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering import lists
from transpiler.lowering.body import Body
from transpiler.lowering.containers import (
    credential_uses,
    image_word,
    killed_at_once,
    never_pulled,
    pulled,
    run_limit,
    secret_words,
    words_of,
)
from transpiler.lowering.program_scope import Draft, Scope
from transpiler.lowering.shell import Lines, command, join_commands
from transpiler.quoting import sh

Services = tuple[ir.Service, ...]


def prepared(services: Services, draft: Draft, body: Body) -> Lines:
    """The lines that pull images, where `docker run` cannot, and make the network: once, however often the run is
    tried."""
    if not services:
        return ()
    lines: Lines = ()
    for service in services:
        lines += pulled(service, draft, body, image_word(service, Scope(draft)))
        body.credentials += credential_uses(service)
    body.services += (service.name for service in services)
    made = f'{draft.site.engine} network create --label "ci.run=$run" {_network(draft)} > /dev/null'
    return (*lines, made)


def joined(services: Services, draft: Draft) -> str:
    """The option that joins the container of `run` to its services."""
    return f"--network {_network(draft)}" if services else ""


def started(services: Services, draft: Draft) -> Lines:
    """The lines that start all services, in their order, and then wait until each is ready."""
    lines: Lines = ()
    for service in services:
        lines += _started(service, draft)
    for service in services:
        lines += _waited_for(service, draft)
    return lines


def ended(services: Services, running: Lines, draft: Draft) -> Lines:
    """The lines of the run itself, and what is told of its services when it has ended."""
    if not services:
        return running
    _functions(draft)
    names = " ".join(service.name for service in services)
    return ("rc=0", *join_commands(running, " || rc=$?"), f'services_ended "$rc" {names}')


def containers(services: Services, draft: Draft) -> Lines:
    """The services' containers, as shell words."""
    return tuple(_container(sh(service.name), draft) for service in services)


def removal(engine: str) -> str:
    """The line of teardown that removes the networks of a run, which no container uses any more."""
    found = f'{engine} network ls --quiet --filter "label=ci.run=$run"'
    return f'ids=$({found}); [ -z "$ids" ] || {engine} network rm $ids > /dev/null'


def _network(draft: Draft) -> str:
    return f'"$run-{draft.slug}"'


def _container(name: str, draft: Draft) -> str:
    """The container of a service: no stage has one of that name, for their slugs have no capital letters."""
    return f'"$run-{draft.slug}.SERVICE.{name}"'


def _started(service: ir.Service, draft: Draft) -> Lines:
    scope = Scope(draft)
    before, environment, rest = words_of(service, scope, image_word(service, scope))
    prefix, taken = secret_words(service, scope)
    starting = command(
        *prefix,
        f"{run_limit(draft)} {draft.site.engine} run --detach",
        f"--name {_container(service.name, draft)}",
        '--label "ci.run=$run"',
        f"--network {_network(draft)} --network-alias {service.name}",
        never_pulled(draft),
        killed_at_once(draft),
        *environment,
        *taken,
        *rest,
        "> /dev/null",
    )
    return (*before, *starting)


def _waited_for(service: ir.Service, draft: Draft) -> Lines:
    _functions(draft)
    scope = Scope(draft)
    call = f"service_ready {service.name} {service.timeout}"
    if lists.is_dynamic(service.ready):
        given = lists.arguments(service.ready, scope, lambda item, inner: inner.word(item))
        return ("set --", *given, f'{call} "$@"')
    return command(call, *(scope.word(item) for item in lists.known(service.ready)))


def _functions(draft: Draft) -> None:
    engine = draft.site.engine
    healthy = _HEALTHY[engine]
    for name, text in (("service_failed", _FAILED), ("service_ready", _READY), ("services_ended", _ENDED)):
        made = text.replace("HEALTHY", healthy).replace("ENGINE", engine).replace("SLUG", draft.slug)
        draft.functions[name] = tuple(made.splitlines())


_HEALTHY = {
    "docker": "[ \"$(ENGINE inspect --format '{''{.State.Health.Status}}' \"$service\")\" = healthy ]",
    "podman": 'ENGINE healthcheck run "$service" > /dev/null 2>&1',  # it looks by itself only where systemd runs
}

_FAILED = """\
service_failed() { # NAME WHAT
    echo "The service $1 $2. The end of its log:" >&2
    ENGINE logs --tail 50 "$run-SLUG.SERVICE.$1" 2>&1 | sed 's/^/    /' >&2
    exit 1
}"""

_READY = """\
service_ready() { # NAME SECONDS COMMAND, until it succeeds; without one, the image's health check
    name=$1 seconds=$2 service=$run-SLUG.SERVICE.$1 to=$(($(date +%s) + $2))
    shift 2
    checked=$(ENGINE inspect --format '{''{if .Config.Healthcheck}}yes{''{end}}' "$service")
    [ "$#$checked" != 0 ] || return 0
    until
        [ "$(ENGINE inspect --format '{''{.State.Running}}' "$service")" = true ] ||
            service_failed "$name" "has exited before it was ready"
        if [ "$#" -eq 0 ]; then
            HEALTHY
        else
            timeout -k 5 "$seconds" ENGINE exec "$service" "$@" > /dev/null 2>&1
        fi
    do
        [ "$(date +%s)" -lt "$to" ] || service_failed "$name" "was not ready within $seconds seconds"
        sleep 1
    done
}"""

_ENDED = """\
services_ended() { # STATUS NAMES: after a failure of the run or a service, the services' logs
    rc=$1
    shift
    for name; do
        state=$(ENGINE inspect --format '{''{.State.Running}} {''{.State.ExitCode}}' "$run-SLUG.SERVICE.$name")
        case $state in true*) continue ;; esac
        echo "The service $name has exited during the run, with status ${state#* }." >&2
        [ "$rc" -ne 0 ] || rc=1
    done
    [ "$rc" -ne 0 ] || return 0
    for name; do
        echo "The log of the service $name:" >&2
        ENGINE logs "$run-SLUG.SERVICE.$name" 2>&1 | sed 's/^/    /' >&2
    done
    exit "$rc"
}"""
