"""`transpipe run`: prepares and starts a run of the local engine, from arguments, environment and disk."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from transpiler.app import place as places
from transpiler.app.killed_runs import remembered
from transpiler.app.place import Place, WrongUsage
from transpiler.driver import Outcome as CompileOutcome
from transpiler.driver import Request, understand
from transpiler.files import is_file, is_folder
from transpiler.git import GitError, Problem
from transpiler.ir import Event
from transpiler.local import approving, checkout, environment, run_record, scheduler, simulation, since, times, tools
from transpiler.local.choice import NotInPlan, choose, for_shell, last
from transpiler.local.environment import World
from transpiler.local.outcome import Outcome
from transpiler.local.simulation import simulated
from transpiler.local.stage import Settings, Watcher
from transpiler.lowering import Entered, lower
from transpiler.profile import Profile, Pull
from transpiler.profile_values import words
from transpiler.program import Plan
from transpiler.records import dataclass, replace

TRIGGER = "TRANSPIPE_TRIGGER"
TEARDOWN = "teardown.sh"
"""The name of the script in the output of a run with `--keep`, which removes what the run left."""

_STAND_INS = "PATH"
"""The folder for replaced commands in the working directory of a run. It cannot clash with the folders of pipelines,
whose names have no upper-case letters."""

_ASK = {"docker": ("docker", "version", "--format", "{{.Server.Version}}"), "podman": ("podman", "info")}
"""Arguments of a command that succeeds only if the engine can run containers."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command; `engine` "" means the profile's, `event` None means any, `jobs` None means no
    limit, `shell` "" means that no shell is opened."""

    engine: str
    allowed: frozenset[str]
    event: Event | None
    parameters: Mapping[str, str]
    jobs: int | None
    out: Path | None
    keep: bool
    dry_run: bool
    verbose: bool
    profile: str | None
    project: str
    pull: Pull = Pull.ALWAYS
    shell: str = ""
    at_once: bool = False
    report_html: Path | None = None
    since: str = ""
    times: Path | None = None
    approved: frozenset[str] = frozenset()


class Prepared(NamedTuple):
    """What is to be run, or why nothing can run: `plan` and `profile` are None after errors in the config. `skipped`
    are lines about the pipelines that need not run."""

    place: Place
    understood: CompileOutcome
    plan: Plan | None = None
    profile: Profile | None = None
    skipped: tuple[str, ...] = ()


class Ran(NamedTuple):
    """The result of a run; `output` is where its logs and files are kept, `world` what it was given."""

    outcome: Outcome
    output: Path
    world: World


Watch: TypeAlias = Callable[[Plan], Watcher]
"""Returns the watcher that reports the progress of a plan's run."""


def prepare(arguments: Sequence[str], options: Options) -> Prepared:
    """Reads the config and chooses what the arguments name. Raises WrongUsage and OSError."""
    place, wanted = _asked(arguments)
    request = Request(
        place.root,
        place.config,
        places.profile(place, options.profile),
        folder=place.folder,
        project=options.project,
        container=options.engine,
    )
    understood = understand(request)
    if not understood.workflow or not understood.profile:
        return Prepared(place, understood)
    profile = replace(simulated(understood.profile, options.allowed), pull=options.pull)
    if not profile.registry.public:  # an engine's own registry has no name here
        profile = replace(profile, cache=replace(profile.cache, kind="none"))
    try:
        plan = choose(lower(understood.workflow, profile), wanted, options.event)
        if options.shell:
            plan = for_shell(plan, options.shell)
            entered = Entered(plan.pipelines[0].name, last(plan.pipelines[0]), options.at_once)
            plan = for_shell(lower(understood.workflow, profile, entered), f"{entered.pipeline}/{entered.stage}")
    except NotInPlan as nothing:
        directory = len(arguments) == 1 and is_folder(arguments[0])
        more = f" (and the directory {wanted} has no {places.CONFIG})" if directory else ""
        raise WrongUsage(f"{nothing}{more}") from None
    if wrong := approving.wrong(options.approved, plan):
        raise WrongUsage(wrong)
    plan, skipped = _since(place, plan, options)
    return Prepared(place, understood, plan, profile, skipped)


def _since(place: Place, plan: Plan, options: Options) -> tuple[Plan, tuple[str, ...]]:
    """The plan without the pipelines that need not run, and a line about each of them. A tag and the clock always run
    theirs. Raises WrongUsage and OSError."""
    if not options.since or options.shell or options.event in (Event.TAG, Event.SCHEDULE):
        return plan, ()
    try:
        names = since.changed(place.root.resolve(), options.since)
    except GitError as error:
        if error.problem is Problem.NO_GIT:
            raise
        raise WrongUsage(f"--since {options.since}: git knows no such commit here") from None
    return since.only_changed(plan, names, options.since)


def parameters(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping. Raises WrongUsage."""
    pairs = [word.partition("=") for word in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise WrongUsage(f"--param takes NAME=VALUE, not {name or equals}")
    return {name: value for name, _, value in pairs}


def _asked(arguments: Sequence[str]) -> tuple[Place, str]:
    """The repository and the pipeline: a single argument is a path if there is a config at it, else a pipeline."""
    if len(arguments) == 2:
        return places.find(arguments[0]), arguments[1]
    if not arguments:
        return places.find(None), ""
    only = Path(arguments[0])
    if is_file(only) or is_file(only / places.CONFIG) or arguments[0].startswith((".", "/")):
        return places.find(arguments[0]), ""
    return places.find(None), arguments[0]


def run(place: Place, plan: Plan, profile: Profile, options: Options, watch: Watch) -> Ran:
    """Runs a plan that has pipelines. With `keep`, the output directory gets a script that removes what the run leaves
    behind. Raises WrongUsage and OSError."""
    if options.shell and not (os.isatty(0) and os.isatty(1)):
        raise WrongUsage("--shell needs a terminal for input and output")
    if options.report_html:
        _place_for(options.report_html)
    trigger = _checked(plan, profile, options)
    _reachable(profile.container)
    if lacking := tools.missing(plan, profile, options.allowed):
        raise OSError("programs are missing:\n" + "\n".join(f"  {line}" for line in lacking))
    source = checkout.read(place.root, place.folder)
    now = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
    if options.event is Event.TAG and not source.tag:
        raise WrongUsage("--event tag: no tag is exactly at the commit that is checked out")
    output = _output(place, options, now)
    name = f"local-{now}-{secrets.token_hex(3)}"
    where = run_record.here(profile.container, os.environ)
    record = run_record.made(name, Path(tempfile.gettempdir()), where, plan)
    settings = Settings(
        name,
        record.work,
        output,
        options.allowed,
        options.jobs,
        options.keep,
        trigger,
        options.pull,
        last(plan.pipelines[0]) if options.shell else "",
        options.at_once,
        options.approved,
        asks=os.isatty(0) and os.isatty(2),
    )
    if options.keep:
        (output / TEARDOWN).write_bytes(os.fsencode(scheduler.teardown_script(plan, record.work, name)))
    world = World(source, profile, os.environ, now, options.parameters, options.event)
    watcher = watch(plan)

    def carry_out() -> Outcome:
        caller = {**os.environ, "PATH": tools.path(record.work / _STAND_INS, os.environ)}
        return scheduler.run(plan, replace(world, caller=caller), settings, watcher)

    outcome = remembered(record, carry_out, watcher.message, keep=options.keep)
    if options.times:
        options.times.write_text(times.written(outcome), encoding="utf-8")
    return Ran(outcome, output, world)


def write_page(ran: Ran, plan: Plan, file: Path) -> None:
    """Writes the page of `--report-html`. Raises OSError."""
    from transpiler import run_page

    project = plan.project or ran.world.source.project
    run_page.write(file, ran.outcome, plan, project, tuple(_facts(ran.world)), ran.output)


def _place_for(page: Path) -> None:
    """Raises WrongUsage if there can be no page at this path: the run would be over when that shows."""
    if is_folder(page):
        raise WrongUsage(f"--report-html: {page} is a directory")
    if not is_folder(page.absolute().parent):
        raise WrongUsage(f"--report-html: there is no directory {page.parent}")


def _facts(world: World) -> Iterator[tuple[str, str]]:
    """What a report says first about a run."""
    day, _, clock = world.timestamp.rpartition("-")
    yield "started", f"{day} {clock[:2]}:{clock[2:4]}:{clock[4:]} UTC"
    yield "branch", world.branch
    yield "tag", world.tag
    yield "commit", world.source.commit
    yield "event", world.event or ""
    yield "containers", world.profile.container


def _checked(plan: Plan, profile: Profile, options: Options) -> tuple[str, ...]:
    """Checks that nothing is missing before anything starts; returns the command that starts other jobs. Raises
    WrongUsage."""
    stages = [stage for pipeline in plan.pipelines for stage in pipeline.stages]
    if not profile.registry.public and any(stage.registry for stage in stages):
        raise WrongUsage(
            f"--allow publish: no registry to push to; add `registry: {{public: HOST}}` to {profile.where_to_add}"
        )
    missing = environment.missing_credentials(plan, profile, os.environ)
    if missing:
        raise WrongUsage("credentials are missing:\n" + "\n".join(map(_missing_message, missing)))
    try:
        trigger = words(os.environ.get(TRIGGER, ""))
    except ValueError:
        raise WrongUsage(f"${TRIGGER} is not a command: a quote is not closed") from None
    if not trigger and simulation.TRIGGER in options.allowed and any(stage.trigger for stage in stages):
        raise WrongUsage(
            f"--allow trigger: put the command that starts a job into ${TRIGGER}; it gets the job's name "
            "and NAME=VALUE for each parameter"
        )
    return trigger


def _missing_message(lacking: environment.MissingCredential) -> str:
    names = ", ".join(" or ".join(f"${name}" for name in these) for these in lacking.wanted)
    return f"  {lacking.id}, for {lacking.stage}: {names} {lacking.why}"


def _reachable(engine: str) -> None:
    """Raises OSError unless the engine is installed and answers."""
    if not shutil.which(engine):
        other = "podman" if engine == "docker" else "docker"
        hint = f"; {other} is there: --engine {other}" if shutil.which(other) else ""
        raise OSError(f"{engine} is not installed, or not in $PATH{hint}")
    try:
        done = subprocess.run(_ASK[engine], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise OSError(f"{engine} does not answer: `{shlex.join(_ASK[engine])}` took more than a minute") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1] if lines else f"`{shlex.join(_ASK[engine])}` fails"
        raise OSError(f"{engine} cannot be used here: {why}")


def _output(place: Place, options: Options, now: str) -> Path:
    """A new directory for the logs and files of the run. The default directory has a `.gitignore` that ignores it."""
    parent = Path(os.path.abspath(options.out)) if options.out else place.root.resolve() / checkout.OUTPUT
    parent.mkdir(parents=True, exist_ok=True)
    if not options.out:
        (parent / ".gitignore").write_text("*\n", encoding="ascii")
    number = 1
    while True:
        try:
            (output := parent / (now if number == 1 else f"{now}-{number}")).mkdir()
        except FileExistsError:
            number += 1
        else:
            return output
