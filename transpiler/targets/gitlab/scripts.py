"""The shell around the programs: what every job sets before, and what it removes after.

Each line is there only if some program of the file needs it. All of it runs under busybox, dash and bash; what runs
after is a shell of its own that knows nothing of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from transpiler import registry_login, taken_images
from transpiler.profile import Profile
from transpiler.program import MailProgram, StageProgram
from transpiler.targets.gitlab.shared import Site
from transpiler.targets.gitlab.sources import environment_lines, registry_lines, setup_lines
from transpiler.targets.gitlab.view import Block, Line, Script

VALUES = "values=$PWD.values"
LOGIN = '"$values/login"'
EACH_LINE = "set +e # each line is tried"
_VALUES_USED = re.compile(r"\$(values\b|\{values\b)")
_RUN_USED = re.compile(r"\$(run\b|\{run\b)")


def run_line(profile: Profile) -> str:
    """What `run` is: the job's own, or, where jobs share a daemon and one removes what others made, a name that the
    last job can tell too."""
    if profile.images == "local":
        return "run=gitlab-$CI_PIPELINE_ID-$CI_JOB_NAME"
    return "run=$CI_PROJECT_PATH_SLUG-$CI_JOB_ID"


def uses_values(lines: Iterable[str]) -> bool:
    """Whether any of these lines reads or writes a file in `$values`."""
    return any(_VALUES_USED.search(line) for line in lines)


def before_script(sites: Sequence[Site], profile: Profile) -> Script:
    """What every job sets before its program: only what some program reads."""
    stages = [stage for site in sites for stage in site.pipeline.stages]
    mails = [m for site in sites for s in site.pipeline.stages if s.name in site.mailing and (m := s.mail)]
    return (
        run_line(profile),
        *_registry(stages, profile),
        *(["artifacts=$CI_JOB_URL/artifacts/file"] if any(s.artifacts for s in stages) else []),
        *environment_lines(name for s in stages for name in s.environment),
        *setup_lines([*(k for s in stages for k in s.setup), *(k for m in mails for k in m.setup)]),
        *_values(sites, stages, mails),
        *_travel(sites, profile),
    )


def about(before: Script, profile: Profile) -> tuple[str, ...]:
    """What a reader must know of `before_script`, as comment lines."""
    text = "\n".join(item if isinstance(item, str) else "\n".join(item) for item in before)
    whose = "this job of this pipeline" if profile.images == "local" else "this job"
    lines = ["The shell programs find these variables:"]
    lines.append(f"  run        unique to {whose}: names containers, labels containers and images")
    if VALUES in text:
        lines.append("  values     a directory outside the checkout, a file for each value that a stage binds")
    if "registry=" in text:
        lines.append("  registry   where images are published")
    if "artifacts=" in text:
        lines.append("  artifacts  the URL below which this job's artifacts are")
    if "setup_" in text:
        lines.append("  setup_*    what the config calls ${setup.*}")
    if "give_values" in text:
        ways = {"registry": "; images pass through the registry", "artifact": ", and so do images"}
        how = ways.get(profile.images, "") if "give_image" in text else ""
        lines.append(f"Jobs share no files. Values travel as artifacts below `.values/`{how}.")
    return tuple(lines)


def _registry(stages: Sequence[StageProgram], profile: Profile) -> Iterator[str]:
    for line in registry_lines(profile) if any(s.registry for s in stages) else ():
        if not line.startswith("push_registry=") or any(s.push_registry for s in stages):
            yield line


def _values(
    sites: Sequence[Site], stages: Sequence[StageProgram], mails: Sequence[MailProgram]
) -> Iterator[Line | Block]:
    hands = [hand for site in sites for hand in site.hands.values()]
    given = any(hand.values or hand.image or hand.packs for hand in hands) or any(site.own_marks for site in sites)
    lines = [line for s in stages for line in s.lines] + [line for m in mails for line in (*m.compose, *m.send)]
    received = given or any(hand.mail for hand in hands)
    if received or uses_values(lines):
        yield f'{VALUES}; rm -rf "$values"'
        made = 'mkdir "$values"'
        yield f'if [ -d .values ]; then mv .values "$values"; else {made}; fi' if received else made
    if given:
        yield (
            "give_values() {",
            '    cd "${values%.values}" # the checkout, wherever the program has gone',
            "    mkdir .values",
            '    for value; do mv "$values/$value" .values; done',
            "}",
        )


def _travel(sites: Sequence[Site], profile: Profile) -> Iterator[Line | Block]:
    hands = [hand for site in sites for hand in site.hands.values()]
    if any(hand.image for hand in hands):
        yield from _by_registry(profile) if profile.images == "registry" else _by_artifact(profile)
    if any(hand.packs for hand in hands):
        yield (
            "give_files() {",
            "    name=$1; shift",
            '    tar -cf "$values/$name.files.tar" -C "${values%.values}" --exclude=./.git "$@"',
            "}",
            'take_files() { for name; do tar -xf "$values/$name.files.tar"; done; }',
        )


def _by_registry(profile: Profile) -> Iterator[Line | Block]:
    docker = profile.container
    # Not in the runner's own settings, which the program goes on with and other jobs may share.
    logged_in = f"{registry_login.using(docker, LOGIN)} {docker}"
    name, write_login = registry_login.function(docker)
    name_of_take, take = taken_images.function(docker)
    yield (
        *write_login,
        "no_registry() {",
        "    echo 'Images pass between jobs through the container registry, which this job cannot use.' >&2",
        "    echo 'Enable it for this project; a fork needs one of its own.' >&2",
        "    exit 1",
        "}",
        "log_in() {",
        '    [ -n "${CI_REGISTRY_PASSWORD-}" ] || no_registry',
        f'    {name} {LOGIN} "$CI_REGISTRY" "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD"',
        "}",
        f'pull_image() {{ {logged_in} pull --quiet "$1" || no_registry; }}',
        *take,
        "give_image() {",
        "    log_in",
        '    image=$(cat "$values/$1.imageID")',
        "    between=$CI_REGISTRY_IMAGE/between-jobs:$CI_PIPELINE_ID-$CI_JOB_NAME",
        f'    {docker} tag "$image" "$between"',
        f'    {logged_in} push --quiet "$between" || no_registry',
        "}",
        "take_image() {",
        "    log_in",
        f'    {name_of_take} pull_image "$CI_REGISTRY_IMAGE/between-jobs:$CI_PIPELINE_ID-$1"',
        "}",
    )


def _by_artifact(profile: Profile) -> Iterator[Block]:
    docker = profile.container
    name, take = taken_images.function(docker)
    yield (
        "give_image() {",
        '    image=$(cat "$values/$1.imageID")',
        f'    {docker} save --output "$values/$1.image.tar" "$image"',
        "}",
        f'load_image() {{ {docker} load --quiet --input "$2"; }} # IMAGE FILE',
        *take,
        f'take_image() {{ {name} load_image "$(cat "$values/$1.imageID")" "$values/$1.image.tar"; }}',
    )


def after_script(site: Site) -> Script | None:
    """What every job of the pipeline removes after its program, also after a failure."""
    left = left_behind(site)
    return (_teardown(site, left),) if left else None


def own_after_script(site: Site, stage: StageProgram) -> Script | None:
    """The same for a job that leaves more than usual or must spare something; None where it need not differ."""
    hand = site.hands[stage.name]
    if not (hand.keeps or hand.mail or stage.uninstall):
        return None
    lines = left_behind(site)
    if hand.keeps and (named := named_by_run(site)):
        condition = f'if [ "$CI_JOB_STATUS" != success ]; then # else `{site.column} teardown` does it'
        lines = (condition, *(f"    {line}" for line in named), "fi", *(x for x in lines if x not in named))
    also_after_success = stage.name in site.voting
    lines = (*_mailed(hand.mail, always=also_after_success), *stage.uninstall, *lines)
    return (_teardown(site, lines),) if lines else None


def left_behind(site: Site) -> tuple[str, ...]:
    """What any job of the pipeline may have left: its teardown without the releases, each of which one job made, and
    the images of other jobs. On a daemon that all jobs share the last one removes those, for some have no name by which
    a job could tell that others need them."""
    released = {line for stage in site.pipeline.stages for line in stage.uninstall}
    lines = tuple(line for line in site.pipeline.teardown if line not in released)
    takes = any(hand.image for hand in site.hands.values()) or any(stage.takes for stage in site.pipeline.stages)
    alone = site.profile.images != "local"
    return taken_images.with_removal(lines, site.profile.container) if takes and alone else lines


def named_by_run(site: Site) -> tuple[str, ...]:
    """What a job has left on the daemon, found by its `run`."""
    return tuple(line for line in left_behind(site) if _is_named(line))


def _is_named(line: str) -> bool:
    return bool(_RUN_USED.search(line))


def _mailed(files: tuple[str, ...], *, always: bool) -> tuple[str, ...]:
    """Hands what was bound to the mail: when the job has failed, or `always`, for what it starts may fail."""
    if not files:
        return ()
    lines = (
        "mkdir -p .values",
        f"for value in {' '.join(files)}; do",
        '    if [ -e "$values/$value" ]; then cp "$values/$value" .values; fi',
        "done",
    )
    if always:
        return (f"{lines[0]} # the mail tells what was bound", *lines[1:])
    told = 'if [ "$CI_JOB_STATUS" != success ]; then # the mail tells what was bound'
    return (told, *(f"    {line}" for line in lines), "fi")


def _teardown(site: Site, lines: Sequence[str]) -> Block:
    named = any(_is_named(line) for line in lines)
    return (
        EACH_LINE,
        *([run_line(site.profile)] if named else []),
        *([VALUES] if uses_values(lines) else []),
        *lines,
    )
