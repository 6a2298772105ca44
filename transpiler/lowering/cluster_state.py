"""What a cluster says when a deployment does not become ready: pods and warnings, for people who read the log.

It shows names, states and messages, never the content of an object, of which a secret may be one. What it runs into
changes nothing of how the stage ends.
"""

from __future__ import annotations

from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines, command, indent

_MOST = 20
"""Lines of each kind."""
_COLUMNS = ".involvedObject.kind", ".involvedObject.name", ".reason", ".message"


def shown(helm: str, namespace: str, draft: Draft) -> str:
    """The line that shows pods and warnings of `$releaseName`. `helm` and `namespace` are words of its commands."""
    draft.functions["cluster_state"] = _function(helm, namespace)
    draft.functions["of_release"] = _OF_RELEASE
    return "cluster_state || :"


def _function(helm: str, namespace: str) -> Lines:
    asked = " ".join(filter(None, (namespace, "--no-headers --request-timeout 20s")))
    columns = ",".join(f"C{number}:{path}" for number, path in enumerate(_COLUMNS))
    status = " ".join(filter(None, (f'{helm} status "$releaseName"', namespace)))
    return (
        "cluster_state() { # shows pods and warnings; without kubectl what helm knows",
        *indent(
            (
                "if command -v kubectl > /dev/null; then",
                *indent((f"kubectl get pods {asked} | of_release",)),
                *indent(_joined(command(
                    f"kubectl get events {asked} --field-selector 'type!=Normal'",
                    "--sort-by .metadata.creationTimestamp",
                    f"--output custom-columns={columns}",
                ))),
                "else # helm 4 shows resources without being asked",
                *indent((
                    f"{{ {status} --show-resources || {status}; }} |",
                    "    awk '/^[A-Z][A-Z ]*:/ { on = /^RESOURCES:/; next } on && NF'",
                )),
                """fi 2> /dev/null | awk 'NR == 1 { print "In the cluster now:" } { print "    | " $0 }' >&2""",
            )
        ),
        "}",
    )  # fmt: skip


def _joined(asking: Lines) -> Lines:
    return (*asking[:-1], f"{asking[-1]} | of_release")


_OF_RELEASE = (
    "of_release() { # of lines about a namespace the last that name the release; if none does, the last of all",
    """    awk -v name="$releaseName" '""",
    "        { all[NR] = $0 }",
    "        index($0, name) { own[++count] = $0 }",
    "        END {",
    f"            for (i = count - {_MOST - 1}; i <= count; i++) if (i > 0) print own[i]",
    f"            for (i = NR - {_MOST - 1}; i <= NR; i++) if (i > 0 && !count) print all[i]",
    "        }",
    "    '",
    "}",
)
