"""`deploy.release` → `helm upgrade --install`: a deployment that stays, and that no two runs change at once.

helm itself refuses an operation while another one is in progress, so the program waits for that one to end. A run that
was killed leaves a release that is in progress for ever; it is recognised by its age, and put back first. helm has no
lock that could be taken before, so two programs may still begin together: the one that helm refuses waits again.
"""

from __future__ import annotations

import re

from transpiler import ir
from transpiler.ir import CredentialKind
from transpiler.lowering import cluster_state, words
from transpiler.lowering.program_scope import Draft, Scope, path_word
from transpiler.lowering.shell import Lines, call, command, indent
from transpiler.lowering.words import Variable
from transpiler.program import CredentialUse
from transpiler.quoting import sh
from transpiler.records import dataclass

KUBECONFIG = "DEPLOY_KUBECONFIG"
"""The variable that holds the path of the kube config, where that is a credential."""

_HISTORY = 10
"""How many revisions helm keeps."""
_TRIES = 10
"""How often helm may refuse, because another run was a moment earlier."""
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
_REVISIONS = (
    "/^  revision: / { revision = $2 }",
    '/^  status: / { status = $2; if (status == "deployed") whole = revision }',
    "/^  status: superseded/ { old = revision }",
    '/^  updated: "?[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/ { gsub(/"/, ""); updated = $2 }',
    "END {",
    "    y = substr(updated, 1, 4); m = (substr(updated, 6, 2) + 9) % 12; y -= (m > 9)",
    "    days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((m * 306 + 5) / 10)",
    "    days += substr(updated, 9, 2) - 719469",
    "    at = ((days * 24 + substr(updated, 12, 2)) * 60 + substr(updated, 15, 2)) * 60 + substr(updated, 18, 2)",
    "    if (match(updated, /[+-][0-9][0-9]:[0-9][0-9]$/)) {",
    "        away = (substr(updated, RSTART + 1, 2) * 60 + substr(updated, RSTART + 4, 2)) * 60",
    '        at += (substr(updated, RSTART, 1) == "-") ? away : -away',
    "    }",
    "    if (revision) print revision, status, (updated ? now - at : 0), (whole ? whole : old)",
    "}",
)
"""Reads `helm history --output yaml`. It counts days from March, so that a leap day is
the last of its year; 719,469 of them were before 1970."""


@dataclass(frozen=True, slots=True)
class _Words:
    """The shell words of one release: how helm is called, the options for the namespace, the time-out in seconds, and
    the variables that the functions share."""

    helm: str
    namespace: str
    timeout: int
    serving: str
    seen: str
    since: str
    failed: str
    state: str

    def called(self, verb: str, *more: str) -> Lines:
        """A call of helm about the release."""
        return command(f'{self.helm} {verb} "$releaseName"', self.namespace, *more)


def credential(release: ir.Release, draft: Draft) -> tuple[CredentialUse, ...]:
    """The kube config, if it is a credential of the site. A local run that deploys nothing has taken it out of the
    profile."""
    environment = draft.site.profile.environments.get(release.environment)
    id_ = environment.credential if environment else ""
    return (CredentialUse(id_, CredentialKind.FILE, (KUBECONFIG,)),) if id_ else ()


def files(release: ir.Release, scope: Scope) -> tuple[Lines, tuple[str, ...]]:
    """Lines that come first, and the options for the values files. helm splits a path at commas and takes `-` for its
    standard input, so a file with an unusual or unknown path is copied; a link must not lead out of the checkout."""
    draft = scope.draft
    lines: list[str] = []
    options: list[str] = []
    for number, path in enumerate(release.values, 1):
        word = path_word(scope, path, at_root=True)
        draft.root = True
        draft.functions["inside_file"] = _INSIDE_FILE
        lines.append(f"inside_file {word}")
        known = scope.known(path)
        if known is None or not _PLAIN_PATH.fullmatch(known):
            copy = f'"{draft.file(f"values{number}.yaml")}"'
            lines.append(f"cat < {word} > {copy}")
            word = copy
        options.append(f"--values {word}")
    return tuple(lines), tuple(options)


_INSIDE_FILE = (
    "inside_file() { # FILE",
    '    case $1 in */*) set -- "$1" "${1%/*}" ;; *) set -- "$1" . ;; esac',
    '    case $(cd -P -- "$2" 2> /dev/null && pwd -P)/ in',
    '        "$root"/*) if [ -f "$1" ] && [ ! -h "$1" ]; then return; fi ;;',
    "    esac",
    '    echo "$1 is a link, or no file of the checkout" >&2',
    "    exit 1",
    "}",
)


def lines(step: ir.Deploy, release: ir.Release, draft: Draft, chart: tuple[str, ...], values: tuple[str, ...]) -> Lines:
    """The lines that deploy and test the release, and bind its revision. `chart` are the words for the chart: options
    first, then those that must be last; `values` are the options for the values."""
    site = draft.site.profile.kubernetes
    take = draft.variables.take
    own = _Words(
        helm=call(site.helm),
        namespace=f"--namespace {sh(release.namespace)}" if release.namespace else "",
        timeout=step.timeout or site.timeout,
        serving=take("serving"),
        seen=take("seen"),
        since=take("since"),
        failed=take("failed"),
        state=take("state"),
    )
    for name, function in _functions(own).items():
        draft.functions[name] = function
    found = _upgrade(own, draft, chart, values)
    if not (step.test or draft.is_read("revision")):
        return found
    revision = take("revision")
    test = _test(own, revision) if step.test else ()
    return (
        *found,
        f"{own.state}=$(revisions)",
        f"{revision}=${{{own.state}%% *}}",
        *test,
        *(draft.bind("revision", Variable(revision)) if draft.is_read("revision") else ()),
    )


def _functions(own: _Words) -> dict[str, Lines]:
    """The functions that programs with a release define, by name."""
    history = own.called("history", "--output yaml 2> /dev/null", '| awk -v now="$(date +%s)" \'')
    back = own.called("rollback", '"$1"', f"--wait --timeout {own.timeout}s --history-max {_HISTORY}")
    return {
        "revisions": (
            "revisions() { # the newest one, its status, how many seconds it has had it, and the last one that served",
            # An engine's shell may have `pipefail`, and there may be no release yet.
            *indent((*history, *indent(_REVISIONS), "' || :")),
            "}",
        ),
        "put_back": (
            "put_back() { # REVISION, or nothing if there is none to go back to",
            *indent(('if [ -n "$1" ]; then', *indent(back), "else", *indent(own.called("uninstall")), "fi")),
            "}",
        ),
        "my_turn": (
            "my_turn() { # waits until no other run changes the release, and puts back what a killed one has left",
            *indent((f"{own.seen}='' {own.failed}=''", "while :; do", *indent(_turn(own)), "done")),
            "}",
        ),
    }


def _turn(own: _Words) -> Lines:
    """One look at the release: returns if it is free, and else waits or puts it back."""
    took = own.timeout
    return (
        f"{own.state}=$(revisions)",
        f"set -- ${own.state}",
        f"{own.serving}=${{4-}}",
        "case ${2-} in pending-*) ;; *) return 0 ;; esac",
        f'if [ "$1" != "${own.seen}" ]; then',
        f'    echo "revision $1 of $releaseName is $2: waiting for at most {took} seconds" >&2',
        f"    {own.seen}=$1 {own.since}=$(date +%s)",
        "fi",
        f'if [ "$3" -lt {took} ] && [ "$(($(date +%s) - {own.since}))" -lt {took} ]; then',
        "    sleep 1",
        "else",
        f'    echo "revision $1 of $releaseName has been $2 for {took} seconds or more:" \\',
        '        "the run that began it was killed, so it is put back" >&2',
        # Another run may do the same at this moment; helm lets one of them.
        f'    put_back "${own.serving}" || [ "$1" != "${own.failed}" ] || exit 1',
        f"    {own.failed}=$1",
        "fi",
    )


def _upgrade(own: _Words, draft: Draft, chart: tuple[str, ...], values: tuple[str, ...]) -> Lines:
    """The lines that wait and upgrade. Where helm fails, it undoes the upgrade itself, by an option that is called
    differently in helm 3 and 4."""
    undo, tries = draft.variables.take("undo"), draft.variables.take("tries")
    said = f'"{draft.file("helm.log")}"'
    *options, last = chart
    upgrade = command(
        f'{own.helm} upgrade "$releaseName"',
        *options,
        own.namespace,
        *values,
        f"--install --wait --timeout {own.timeout}s --history-max {_HISTORY}",
        f'"${undo}"',
        last,
    )
    refusals = (
        "*'another operation (install/upgrade/rollback) is in progress'*"
        " | *'cannot re-use a name that is still in use'*"
        " | *'release: already exists'*"
    )
    return (
        "my_turn",
        f"{undo}=--atomic {tries}=1",
        f"case $({own.helm} upgrade --help) in *--rollback-on-failure*) {undo}=--rollback-on-failure ;; esac",
        f"until {upgrade[0]}" if len(upgrade) > 1 else f"until {upgrade[0]} 2> {said}; do",
        *upgrade[1:-1],
        *((f"{upgrade[-1]} 2> {said}; do",) if len(upgrade) > 1 else ()),
        *indent(
            (
                f"cat {said} >&2",
                f"case ${tries}:$(cat {said}) in",
                f"    {_TRIES}:*) exit 1 ;;",
                f"    {refusals}) ;;",
                "    *)",
                f"        {cluster_state.shown(own.helm, own.namespace, draft)}",
                "        exit 1",
                "        ;;",
                "esac",
                f"{tries}=$((1 + {tries}))",
                "sleep 1",
                "my_turn",
            )
        ),
        "done",
        f"cat {said} >&2",
    )


def _test(own: _Words, revision: str) -> Lines:
    """The lines that test the release, and go back if that fails. helm does not count a test as an operation, so
    another run may have deployed a newer revision in the meantime, which is not this one's business."""
    test = own.called("test", f"--logs --timeout {own.timeout}s || {{")
    return (
        *test,
        *indent(
            (
                f"{own.state}=$(revisions)",
                f'if [ "${{{own.state}%% *}}" = "${revision}" ]; then',
                f'    echo "the test of $releaseName has failed: going back to ${{{own.serving}:-no release}}" >&2',
                f'    put_back "${own.serving}"',
                "else",
                '    echo "the test of $releaseName has failed, and another run has deployed a newer revision" >&2',
                "fi",
                "exit 1",
            )
        ),
        "}",
    )


def url(release: ir.Release, draft: Draft) -> Lines:
    """Binds the address of the environment."""
    return draft.bind("environmentURL", *((release.url,) if release.url else ()))


def named(release: ir.Release) -> str:
    """The line that sets the release's name."""
    return f"releaseName={words.word((release.name,))}"
