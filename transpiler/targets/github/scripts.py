"""The shell around the programs: what a job sets first, what it takes over and hands on, and what it removes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpiler import registry_login, taken_images
from transpiler.profile import Profile
from transpiler.program import Archive, PipelineProgram, StageProgram
from transpiler.quoting import sh
from transpiler.targets.github import settings
from transpiler.targets.github.sources import own_registry, registry_lines
from transpiler.targets.github.traffic import Hand
from transpiler.targets.github.view import Pairs

Lines = tuple[str, ...]
STOP = 'echo "::stop-commands::$stop_token"'
"""The first line of each step that runs a program: nothing that the program prints is a command to the runner."""

_NOT_IN_ARTIFACTS = frozenset('":<>|*?\r\n')
GIVE = "${{ runner.temp }}/give"
_LOGIN = '"$values/login"'
_TIME = 'echo "setup_timestamp=$(date -u +%Y-%m-%d-%H%M%S)"'
TELL_TIME = 'echo "timestamp=$(date -u +%Y-%m-%d-%H%M%S)" >> "$GITHUB_OUTPUT"'


def begin(stages: Sequence[StageProgram], profile: Profile, *, clock: bool, derived: Pairs) -> Lines:
    """What a job sets before its programs. `clock`: it tells the time; `derived` are variables that no expression can
    give, with what is between the double quotes of the shell."""
    registry = registry_lines(profile) if any(s.registry for s in stages) else ()
    push = any(s.push_registry for s in stages)
    told = [f'    echo "{name}=${name}"' for name in ("registry", "push_registry")[: len(registry) if push else 1]]
    return (
        "set -eu",
        *(line for line in registry if push or not line.startswith("push_registry=")),
        "{",
        '    echo "run=gh-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT-$GITHUB_JOB" # names containers, labels what is made',
        '    echo "values=$RUNNER_TEMP/values" # a file for each value that a stage binds',
        "    echo \"stop_token=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \\n')\"",
        *(told if registry else ()),
        *((f"    {_TIME}",) if clock else ()),
        *(f'    echo "{name}={text}"' for name, text in derived),
        '} >> "$GITHUB_ENV"',
        'umask 077; mkdir -p "$RUNNER_TEMP/values"',
    )


def background_function() -> Lines:
    """The program that starts a stage's program in the background, after other stages of its row."""
    return (
        "cat > \"$RUNNER_TEMP/values/background\" <<'END'",
        "# STAGE OTHER…: runs the program of a stage once the others have succeeded",
        "stage=$1; shift",
        "for other; do",
        '    until [ -s "$values/$other.ended" ]; do',
        '        [ ! -s "$values/$other.process" ] || kill -0 "$(cat "$values/$other.process")" 2> /dev/null || break',
        "        sleep 0.1",
        "    done",
        '    [ "$(cat "$values/$other.ended")" = 0 ] || { echo skipped > "$values/$stage.ended"; exit; }',
        "done",
        'sh "$values/$stage.program" && ended=0 || ended=$?',
        'echo "$ended" > "$values/$stage.ended"',
        "END",
    )


def start(stage: StageProgram, after: Sequence[str]) -> Lines:
    """Starts a stage in the background, after others of its row, given by their slugs, and what follows them."""
    words, program = " ".join((stage.slug, *after)), stage.lines or ("true",)
    found = set("\n".join(program).split("\n"))
    ends = (f"END OF {stage.slug}", *(f"END OF {stage.slug} {i}" for i in range(len(found))))
    end = next(line for line in ends if line not in found)
    return (
        "trap '' HUP # a runner whose steps have a terminal hangs up when the step ends",
        f"cat > \"$values/{stage.slug}.program\" <<'{end}'",
        *program,
        end,
        f'setsid sh "$values/background" {words} > "$values/{stage.slug}.log" 2>&1 < /dev/null &',
        f'echo $! > "$values/{stage.slug}.process"',
    )


def tell_end(name: str, *, told: bool, counts: bool = True) -> Lines:
    """Tells stages in the background how a step has ended; `counts`: whether its failure keeps them from running."""
    return (f"trap 'echo {'$?' if counts else 0} > \"$values/{name}.ended\"' EXIT",) if told else ()


def wait(slug: str) -> Lines:
    """Waits for a stage in the background, shows what it printed, and ends as it did."""
    return (
        f'until [ -s "$values/{slug}.ended" ] || ! kill -0 "$(cat "$values/{slug}.process")" 2> /dev/null; do',
        "    sleep 0.1",
        "done",
        f'ended=$(cat "$values/{slug}.ended" || echo lost) # no space on the disk, for example',
        'echo "ended=$ended" >> "$GITHUB_OUTPUT"',
        STOP,
        f'cat "$values/{slug}.log"',
        '[ "$ended" = 0 ]',
    )


def take(pipeline: PipelineProgram, hand: Hand, profile: Profile) -> Lines:
    """What a job does with what it has taken from others: images for the daemon, files for the checkout."""
    docker, by_artifact = profile.container, settings.of(profile).images == "artifact"
    lines: list[str] = []
    take, function = taken_images.function(docker)
    if hand.loads and by_artifact:
        lines += (f'load_image() {{ {docker} load --quiet --input "$2"; }} # IMAGE FILE', *function)
    elif hand.loads:
        lines += (*_log_in(profile), f'pull_image() {{ {_using(profile)} pull --quiet "$1"; }}', *function)
    for name in hand.loads:
        slug = pipeline.stage(name).slug
        if by_artifact:
            file = f'"$values/{slug}.image.tar.gz"'
            lines += [f'{take} load_image "$(cat "$values/{slug}.imageID")" {file}', f"rm {file}"]
        else:
            lines.append(f"{take} pull_image {_between(slug)}")
    slugs = [pipeline.stage(name).slug for name in hand.unpacks]
    lines += [f'tar -xf "$values/{slug}.files.tar"' for slug in slugs]
    return ("set -eu", *lines) if lines else ()


def give(pipeline: PipelineProgram, hand: Hand, profile: Profile) -> Lines:
    """Puts what other jobs need into one folder, or into the registry."""
    docker, by_artifact = profile.container, settings.of(profile).images == "artifact"
    lines = ["set -eu"]
    if hand.gives(by_artifact=by_artifact):
        lines.append('mkdir "$RUNNER_TEMP/give"')
    if hand.images and not by_artifact:
        lines += _log_in(profile)
    for name in hand.images:
        slug = pipeline.stage(name).slug
        image = f'"$(cat "$values/{slug}.imageID")"'
        if by_artifact:
            file = f'"$RUNNER_TEMP/give/{slug}.image.tar"'
            lines += [f"{docker} save --output {file} {image}", f"gzip -1 {file}"]
        else:
            between = _between(slug)
            lines += [f"{docker} tag {image} {between}", f"{_using(profile)} push --quiet {between}"]
            lines.append(f"{docker} rmi {between}")
    for name in hand.packs:
        lines += _packed(pipeline.stage(name))
    # A release goes to the last job, and no longer to this one's teardown.
    for command, files in (("cp", hand.values), ("mv", hand.releases)):
        if files:
            lines.append(f'{command} {" ".join(_value(file) for file in files)} "$RUNNER_TEMP/give"')
    return tuple(lines) if len(lines) > 1 else ()


def _packed(stage: StageProgram) -> Iterator[str]:
    """Packs the copied files of a stage, and the archives that its program has made of some."""
    made = [f"{archive.path}.tar.gz" for archive in stage.archives if archive.directory is not False]
    paths = " ".join(sh(f"./{path}") for path in (*stage.copies, *made))
    if stage.may_fail or any(archive.directory is None for archive in stage.archives):
        yield "set --"
        yield f'for path in {paths}; do [ ! -e "$path" ] || set -- "$@" "$path"; done'
        paths = '"$@"'
    if stage.may_fail:
        yield "[ $# -gt 0 ] || set -- -T /dev/null"
    yield f'tar -cf "$RUNNER_TEMP/give/{stage.slug}.files.tar" --exclude=./.git {paths}'


def _value(file: str) -> str:
    return f'"$values/{file}"'


def archive(slug: str, archives: Sequence[Archive]) -> Lines:
    """Puts what a stage archives into a folder of its own, in which every file keeps its path; into a tar archive if
    the action that keeps the folder would refuse one of the names. If something is kept even after a failure, `outcome`
    is that of the program."""
    place = f"$RUNNER_TEMP/archive/{slug}"
    lines = ["set -eu", f'mkdir -p "{place}"', "set --"]
    late = any(kept.late for kept in archives)
    for kept in archives:
        lines.append(f"path={sh('./' + kept.path + ('.tar.gz' if kept.directory else ''))}")
        if kept.directory is None:
            lines.append('[ ! -d "$path" ] || path=$path.tar.gz')
        condition = '[ ! -e "$path" ] || ' if kept.late else '[ "$outcome" != success ] || ' if late else ""
        lines.append(f'{condition}set -- "$@" "$path"')
    if late:
        lines.append("[ $# -gt 0 ] || exit 0 # the program has not got so far")
    lines.append(f'tar -cf "{place}/archive.tar" "$@"')
    if any(is_refused(kept.path) for kept in archives):
        return tuple(lines)
    return (*lines, f'tar -xf "{place}/archive.tar" -C "{place}"', f'rm "{place}/archive.tar"')


def is_refused(path: str) -> bool:
    """Whether the action that keeps artifacts refuses a file of this name."""
    return not _NOT_IN_ARTIFACTS.isdisjoint(path)


def published(file: str) -> Lines:
    """Lists in the job's summary what a stage has pushed."""
    listed = f"sed 's/.*/- published `&`/' \"$values/{file}\""
    return (f'[ -z "${{GITHUB_STEP_SUMMARY-}}" ] || {listed} >> "$GITHUB_STEP_SUMMARY"',)


def teardown(
    pipeline: PipelineProgram, stages: Sequence[StageProgram], hand: Hand, profile: Profile, background: Sequence[str]
) -> Lines:
    """Removes what a job made or took. `background` are the slugs of the stages that ran there."""
    released = {line for stage in pipeline.stages for line in stage.uninstall}
    lines = tuple(line for line in pipeline.teardown if line not in released)
    if hand.loads or any(stage.takes for stage in stages):
        lines = taken_images.with_removal(lines, profile.container)
    return (
        "set +e # each line is tried",
        *(f'kill -- "-$(cat "$values/{slug}.process")" 2> /dev/null' for slug in background),
        *(line for stage in stages for line in stage.uninstall),
        *lines,
        'rm -rf "$RUNNER_TEMP/give"',
        "exit 0",
    )


def uninstall(stages: Sequence[StageProgram]) -> Lines:
    """Uninstalls what was installed for later stages."""
    return ("set +e # each line is tried", *(line for stage in stages for line in stage.uninstall), 'rm -rf "$values"')


def images_note(profile: Profile) -> Lines:
    """What the owner must know of images in the registry."""
    if settings.of(profile).images == "artifact":
        return ()
    return ("Images pass between jobs through the registry, as `between-jobs`: let it delete them after a day.",)


def _log_in(profile: Profile) -> Iterator[str]:
    name, lines = registry_login.function(profile.container)
    yield f"between={own_registry(profile)}/between-jobs"
    yield from lines
    yield f'{name} {_LOGIN} "${{between%%/*}}" "$GITHUB_ACTOR" "$token"'


def _using(profile: Profile) -> str:
    return f"{registry_login.using(profile.container, _LOGIN)} {profile.container}"


def _between(slug: str) -> str:
    # Without the attempt: where only what failed runs again, the image is that of an earlier attempt.
    return f'"$between:$GITHUB_RUN_ID-{slug}"'
