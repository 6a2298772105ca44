"""Images that a job takes from another job of its run: how they go from a daemon that several jobs may share.

They have the label of the run that built them, so a job does not find them by its own, and another job on the same
daemon may be at work with them. So each job gives them a name of its own, and whoever removes the last of these names
removes the image, with the names that it was pulled and published under. The same text for all targets.
"""

from __future__ import annotations

_FILE = '"$values/taken"'
_NAME = "localhost/taken/"


def function(engine: str) -> tuple[str, tuple[str, ...]]:
    """The name of the shell function that takes an image, and its lines. Its arguments are a command, or a function,
    that brings the image to the daemon, and the arguments of that, the image first. The image is noted before it comes,
    so that it goes even if the job ends there."""
    return "take", (
        "take() { # COMMAND IMAGE...: what the command brings here gets a name of this job's own",
        f"    own={_NAME}$(od -An -N 4 -t x1 /dev/urandom | tr -d ' \\n'):$run",
        f'    echo "$own $2" >> {_FILE}',
        "    for _ in 1 2 3; do # another job here may just be removing it",
        '        "$@"',
        f'        if {engine} tag "$2" "$own"; then return; fi',
        "    done",
        "    return 1",
        "}",
    )


def with_removal(teardown: tuple[str, ...], engine: str) -> tuple[str, ...]:
    """A teardown, whose last line removes `$values`, that removes what was taken before that. It is for jobs that may
    have images of others: what a run has built itself goes by its label."""
    # The quotes part the braces, as in `registry_login`.
    asked = f"{engine} image inspect --format '{{''{{.Id}}}} {{''{{.RepoTags}}}}' \"$image\" 2> /dev/null"
    removal = (
        f"cat {_FILE} 2> /dev/null | while read -r own image; do # unless another job on this daemon has it, too",
        f'    {engine} rmi "$own" 2> /dev/null',
        f"    found=$({asked})",
        f'    case $found in "" | *{_NAME}*) ;; *) {engine} rmi --force "${{found%% *}}" ;; esac',
        "done",
    )
    return (*teardown[:-1], *removal, *teardown[-1:])
