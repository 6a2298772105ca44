"""Which features Zuul supports, and how: its column of the support table, and what the plan or the profile changes."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Feature, Level, PipelineProgram, Plan, Support, Use
from transpiler.targets.zuul import settings, view
from transpiler.targets.zuul.sources import CHECKOUT

SUPPORTS: Mapping[Feature, Support] = {
    Feature.APPROVAL: Support(
        Level.UNSUPPORTED,
        "Zuul asks nobody while a buildset runs: let people approve before the merge, or put what follows into a "
        "pipeline of its own that runs on a tag.",
    ),
    Feature.GRAPH: Support(
        Level.EXACT, "A chain is a playbook's tasks; where it forks, background tasks wait for those that they follow."
    ),
    Feature.VALUES: Support(
        Level.EXACT, "Values are files on the job's node; between jobs they travel by zuul_return, as base64."
    ),
    Feature.BUILD: Support(Level.EXACT, "The stage's program runs on the job's node."),
    Feature.CACHE: Support(
        Level.APPROXIMATE,
        "The stage's program reads the registry, and writes after a merge; if that takes a login, a pipeline that also "
        "runs before review has none, and does neither.",
    ),
    Feature.RUN: Support(Level.EXACT, "The stage's program runs on the job's node."),
    Feature.COPY: Support(Level.EXACT, "The stage's program runs on the job's node."),
    Feature.EXPORTS: Support(Level.EXACT, "The stage's program writes them as files on the job's node."),
    Feature.COPIED_FILES: Support(
        Level.EXACT, "A pipeline whose stages share files is one job with one checkout, whatever the granularity."
    ),
    Feature.OTHER_CONTAINER: Support(
        Level.EXACT, "A pipeline whose stages share containers is one job on one node, whatever the granularity."
    ),
    Feature.OTHER_IMAGE_NAME: Support(
        Level.EXACT, "A pipeline whose stages share local image names is one job on one node, whatever the granularity."
    ),
    Feature.FETCH: Support(
        Level.EMULATED,
        "Zuul prepares the whole history and its tags itself; submodules are fetched by a task, if the node may.",
    ),
    Feature.ARCHIVE: Support(
        Level.EMULATED, "The file is kept among the build's logs and returned to Zuul as one of its artifacts."
    ),
    Feature.ARTIFACT_URLS: Support(
        Level.APPROXIMATE, "URLs are relative to the build's log URL, which Zuul knows only after the build."
    ),
    Feature.CREDENTIALS: Support(Level.EXACT, "They come from Zuul secrets, which only jobs after review may have."),
    Feature.CREDENTIALS_FOR_CHANGE: Support(
        Level.UNSUPPORTED, "Zuul gives no secret to a job that runs before review, as those for a change do."
    ),
    Feature.PULL_LOGIN: Support(
        Level.APPROXIMATE,
        "A pipeline logs in if it runs only after review; one that also runs before it gets no secret, and pulls "
        "without a login.",
    ),
    Feature.PUBLISH: Support(Level.EXACT, "In jobs that run after review."),
    Feature.PROMOTE: Support(Level.EXACT, "In jobs that run after review."),
    Feature.DEPLOY: Support(Level.EXACT, "In jobs that run after review."),
    Feature.RELEASE: Support(
        Level.EXACT,
        "In jobs that run after review; the stage's program waits until no other run changes the release, and where "
        "each stage is a job, a semaphore does, so that no node waits.",
    ),
    Feature.ENVIRONMENT: Support(
        Level.EMULATED, "The build's report names the environment and its address when the stage has deployed."
    ),
    Feature.SECRETS_FOR_CHANGE: Support(
        Level.UNSUPPORTED, "What publishes, promotes or deploys runs on Zuul only after review, not for a change."
    ),
    Feature.TRIGGER: Support(
        Level.APPROXIMATE, "The job that the profile names starts when the whole pipeline has succeeded."
    ),
    Feature.TRIGGER_VALUES: Support(
        Level.UNSUPPORTED, "Zuul fixes a job's variables before any job runs, so a value of the run cannot be one."
    ),
    Feature.NOTIFY: Support(
        Level.EMULATED,
        "A playbook after the run mails with the profile's command, on the job's node; it ends before a job that a "
        "stage triggers, whose failure nobody mails.",
    ),
    Feature.CHECKOUT_VALUES: Support(
        Level.EMULATED, "Zuul's own variables stand for the commit, branch and URL that Jenkins' checkout returns."
    ),
    Feature.GATE: Support(Level.EXACT, "The profile's pipelines for a change hold the one that gates."),
    Feature.FORK_CHANGE: Support(Level.EXACT, "Zuul runs every change alike."),
    Feature.COPY_AFTER_FAILURE: Support(Level.EXACT, "The playbook keeps it whatever the end of the program."),
    Feature.TEST_REPORTS: Support(
        Level.EMULATED, "It is an artifact whose metadata has its type; Zuul itself does not read it."
    ),
    Feature.ALLOW_FAILURE: Support(Level.EMULATED, "The review names it as a warning; the job goes on."),
    Feature.SERVICES: Support(Level.EXACT, "The stage's program starts them, in a network of its own."),
    Feature.SCHEDULE: Support(
        Level.EXACT, "The profile's periodic pipelines start it, on the branches whose changes count as merged."
    ),
    Feature.CHANGES: Support(
        Level.EXACT,
        "The job decides before its first stage; Zuul's own `files` do not know the old name of a renamed file.",
    ),
    Feature.ATTEMPTS: Support(Level.EXACT, "The stage's program runs each attempt in a new container."),
    Feature.TIMEOUT: Support(
        Level.EXACT,
        "The stage's program ends itself; the job gets a longer limit if its stages need one, which the tenant's "
        "`max-job-timeout` must allow.",
    ),
    Feature.CONCURRENCY: Support(
        Level.EXACT, "Each pipeline's job holds a semaphore, which counts for all changes of the project together."
    ),
}


def support(use: Use, plan: Plan, profile: Profile) -> Support:
    """How well Zuul supports this use: as `SUPPORTS` says, unless the plan or the profile changes that."""
    if use.feature in (Feature.CREDENTIALS_FOR_CHANGE, Feature.SECRETS_FOR_CHANGE):
        return _for_change(use.feature, profile)
    if use.feature is Feature.PULL_LOGIN:
        return _login(use, plan, profile)
    if use.feature is Feature.TRIGGER:
        return _trigger(use, plan, profile)
    if use.feature is Feature.NOTIFY and not profile.mail_command:
        return Support(Level.UNSUPPORTED, "Zuul has no mail step, and the profile no `notify.command` that mails.")
    if use.feature is Feature.CHECKOUT_VALUES and use.detail and use.detail.rpartition(".")[2] not in CHECKOUT:
        return Support(Level.UNSUPPORTED, f"Zuul knows no {use.detail}.")
    return SUPPORTS[use.feature]


def _for_change(feature: Feature, profile: Profile) -> Support:
    site = settings.of(profile)
    if set(site.pipelines.get(Event.CHANGE, ())) - site.post_review:
        return SUPPORTS[feature]
    return Support(Level.EXACT, "The profile's pipelines for a change run after review.")


def _login(use: Use, plan: Plan, profile: Profile) -> Support:
    pipeline = next((p for p in plan.pipelines if p.name == use.pipeline), None)
    if pipeline and view.logs_in(pipeline, profile):
        return Support(Level.EXACT, "The pipeline runs only after review, when a job may hold the registry's secret.")
    return SUPPORTS[use.feature]


def _trigger(use: Use, plan: Plan, profile: Profile) -> Support:
    job = profile.job(use.detail, settings.NAME)
    if not job:
        return Support(Level.UNSUPPORTED, f"The profile names no Zuul job for the trigger {use.detail}.")
    pipeline = next((p for p in plan.pipelines if p.name == use.pipeline), None)
    if pipeline and _awaited(pipeline, use.stage):
        return Support(
            Level.UNSUPPORTED, "A job starts when the whole pipeline has succeeded, so no stage can wait for it."
        )
    starts = [s.trigger.name for p in plan.pipelines for s in p.stages if s.trigger]
    if sum(profile.job(name, settings.NAME) == job for name in starts) > 1:
        return Support(Level.UNSUPPORTED, f"Zuul runs the job {job} once, however many stages start it.")
    return SUPPORTS[Feature.TRIGGER]


def _awaited(pipeline: PipelineProgram, name: str) -> bool:
    """Whether later stages need the triggered job to have ended."""
    call = next((stage.trigger for stage in pipeline.stages if stage.name == name), None)
    return bool(call and call.wait and pipeline.graph.after(name))
