"""Which features Jenkins supports, and how: its column of the support table, and what the profile changes."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.program import Feature, Level, Plan, Support, Use
from transpiler.targets.jenkins import settings

SUPPORTS: Mapping[Feature, Support] = {
    Feature.GRAPH: Support(
        Level.EXACT, "Nested `parallel` where the graph is series-parallel, else each finished stage starts the next."
    ),
    Feature.VALUES: Support(Level.EXACT, "Values are files beside the workspace that all stages of a pipeline share."),
    Feature.BUILD: Support(Level.EXACT, "The stage's shell program builds on the pipeline's node."),
    Feature.CACHE: Support(
        Level.EXACT, "The stage's shell program reads the registry, and writes if what the build is for may."
    ),
    Feature.RUN: Support(Level.EXACT, "The stage's shell program runs the container on the pipeline's node."),
    Feature.COPY: Support(Level.EXACT, "The stage's shell program copies into the pipeline's workspace."),
    Feature.EXPORTS: Support(Level.EXACT, "Exports are values like any other."),
    Feature.COPIED_FILES: Support(Level.EXACT, "All stages of a pipeline share its workspace."),
    Feature.OTHER_CONTAINER: Support(Level.EXACT, "All stages of a pipeline share its node's containers."),
    Feature.OTHER_IMAGE_NAME: Support(Level.EXACT, "All stages of a pipeline share its node's images."),
    Feature.FETCH: Support(
        Level.EXACT, "The git plugin fetches by depth, tags and submodules (all of it to merge a change)."
    ),
    Feature.ARCHIVE: Support(Level.EXACT, "`archiveArtifacts` keeps the file with the build."),
    Feature.ARTIFACT_URLS: Support(Level.EXACT, "An archived file's address is the build's followed by its path."),
    Feature.CREDENTIALS: Support(Level.EXACT, "`withCredentials` binds the variables around the one program."),
    Feature.CREDENTIALS_FOR_CHANGE: Support(
        Level.EXACT, "`withCredentials` gives them to every build that the job's branch source trusts."
    ),
    Feature.PULL_LOGIN: Support(
        Level.EXACT, "`withCredentials` gives the login to every build that the job's branch source trusts."
    ),
    Feature.PUBLISH: Support(Level.EXACT, "The stage's shell program pushes from the pipeline's node."),
    Feature.PROMOTE: Support(Level.EXACT, "The stage's shell program proposes the version from the pipeline's node."),
    Feature.DEPLOY: Support(Level.EXACT, "The stage's shell program runs helm on the pipeline's node."),
    Feature.RELEASE: Support(Level.EXACT, "The stage's shell program waits until no other run changes the release."),
    Feature.ENVIRONMENT: Support(
        Level.EMULATED, "The build's description names the environment and its address when the stage has deployed."
    ),
    Feature.SECRETS_FOR_CHANGE: Support(
        Level.EXACT, "Credentials of publishing stages are given to every build that the branch source trusts."
    ),
    Feature.TRIGGER: Support(Level.EXACT, "`build` starts the job, where the profile names it for Jenkins."),
    Feature.TRIGGER_VALUES: Support(Level.EXACT, "Values known only while it runs become the job's parameters."),
    Feature.NOTIFY: Support(Level.EXACT, "`mail` sends through the server's own mail settings."),
    Feature.CHECKOUT_VALUES: Support(Level.EXACT, "What the checkout step returns is bound under `setup`."),
    Feature.GATE: Support(Level.EMULATED, "Jenkins has no merge queue of its own: Zuul gates and starts the job."),
    Feature.FORK_CHANGE: Support(
        Level.EXACT, "Which forks' changes are built, and with whose Jenkinsfile, the job's branch source decides."
    ),
    Feature.COPY_AFTER_FAILURE: Support(Level.EXACT, "`archiveArtifacts` keeps it whatever the end of the program."),
    Feature.TEST_REPORTS: Support(Level.EXACT, "The plugins junit and coverage show it with the build."),
    Feature.ALLOW_FAILURE: Support(Level.EXACT, "The stage is shown as unstable, and the build goes on."),
    Feature.SERVICES: Support(Level.EXACT, "The stage's program starts them, in a network of its own."),
    Feature.SCHEDULE: Support(
        Level.EXACT, "A build that the job's timer has started; `transpipe sync` gives the job the profile's cron line."
    ),
    Feature.CHANGES: Support(
        Level.EXACT,
        "It decides on its node, after the checkout, and compares a merge with the last build that succeeded.",
    ),
    Feature.ATTEMPTS: Support(Level.EXACT, "The stage's program runs each attempt in a new container."),
    Feature.TIMEOUT: Support(Level.EXACT, "The stage's shell program ends itself."),
    Feature.APPROVAL: Support(
        Level.EXACT,
        "`input` asks while no node is held: each part of the pipeline between approvals has a node, a checkout and a "
        "teardown of its own, and values and copied files cross by `stash`.",
    ),
    Feature.CONCURRENCY: Support(
        Level.EMULATED, "At most so many branches of one build run; builds do not wait for each other."
    ),
}


def support(use: Use, plan: Plan, profile: Profile) -> Support:
    """How well Jenkins supports this use: as `SUPPORTS` says, unless the profile changes that."""
    match use.feature:
        case Feature.TRIGGER | Feature.TRIGGER_VALUES:
            if use.detail in profile.triggers and not profile.job(use.detail, settings.NAME):
                return Support(Level.UNSUPPORTED, f"The profile names no Jenkins job for the trigger {use.detail}.")
        case Feature.CONCURRENCY:
            if plan.lanes and not shares_build(profile):
                return Support(Level.UNSUPPORTED, "Each pipeline is a job of its own, which nothing bounds together.")
        case _:
            pass
    return SUPPORTS[use.feature]


def shares_build(profile: Profile) -> bool:
    """Whether one build runs all pipelines of a repository."""
    site = settings.of(profile)
    return (site.layout, site.jobs) == ("one-file", "one-job")
