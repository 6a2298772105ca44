"""What GitHub can say of a config, cell by cell, and where the plan or the profile decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from transpiler.profile import Profile
from transpiler.program import Feature, Level, Plan, StageProgram, Support, Use
from transpiler.targets.github import settings, starting
from transpiler.targets.github.scripts import is_refused
from transpiler.targets.github.sources import CHECKOUT, is_runners_own

_EXACT, _EMULATED, _APPROXIMATE, _UNSUPPORTED = Level.EXACT, Level.EMULATED, Level.APPROXIMATE, Level.UNSUPPORTED

SUPPORTS: Mapping[Feature, Support] = MappingProxyType(
    {
        Feature.GRAPH: Support(
            _EXACT, "Jobs wait by `needs`; stages that can only run one after the other are steps of one job."
        ),
        Feature.VALUES: Support(_EXACT, "Values reach other jobs as files of an artifact, byte for byte."),
        Feature.BUILD: Support(_EXACT, "The stage's program runs `docker build` on the runner."),
        Feature.CACHE: Support(
            _EXACT, "The stage's program reads the registry; it writes if a push started the run, and may."
        ),
        Feature.RUN: Support(_EXACT, "The stage's program runs `docker run` on the runner."),
        Feature.COPY: Support(_EXACT, "The stage's program runs `docker cp` on the runner."),
        Feature.EXPORTS: Support(_EXACT, "The stage's program writes each exported value to a file."),
        Feature.COPIED_FILES: Support(
            _EXACT, "Every later job gets the copied files of all its ancestors as a tar archive in an artifact."
        ),
        Feature.OTHER_CONTAINER: Support(_EXACT, "A pipeline whose stages share a container is one job."),
        Feature.OTHER_IMAGE_NAME: Support(_EXACT, "A pipeline whose stages share a local image name is one job."),
        Feature.FETCH: Support(_EXACT, "The inputs of the checkout action say how the runner checks out."),
        Feature.ARCHIVE: Support(_EXACT, "Archived files are an artifact of the run, named after the stage."),
        Feature.ARTIFACT_URLS: Support(
            _APPROXIMATE, "The URL is that of the run's page, which lists each stage's artifact as one archive."
        ),
        Feature.CREDENTIALS: Support(_EXACT, "Credentials are secrets; the text of a file is written to one."),
        Feature.CREDENTIALS_FOR_CHANGE: Support(
            _EXACT, "A pull request from the repository's own branches gets its secrets."
        ),
        Feature.PULL_LOGIN: Support(
            _EXACT, "The login is in secrets; a pull request from a fork gets none, and pulls without a login."
        ),
        Feature.PUBLISH: Support(_EXACT, "The stage's program pushes from the runner."),
        Feature.PROMOTE: Support(_EXACT, "The stage's program proposes the change from the runner."),
        Feature.DEPLOY: Support(_EXACT, "The stage's program runs helm on the runner."),
        Feature.RELEASE: Support(
            _EXACT,
            "The stage's program waits until no other run changes the release. GitHub's own queue would end a run that "
            "waits when a third one comes.",
        ),
        Feature.ENVIRONMENT: Support(
            _EXACT,
            "The job has the environment with its address; where stages share a job, that of the last one.",
        ),
        Feature.SECRETS_FOR_CHANGE: Support(
            _EXACT, "A pull request from the repository's own branches gets its secrets."
        ),
        Feature.TRIGGER: Support(_EXACT, "A step starts the workflow that the profile names, by `workflow_dispatch`."),
        Feature.TRIGGER_VALUES: Support(_EXACT, "The request that starts the workflow contains the values as inputs."),
        Feature.NOTIFY: Support(
            _EMULATED, "A step that runs when the stage has failed pipes the mail into the profile's mail command."
        ),
        Feature.CHECKOUT_VALUES: Support(_EMULATED, "GitHub's contexts stand for what Jenkins' checkout returns."),
        Feature.GATE: Support(
            _APPROXIMATE,
            "A pull request is tested as merged with its branch; with `merge-queue: true` the queue tests it again.",
        ),
        Feature.FORK_CHANGE: Support(
            _APPROXIMATE,
            "A pull request from a fork runs without secrets: a stage that needs one says so and stops there.",
        ),
        Feature.COPY_AFTER_FAILURE: Support(Level.EXACT, "A step that runs after a failure, too, keeps it."),
        Feature.TEST_REPORTS: Support(
            Level.EMULATED,
            "The job's summary lists the failed tests, and how much is covered; the file is an artifact.",
        ),
        Feature.ALLOW_FAILURE: Support(_EXACT, "A step shows the failure (`continue-on-error`), and the job goes on."),
        Feature.SERVICES: Support(Level.EXACT, "The stage's program starts them, in a network of its own."),
        Feature.SCHEDULE: Support(_EXACT, "The profile's cron lines start the workflow on the default branch."),
        Feature.CHANGES: Support(
            _EXACT,
            "A first job decides, and the others are skipped, so that a required check counts as a success.",
        ),
        Feature.ATTEMPTS: Support(_EXACT, "The stage's program runs each attempt in a new container."),
        Feature.TIMEOUT: Support(
            _EXACT,
            "The stage's program ends itself; the job gets a longer limit if its stages need one (GitHub's own runners "
            "end every job after 6 hours).",
        ),
        Feature.APPROVAL: Support(
            _APPROXIMATE,
            "The job has an environment, whose required reviewers are a setting of the repository (people who "
            "differ need one each): without that setting nobody is asked, and with it an answer may take 30 days.",
        ),
        Feature.CONCURRENCY: Support(
            _EMULATED,
            "Pipelines of one event are divided into groups, in each of which one runs and one waits.",
        ),
    }
)

_BY_FLAVOUR: Mapping[Feature, str] = MappingProxyType(
    {
        Feature.GATE: "It has no merge queue: a pull request is tested as merged with its branch.",
        Feature.CONCURRENCY: "Some versions ignore `concurrency`, and run all pipelines at once.",
        Feature.ENVIRONMENT: "It shows no environments: the log of the job names the release and its namespace.",
    }
)


def support(use: Use, plan: Plan, profile: Profile) -> Support:
    """How well GitHub says this use: the table's cell, where neither the plan nor the profile decides otherwise."""
    cell = _decided(use, plan, profile)
    return SUPPORTS[use.feature] if cell is None else cell


def _decided(use: Use, plan: Plan, profile: Profile) -> Support | None:
    own = settings.of(profile)
    match use.feature:
        case Feature.ARCHIVE if any(is_refused(archive.path) for archive in _stage(use, plan).archives):
            return Support(_EMULATED, "Artifacts refuse the name of a file, so the files are kept as a tar archive.")
        case Feature.TRIGGER:
            return _trigger(use, plan, profile)
        case Feature.NOTIFY if not profile.mail_command:
            return Support(_UNSUPPORTED, "GitHub has no step that mails, and the profile's `notify.command` is empty.")
        case Feature.CONCURRENCY if plan.lanes is None:
            return Support(_EXACT, "There are no more pipelines than may run at a time.")
        case Feature.CONCURRENCY if plan.lanes and len(plan.pipelines) > 2 * plan.lanes:
            return Support(_UNSUPPORTED, "Only one run waits in a concurrency group: the next one ends it.")
        case Feature.CHECKOUT_VALUES if use.detail and use.detail.rpartition(".")[2] not in CHECKOUT:
            return Support(_UNSUPPORTED, f"GitHub knows no `{use.detail}`.")
        case Feature.CREDENTIALS if any(map(is_runners_own, _variables(use, plan))):
            return Support(_UNSUPPORTED, "The runner itself sets a variable of that name; choose another.")
        case Feature.APPROVAL if not own.is_github:
            return Support(_UNSUPPORTED, "It asks nobody before a job: its environments have no reviewers.")
        case Feature.GATE | Feature.CONCURRENCY | Feature.ENVIRONMENT if not own.is_github:
            return Support(_APPROXIMATE, _BY_FLAVOUR[use.feature])
    return None


def _stage(use: Use, plan: Plan) -> StageProgram:
    return next(pipeline for pipeline in plan.pipelines if pipeline.name == use.pipeline).stage(use.stage)


def _variables(use: Use, plan: Plan) -> Iterator[str]:
    """The variables of a credential that a stage uses."""
    for credential in _stage(use, plan).credentials:
        yield from credential.variables if credential.id == use.detail else ()


def _trigger(use: Use, plan: Plan, profile: Profile) -> Support | None:
    if not profile.job(use.detail, settings.NAME):
        return Support(_UNSUPPORTED, f"The profile's `triggers` name no workflow of GitHub's for `{use.detail}`.")
    call = _stage(use, plan).trigger
    repository = starting.place(profile.job(use.detail, settings.NAME), profile)[0]
    if repository and not settings.of(profile).token:
        return Support(
            _UNSUPPORTED,
            "Another repository's workflow is started with a token, and the profile's `github.token` is empty.",
        )
    if call and len(call.parameters) > starting.MOST_INPUTS:
        return Support(_UNSUPPORTED, f"A workflow takes at most {starting.MOST_INPUTS} inputs.")
    if call and call.wait and not settings.of(profile).is_github:
        return Support(_UNSUPPORTED, "Its answer does not name the run that it starts, so nothing can wait for it.")
    return None
