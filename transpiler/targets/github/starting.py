"""Starts another workflow: a request to the forge, with the parameters as inputs, and waits for its end.

The request and its answer are those of GitHub's REST API, "Create a workflow dispatch event"; since February 2026 the
answer names the run, where `return_run_details` asks for it.
"""

from __future__ import annotations

from transpiler.profile import Profile
from transpiler.program import StageProgram, TriggerCall
from transpiler.quoting import sh
from transpiler.targets.github import scripts, settings
from transpiler.targets.github.names import shown
from transpiler.targets.github.view import Step

MOST_INPUTS = 25
_MOST_FAILURES = 30


def step(stage: StageProgram, profile: Profile, condition: str, *, told: bool) -> Step:
    """The step that starts the workflow which the profile names for the stage's trigger. `told`: stages in the
    background wait for it."""
    call = stage.trigger
    assert call is not None
    repository, workflow, branch = place(profile.job(call.name, settings.NAME), profile)
    secret = "" if by_own_token(stage, profile) else settings.of(profile).token
    token = f"${{{{ secrets.{secret} }}}}" if secret else "${{ github.token }}"
    return Step(
        f"trigger {shown(call.name)}",
        id=f"trigger-{stage.slug}",
        condition=condition,
        continues=not call.propagate,
        env=(("token", token),),
        run=(
            scripts.STOP,
            *scripts.tell_end(f"{stage.slug}.trigger", told=told, counts=call.propagate),
            *_lines(call, repository, workflow, branch),
        ),
    )


def by_own_token(stage: StageProgram, profile: Profile) -> bool:
    """Whether the run's own token starts the workflow: it can start those of the same repository alone."""
    assert stage.trigger is not None
    return not place(profile.job(stage.trigger.name, settings.NAME), profile)[0]


def place(job: str, profile: Profile) -> tuple[str, str, str]:
    """Repository ("" for this one), workflow and branch of `[OWNER/REPOSITORY/]WORKFLOW[@BRANCH]`."""
    path, _, branch = job.partition("@")
    repository, _, workflow = path.rpartition("/")
    return repository, workflow, branch or next(iter(profile.branches), "main")


def _lines(call: TriggerCall, repository: str, workflow: str, branch: str) -> tuple[str, ...]:
    arguments, inputs = [f"--arg branch {sh(branch)}"], []
    for i, parameter in enumerate(call.parameters):
        arguments.append(f"--arg name{i} {sh(parameter.name)}")
        known = parameter.text is not None
        arguments.append(
            f"--arg value{i} {sh(parameter.text or '')}" if known else f'--rawfile value{i} "$values/{parameter.file}"'
        )
        inputs.append(f"($name{i}): $value{i}")
    details = ", return_run_details: true" if call.wait else ""
    body = f"{{ref: $branch, inputs: {{{', '.join(inputs)}}}{details}}}"
    where = sh(repository) if repository else '"$GITHUB_REPOSITORY"'
    return (
        "set -eu",
        f"actions=$GITHUB_API_URL/repos/{where}/actions",
        "call() {",
        '    printf \'header = "Authorization: Bearer %s"\' "$token" |',
        "        curl --silent --show-error --fail --config - --header 'Accept: application/vnd.github+json' \"$@\"",
        "}",
        "jq --null-input \\",
        *(f"    {argument} \\" for argument in arguments),
        f"    '{body}' > \"$values/request\"",
        f'call --data "@$values/request" "$actions/workflows/{workflow}/dispatches" > "$values/answer"',
        *(_waiting() if call.wait else ()),
    )


def _waiting() -> tuple[str, ...]:
    # jq calls an empty input a success, so its text decides, not its exit status.
    return (
        "started=$(jq --raw-output '.workflow_run_id // empty' \"$values/answer\")",
        '[ -n "$started" ] || { echo "the answer names no run to wait for" >&2; exit 1; }',
        'echo "started run $started"',
        "ended=",
        "failures=0 # of the request, in a row",
        'while [ -z "$ended" ]; do',
        "    sleep 10",
        '    if call "$actions/runs/$started" > "$values/answer"; then',
        "        failures=0",
        '        ended=$(jq --raw-output \'select(.status == "completed").conclusion\' "$values/answer")',
        "    else",
        "        failures=$((failures + 1))",
        f'        [ "$failures" -lt {_MOST_FAILURES} ] || exit 1',
        "    fi",
        "done",
        'echo "run $started: $ended"',
        '[ "$ended" = success ]',
    )
