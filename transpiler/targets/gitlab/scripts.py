"""The `before_script`, which sets variables and functions for the programs, and the `after_script`, which cleans up.

A line is emitted only if some program of the file needs it. The scripts run under busybox, dash and bash. GitLab runs
`after_script` in a new shell, without the variables of the first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from transpiler import registry_login, taken_images
from transpiler.profile import Profile
from transpiler.program import Archive, MailProgram, StageProgram
from transpiler.quoting import sh
from transpiler.targets.gitlab.deciding import GATE
from transpiler.targets.gitlab.shared import ALLOWED_FILE, Site
from transpiler.targets.gitlab.sources import environment_lines, registry_lines, setup_lines
from transpiler.targets.gitlab.view import Block, Line, Script
from transpiler.targets.grouping import rows, within
from transpiler.variables import is_ours

VALUES = "values=$PWD.values"
LOGIN = '"$values/login"'
EACH_LINE = "set +e # each line is tried"
_VALUES_USED = re.compile(r"\$(values\b|\{values\b)")
_RUN_USED = re.compile(r"\$(run\b|\{run\b)")


def run_line(profile: Profile) -> str:
    """The line that sets `run`, which is unique to the job. If jobs share a daemon, the last job removes what others
    made, so it must be able to compute their `run` from their names."""
    if profile.images == "local":
        return "run=gitlab-$CI_PIPELINE_ID-$CI_JOB_NAME"
    return "run=$CI_PROJECT_PATH_SLUG-$CI_JOB_ID"


def uses_values(lines: Iterable[str]) -> bool:
    """Whether any of these lines reads or writes a file in `$values`."""
    return any(_VALUES_USED.search(line) for line in lines)


def before_script(sites: Sequence[Site], profile: Profile) -> Script:
    """The lines before every job's program. They set only what some program reads."""
    stages = [stage for site in sites for stage in site.pipeline.stages]
    mails = [m for site in sites for s in site.pipeline.stages if s.name in site.mailing and (m := s.mail)]
    setup = setup_lines([*(k for s in stages for k in s.setup), *(k for m in mails for k in m.setup)], profile)
    # A parameter may have the name of a variable of ours: it is read before that is set.
    early = [line for line in setup if (name := line.partition("=${")[2].rstrip("-}")) and is_ours(name)]
    return (
        *early,
        run_line(profile),
        *_registry(stages, profile),
        *(["artifacts=$CI_JOB_URL/artifacts/file"] if any(s.artifacts for s in stages) else []),
        *environment_lines(name for s in stages for name in s.environment),
        *(line for line in setup if line not in early),
        *_values(sites, stages, mails),
        *_travel(sites, profile),
        *_background(sites),
    )


def about(before: Script, profile: Profile) -> tuple[str, ...]:
    """Comment lines that explain `before_script`."""
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
    decided = any(site.pipeline.deciding for site in sites)
    ended = any(True for _ in _background(sites)) or any(_unfinished(group) for site in sites for group in site.sharing)
    lines = [line for s in stages for line in s.lines] + [line for m in mails for line in (*m.compose, *m.send)]
    received = given or decided or any(hand.mail for hand in hands)
    if received or ended or uses_values(lines):
        yield f'{VALUES}; rm -rf "$values"'
        made = 'mkdir "$values"'
        yield f'if [ -d .values ]; then mv .values "$values"; else {made}; fi' if received else made
    if decided:
        yield GATE
    if given:
        yield (
            "give_values() {",
            '    cd "${values%.values}" # the checkout, wherever the program has gone',
            "    mkdir .values",
            '    for value; do mv "$values/$value" .values; done',
            "}",
        )


def _background(sites: Sequence[Site]) -> Iterator[Block]:
    """The functions with which the stages of one job wait for each other, if some run in the background."""
    if any(len(row) > 1 for site in sites for names in site.groups for row in rows(within(site.pipeline.graph, names))):
        yield (
            "await() { # whether these stages have succeeded; one that no longer runs and does not say so has not",
            "    for stage; do",
            '        until [ -s "$values/$stage.ended" ]; do',
            '            kill -0 "$(cat "$values/$stage.process")" 2> /dev/null || break',
            "            sleep 0.1",
            "        done",
            '        [ "$(cat "$values/$stage.ended")" = 0 ] || return 1',
            "    done",
            "}",
            "finish() { # waits for these stages, and fails if one of them has failed",
            "    failed=",
            "    for stage; do",
            '        wait "$(cat "$values/$stage.process")" || :',
            '        await "$stage" || failed="$failed $stage"',
            '        echo "---- $stage"',
            '        cat "$values/$stage.log"',
            "    done",
            '    [ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }',
            "}",
        )


def _travel(sites: Sequence[Site], profile: Profile) -> Iterator[Line | Block]:
    hands = [hand for site in sites for hand in site.hands.values()]
    if any(hand.image for hand in hands):
        by_job = all(site.is_divided for site in sites)
        yield from _by_registry(profile, by_job=by_job) if profile.images == "registry" else _by_artifact(profile)
    if any(hand.packs for hand in hands):
        yield (
            "give_files() {",
            "    name=$1; shift",
            '    tar -cf "$values/$name.files.tar" -C "${values%.values}" --exclude=./.git "$@"',
            "}",
            'take_files() { for name; do tar -xf "$values/$name.files.tar"; done; }',
        )


def _by_registry(profile: Profile, *, by_job: bool) -> Iterator[Line | Block]:
    docker = profile.container
    # The login is not kept in the runner's own docker settings, which the program uses and other jobs may share.
    logged_in = f"{registry_login.using(docker, LOGIN)} {docker}"
    name, write_login = registry_login.function(docker)
    suffix = "${2-$CI_JOB_NAME}"  # a job of several stages says which
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
        f"    between=$CI_REGISTRY_IMAGE/between-jobs:$CI_PIPELINE_ID-{'$CI_JOB_NAME' if by_job else suffix}",
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
    """The `after_script` of the pipeline's jobs, which removes what a job leaves, even after a failure, or None."""
    left = left_behind(site)
    return (_teardown(site, left),) if left else None


def own_after_script(site: Site, group: Sequence[StageProgram]) -> Script | None:
    """The `after_script` of a job that leaves more than usual, or must keep something for later jobs; None if the
    pipeline's is right for the job."""
    hands = [site.hands[stage.name] for stage in group]
    keeps, mail = any(hand.keeps for hand in hands), tuple(file for hand in hands for file in hand.mail)
    uninstall = tuple(line for stage in group for line in stage.uninstall)
    unfinished = _unfinished(group)
    if not (keeps or mail or uninstall or unfinished):
        return None
    lines = left_behind(site)
    if keeps and (named := named_by_run(site)):
        failed = '[ "$CI_JOB_STATUS" != success ]'
        if any(stage.may_fail for stage in group):
            failed += f' && [ ! -e "$PWD.values/{ALLOWED_FILE}" ]'
        condition = f"if {failed}; then # else `{site.column} teardown` does it"
        lines = (condition, *(f"    {line}" for line in named), "fi", *(x for x in lines if x not in named))
    also_after_success = any(stage.name in site.voting for stage in group)
    lines = (*_mailed(mail, always=also_after_success), *unfinished, *uninstall, *lines)
    return (_teardown(site, lines),) if lines else None


def kept(archive: Archive) -> tuple[str, ...]:
    """The paths at which an archive may be."""
    packed = f"{archive.path}.tar.gz"
    if archive.directory is None:
        return (archive.path, packed)
    return (packed,) if archive.directory else (archive.path,)


def _unfinished(group: Sequence[StageProgram]) -> tuple[str, ...]:
    """The lines of a job that keeps artifacts even if it fails, which remove what a stage that has not succeeded would
    have archived."""
    lines = []
    for stage in group:
        usual = [archive for archive in stage.archives if not archive.late]
        succeeded = '[ "$CI_JOB_STATUS" = success ]'
        if len(group) > 1:
            ended = f"$values/{stage.slug}.ended"
            succeeded = f'[ -e "{ended}" ] && [ "$(cat "{ended}")" = 0 ]'
        if usual and (len(group) > 1 or usual != list(stage.archives)):
            paths = " ".join(dict.fromkeys(sh(f"./{path}") for archive in usual for path in kept(archive)))
            lines.append(f"{succeeded} || rm -rf {paths}")
    return tuple(lines)


def left_behind(site: Site) -> tuple[str, ...]:
    """The lines of the pipeline's teardown that every job needs: all but those that uninstall a stage's release, and
    those that remove images of other jobs. If all jobs share a daemon, the last job removes these, because some have no
    name that tells a job whether others need them."""
    released = {line for stage in site.pipeline.stages for line in stage.uninstall}
    lines = tuple(line for line in site.pipeline.teardown if line not in released)
    takes = any(hand.image for hand in site.hands.values()) or any(stage.takes for stage in site.pipeline.stages)
    alone = site.profile.images != "local"
    return taken_images.with_removal(lines, site.profile.container) if takes and alone else lines


def named_by_run(site: Site) -> tuple[str, ...]:
    """The lines that remove what a job left on the daemon, which they find by `run`."""
    return tuple(line for line in left_behind(site) if _is_named(line))


def _is_named(line: str) -> bool:
    return bool(_RUN_USED.search(line))


def _mailed(files: tuple[str, ...], *, always: bool) -> tuple[str, ...]:
    """Lines that keep values for the mail as artifacts: if the job has failed, or `always`, because the pipeline that
    it triggers may fail later."""
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
    condition = 'if [ "$CI_JOB_STATUS" != success ]; then # the mail tells what was bound'
    return (condition, *(f"    {line}" for line in lines), "fi")


def _teardown(site: Site, lines: Sequence[str]) -> Block:
    named = any(_is_named(line) for line in lines)
    return (
        EACH_LINE,
        *([run_line(site.profile)] if named else []),
        *([VALUES] if uses_values(lines) else []),
        *lines,
    )
