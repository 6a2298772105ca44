"""Jenkins' part of the profile."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.profile_values import Data, Rules, count, flag, rules, text, texts
from transpiler.records import dataclass

NAME = "jenkins"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a job that is not `inline` gets the Jenkinsfile from. `url` is a pattern; `scan` is how often a multibranch
    job scans for branches, such as `1h`, or "" for never."""

    url: str
    branch: str
    credential: str
    lightweight: bool
    scan: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`path` is the path of the Jenkinsfile. `events` are the Zuul v2 pipelines that start a build, if the checkout is
    `zuul`.

    The fields from `kind` on are for `transpipe sync`: `kind` is `inline`, `scm` or `multibranch`; `trigger_name` is
    the pattern for the names of jobs that trigger the others, "" for none; `quiet_period` is in seconds; `orphan_days`
    and `orphan_builds` are how long a multibranch job keeps deleted branches; `disabled` is None for `keep`.
    """

    path: str
    label: str
    labels: Mapping[str, str]
    checkout: str
    layout: str
    jobs: str
    name: str
    folder: str
    parameters: tuple[tuple[str, str, str], ...]
    cron: str
    poll: str
    upstream: tuple[str, ...]
    keep_days: int | None
    keep_builds: int | None
    events: Rules
    kind: str
    source: Source
    trigger_name: str
    description: str
    sandbox: bool
    concurrent: bool
    disabled: bool | None
    quiet_period: int | None
    orphan_days: int | None
    orphan_builds: int | None


def of(profile: Profile) -> Settings:
    """The profile's settings for Jenkins."""
    settings = profile.settings[NAME]
    assert isinstance(settings, Settings)
    return settings


def load(profile: Data, output: Data) -> Settings:
    """Loads the settings from the data of a profile. Raises KeyError, TypeError or ValueError if the data does not
    have the schema's shape."""
    data = profile[NAME]
    triggers, retention, source, orphans = data["triggers"], data["retention"], data["source"], data["orphans"]
    return Settings(
        path=text(output["path"]),
        label=text(data["label"]),
        labels={kind: text(label) for kind, label in data["labels"].items()},
        checkout=text(data["checkout"]),
        layout=text(data["layout"]),
        jobs=text(data["jobs"]),
        name=text(data["name"]),
        folder=text(data["folder"]),
        parameters=tuple(
            (text(p["name"]), text(p.get("default")), text(p.get("description"))) for p in data["parameters"]
        ),
        cron=text(triggers["cron"]),
        poll=text(triggers["poll"]),
        upstream=texts(triggers["upstream"]),
        keep_days=count(retention.get("days")),
        keep_builds=count(retention.get("builds")),
        events=rules(data["events"]),
        kind=text(data["kind"]),
        source=Source(
            url=text(source["url"]),
            branch=text(source["branch"]),
            credential=text(source["credential"]),
            lightweight=flag(source["lightweight"]),
            scan=text(source["scan"]),
        ),
        trigger_name=text(data["trigger-name"]),
        description=text(data["description"]),
        sandbox=flag(data["sandbox"]),
        concurrent=flag(data["concurrent"]),
        disabled=None if data["disabled"] == "keep" else flag(data["disabled"]),
        quiet_period=count(data["quiet-period"]),
        orphan_days=count(orphans.get("days")),
        orphan_builds=count(orphans.get("builds")),
    )


def credential_names(id_: str, credential: Data) -> tuple[str, ...]:
    """The id of the credential on the server, by default its id in the profile."""
    return (text(credential.get(NAME)) or id_,)
