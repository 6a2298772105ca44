"""Which features GitLab supports, and how: its column of the support table, and what the plan or the profile
changes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transpiler.profile import Profile
from transpiler.program import Feature, Level, Plan, Support, Use
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.dividing import divided
from transpiler.targets.gitlab.sources import CHECKOUT
from transpiler.targets.grouping import Granularity

_EXACT, _EMULATED, _APPROXIMATE, _UNSUPPORTED = Level.EXACT, Level.EMULATED, Level.APPROXIMATE, Level.UNSUPPORTED

SUPPORTS: Mapping[Feature, Support] = MappingProxyType(
    {
        Feature.GRAPH: Support(
            _EXACT,
            "One job for each stage waits by `needs` for its predecessors; joining jobs gather more than 50.",
        ),
        Feature.VALUES: Support(_EXACT, "Values reach other jobs as files of a job artifact, byte for byte."),
        Feature.BUILD: Support(_EXACT, "The stage's program runs `docker build` in the job."),
        Feature.CACHE: Support(
            _EXACT,
            "The stage's program reads the registry; it writes if a push started the pipeline, and may.",
        ),
        Feature.RUN: Support(_EXACT, "The stage's program runs `docker run` in the job."),
        Feature.COPY: Support(_EXACT, "The stage's program runs `docker cp` in the job."),
        Feature.EXPORTS: Support(_EXACT, "The stage's program writes each exported value to a file."),
        Feature.COPIED_FILES: Support(
            _EXACT,
            "Every later job gets the copied files of all its ancestors as job artifacts.",
        ),
        Feature.OTHER_CONTAINER: Support(
            _UNSUPPORTED,
            "Containers stay on the daemon of the job that made them, unless the profile says `images: local` or a "
            "`granularity` by which both stages share a job.",
        ),
        Feature.OTHER_IMAGE_NAME: Support(
            _UNSUPPORTED,
            "Local tags stay on the daemon of the job that made them, unless the profile says `images: local` or a "
            "`granularity` by which both stages share a job.",
        ),
        Feature.FETCH: Support(
            _EXACT,
            "`GIT_DEPTH`, `GIT_SUBMODULE_STRATEGY` and `GIT_FETCH_EXTRA_FLAGS` say how the runner checks out.",
        ),
        Feature.ARCHIVE: Support(
            _EXACT, "Archived files are job artifacts that do not expire before the project's limit."
        ),
        Feature.ARTIFACT_URLS: Support(_EXACT, "The URL of a job's artifact is known while the job runs."),
        Feature.CREDENTIALS: Support(
            _EXACT,
            "Credentials are CI/CD variables of the project, those for files of the type File.",
        ),
        Feature.CREDENTIALS_FOR_CHANGE: Support(
            _EXACT,
            "A merge request from the project's own branches gets its unprotected CI/CD variables.",
        ),
        Feature.PULL_LOGIN: Support(
            _EXACT,
            "The login is in CI/CD variables; a job that gets none, such as a fork's, pulls without a login.",
        ),
        Feature.PUBLISH: Support(_EXACT, "The stage's program pushes from the job."),
        Feature.PROMOTE: Support(_EXACT, "The stage's program proposes the change from the job."),
        Feature.DEPLOY: Support(
            _EXACT,
            "The stage's program runs helm in the job; a resource group lets one run of it at a time.",
        ),
        Feature.RELEASE: Support(
            _EXACT,
            "The stage's program waits until no other run changes the release; a resource group shows the queue.",
        ),
        Feature.ENVIRONMENT: Support(
            _EXACT,
            "The job has the environment with its address; where stages share a job, that of the last one.",
        ),
        Feature.SECRETS_FOR_CHANGE: Support(
            _EXACT,
            "A merge request from the project's own branches gets its unprotected CI/CD variables.",
        ),
        Feature.TRIGGER: Support(_EXACT, "A trigger job starts the pipeline of the project that the profile names."),
        Feature.TRIGGER_VALUES: Support(
            _UNSUPPORTED,
            "What is known only while the pipeline runs reaches a trigger job through a dotenv report alone, "
            "which refuses newlines and expands `$`.",
        ),
        Feature.NOTIFY: Support(
            _EMULATED,
            "A job that runs when the stage's job has failed pipes the mail into the profile's mail command.",
        ),
        Feature.CHECKOUT_VALUES: Support(_EMULATED, "GitLab's own variables stand for what Jenkins' checkout returns."),
        Feature.GATE: Support(
            _APPROXIMATE,
            "A merge request's pipeline tests the change alone, or in a merge train where the project has one.",
        ),
        Feature.FORK_CHANGE: Support(
            _APPROXIMATE,
            "A fork's merge request runs in the fork: jobs that pass images through the registry, or need a "
            "secret, say so and stop there.",
        ),
        Feature.COPY_AFTER_FAILURE: Support(Level.EXACT, "The job keeps its artifacts whatever its end."),
        Feature.TEST_REPORTS: Support(
            Level.EXACT, "`artifacts: reports` shows it in the merge request and the pipeline."
        ),
        Feature.ALLOW_FAILURE: Support(
            _EXACT, "The job is shown with a warning (`allow_failure`), and what needs it runs."
        ),
        Feature.SERVICES: Support(Level.EXACT, "The stage's program starts them, in a network of its own."),
        Feature.SCHEDULE: Support(_EXACT, "A pipeline schedule of the project runs it, on the branch that it names."),
        Feature.CHANGES: Support(
            _EXACT, "A first job decides; if the pipeline need not run, the others end as soon as they have started."
        ),
        Feature.ATTEMPTS: Support(_EXACT, "The stage's program runs each attempt in a new container."),
        Feature.TIMEOUT: Support(
            _EXACT,
            "The stage's program ends itself; the job gets a longer limit if its stages need one (a maximum of the "
            "runner's own stays).",
        ),
        Feature.APPROVAL: Support(
            _APPROXIMATE,
            "A person starts the job by hand, and what comes after it waits without a limit; who may is a setting of a "
            "protected environment, of which people who differ need one each, and to refuse is to cancel the pipeline.",
        ),
        Feature.CONCURRENCY: Support(
            _APPROXIMATE,
            "A resource group lets one job run at a time, so pipelines take turns between stages.",
        ),
    }
)


def support(use: Use, plan: Plan, profile: Profile) -> Support:
    """How well GitLab supports this use: as `SUPPORTS` says, unless the plan or the profile changes that."""
    cell = _decided(use, plan, profile)
    return SUPPORTS[use.feature] if cell is None else cell


def _decided(use: Use, plan: Plan, profile: Profile) -> Support | None:
    match use.feature:
        case Feature.OTHER_CONTAINER | Feature.OTHER_IMAGE_NAME if profile.images == "local":
            return Support(_EXACT, "All jobs share one daemon, and the last one clears it.")
        case Feature.OTHER_CONTAINER | Feature.OTHER_IMAGE_NAME if _share_a_job(use, plan, profile):
            return Support(_EXACT, "Both stages are in one job, and so on one daemon.")
        case Feature.FORK_CHANGE if profile.images != "registry":
            return Support(_EXACT, "A fork's merge request runs in the fork, and images take no registry.")
        case Feature.TRIGGER if not profile.job(use.detail, settings.NAME):
            return Support(_UNSUPPORTED, f"The profile's `triggers` name no GitLab project for `{use.detail}`.")
        case Feature.NOTIFY if not profile.mail_command:
            return Support(_UNSUPPORTED, "GitLab has no step that mails, and the profile's `notify.command` is empty.")
        case Feature.CHANGES if why := _runs_anyway(use, plan, profile):
            return Support(_UNSUPPORTED, why)
        case Feature.CONCURRENCY if plan.lanes is None:
            return Support(_EXACT, "There are no more pipelines than may run at a time.")
        case Feature.CONCURRENCY if plan.lanes != 1:
            return Support(_UNSUPPORTED, "A resource group has one holder: only `concurrency: 1` can be said.")
        case Feature.CHECKOUT_VALUES if use.detail and use.detail.rpartition(".")[2] not in CHECKOUT:
            return Support(_UNSUPPORTED, f"GitLab knows no `{use.detail}`.")
    return None


def _runs_anyway(use: Use, plan: Plan, profile: Profile) -> str:
    """Why the pipeline runs whatever was changed: something in it starts or waits without a script; "" if nothing."""
    pipeline = next((pipeline for pipeline in plan.pipelines if pipeline.name == use.pipeline), None)
    if pipeline is None:
        return ""
    if pipeline.gates():
        return (
            "A job that a person starts would wait although the pipeline need not run. Put the stages with `approve` "
            "into a pipeline without `changes`."
        )
    calls = [stage.trigger.name for stage in pipeline.stages if stage.trigger]
    if any(profile.job(name, settings.NAME) for name in calls):
        return "Nothing can keep a trigger job, which has no script, from starting."
    return ""


def _share_a_job(use: Use, plan: Plan, profile: Profile) -> bool:
    """Whether the stage and the one that it needs something of are in one job."""
    pipeline = next((pipeline for pipeline in plan.pipelines if pipeline.name == use.pipeline), None)
    if pipeline is None or settings.of(profile).granularity is Granularity.STAGE:
        return False
    after = (other for other in plan.uses if other.feature in (Feature.NOTIFY, Feature.TRIGGER))
    own = (other for other in after if other.pipeline == use.pipeline)
    lost = frozenset(other for other in own if support(other, plan, profile).level is _UNSUPPORTED)
    found, _ = divided(pipeline, profile, lost)
    return any({use.stage, use.detail} <= set(names) for names in found)
