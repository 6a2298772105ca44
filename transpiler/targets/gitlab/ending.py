"""The last jobs of a pipeline: one comments on the merge request, others clean up.

They are in GitLab's stage `.post`, which starts when all other jobs have ended, even if they failed. With `needs`
instead, a job that always runs would start as soon as another one is skipped. They do not run in a canceled pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpiler.ir import EVENTS, Event
from transpiler.profile import Profile
from transpiler.targets.gitlab import deciding, settings, superseding
from transpiler.targets.gitlab.events import anchors
from transpiler.targets.gitlab.scripts import EACH_LINE, named_by_run, uses_values
from transpiler.targets.gitlab.shared import Site
from transpiler.targets.gitlab.view import Block, Job

_CURL = "curlimages/curl:8.11.1"


def report(site: Site) -> Job | None:
    """The job that comments on the merge request with the pipeline's result and the published images, or None."""
    token = settings.of(site.profile).report_token
    if not site.marks:
        return None
    stages = site.pipeline.stages
    marked = [s for s in stages if s.name in site.marks]
    published = [f".values/{s.publishes}" for s in stages if s.publishes]
    listed = (
        'if [ "$result" = succeeded ]; then',
        f"    note=$(printf '%s\\n\\n' \"$note\"; cat {' '.join(published)})",
        "fi",
    )
    return Job(
        name=f"{site.column} report",
        comment=("Failing to report fails nothing.",),
        stage=".post",
        rules=anchors((Event.CHANGE,), site.profile),
        when="always",
        allow_failure=True,
        image=_image(site.profile),
        entrypoint=False,
        tags=settings.of(site.profile).tags.get("all", ()),
        variables=(("GIT_DEPTH", "1"),),
        dependencies=tuple(dict.fromkeys(_reported(site))),
        script=(
            (
                "set -eu",
                f'[ -n "${{{token}-}}" ] || exit 0 # a fork has no token',
                *((deciding.ENDED,) if site.pipeline.deciding else ()),
                "result=succeeded",
                f"for stage in {' '.join(s.slug for s in marked)}; do",
                '    [ -e ".values/$stage.done" ] || result=failed',
                "done",
                f'note="Pipeline {site.pipeline.slug} $result: $CI_PIPELINE_URL"',
                *(listed if published else ()),
                "requests=$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID/merge_requests",
                f'printf \'header = "PRIVATE-TOKEN: %s"\' "${token}" |',
                "    curl --silent --show-error --fail --output /dev/null --config - \\",
                '        --data-urlencode "body=$note" "$requests/$CI_MERGE_REQUEST_IID/notes"',
            ),
        ),
    )


def _reported(site: Site) -> Iterator[str]:
    """The jobs whose artifacts the report reads."""
    if site.pipeline.deciding:
        yield deciding.name(site)
    for stage in site.pipeline.stages:
        if stage.publishes:
            yield site.job(stage.name)
        if stage.name in site.marks:
            yield site.marker(stage)


def teardown(site: Site) -> Job | None:
    """The job that removes the images, containers and releases that a pipeline's jobs left on the daemon or the cluster
    for later jobs, or None."""
    kept = [s for s in site.pipeline.stages if site.hands[s.name].keeps]
    released = [s for s in site.pipeline.stages if site.hands[s.name].release]
    if not (kept or released):
        return None
    lines = [line for stage in released for line in stage.uninstall]
    if kept:
        jobs = " ".join(dict.fromkeys(site.job(s.name) for s in kept))
        named = (f"    {line}" for line in named_by_run(site))
        lines += [f"for job in {jobs}; do", "    run=gitlab-$CI_PIPELINE_ID-$job", *named, "done"]
    return Job(
        name=f"{site.column} teardown",
        comment=("Removes what the jobs above have left for each other. A cancelled pipeline does not come here.",),
        extends=site.template,
        stage=".post",
        when="always",
        allow_failure=True,
        dependencies=tuple(dict.fromkeys(site.job(s.name) for s in released)),
        before_script=(),
        script=((EACH_LINE, *(["values=$PWD/.values"] if uses_values(lines) else []), *lines),),
        after_script=(),
        **superseding.kept(site),
    )


def remove_images(sites: Sequence[Site], profile: Profile) -> Job | None:
    """The job that deletes the images from the registry that were pushed only for other jobs, or None."""
    giving = [site for site in sites if any(hand.image for hand in site.hands.values())]
    if profile.images != "registry" or not giving:
        return None
    jobs = [site.image(s.name) for site in giving for s in site.pipeline.stages if site.hands[s.name].image]
    events = {event for site in giving for event in site.pipeline.events}
    return Job(
        name=giving[0].names.removal,
        comment=(
            "Takes the images between jobs off the registry. A cancelled pipeline does not come here: let the",
            "project's clean-up policy remove what is older than a day in `between-jobs` as well.",
        ),
        stage=".post",
        rules=anchors([event for event in EVENTS if event in events], profile),
        when="always",
        allow_failure=True,
        image=_image(profile),
        entrypoint=False,
        tags=settings.of(profile).tags.get("all", ()),
        variables=(("GIT_STRATEGY", "none"),),
        dependencies=(),
        script=(_removal(jobs),),
    )


def _removal(jobs: Sequence[str]) -> Block:
    return (
        "set -eu",
        "repositories=$CI_API_V4_URL/projects/$CI_PROJECT_ID/registry/repositories",
        "call() {",
        '    printf \'header = "JOB-TOKEN: %s"\' "$CI_JOB_TOKEN" |',
        '        curl --silent --show-error --fail --config - "$@"',
        "}",
        "call \"$repositories?per_page=100\" | tr '{' '\\n' | grep '\"name\":\"between-jobs\"' |",
        "    sed 's/.*\"id\":\\([0-9]*\\).*/\\1/' | while read -r id; do",
        f"        for job in {' '.join(jobs)}; do",
        '            call --output /dev/null --request DELETE "$repositories/$id/tags/$CI_PIPELINE_ID-$job" || true',
        "        done",
        "    done",
    )


def _image(profile: Profile) -> str:
    return _CURL if settings.of(profile).image else ""
