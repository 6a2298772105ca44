"""GitLab's part of the profile."""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.profile_values import Data, Rules, rules, text, texts
from transpiler.records import dataclass
from transpiler.targets.grouping import Granularity

NAME = "gitlab"

_PART = re.compile(r"(\d+)\s*([a-z]*)[\s,]*(?:and\b\s*)?")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000}


@dataclass(frozen=True, slots=True)
class Settings:
    """`path` is the path of `.gitlab-ci.yml`. `image` is None on shell runners. `rules` are `rules:if` expressions by
    event; `tags` are runner tags by kind of step, and `all`. `report_token` is the name of the CI variable with the
    token for comments on merge requests, "" if there is none. `approval` is the environment whose protection says who
    approves, where a stage deploys to none; `approvers` has others, by names in the stage's `by`."""

    path: str
    tags: Mapping[str, tuple[str, ...]]
    image: str | None
    services: tuple[str, ...]
    timeout: str
    rules: Rules
    variables: Mapping[str, str]
    granularity: Granularity
    report_token: str
    approval: str
    approvers: Mapping[str, str]


def of(profile: Profile) -> Settings:
    """The profile's settings for GitLab."""
    settings = profile.settings[NAME]
    assert isinstance(settings, Settings)
    return settings


def load(profile: Data, output: Data) -> Settings:
    """Loads the settings from the data of a profile. Raises KeyError, TypeError or ValueError if the data does not
    have the schema's shape."""
    data = profile[NAME]
    return Settings(
        path=text(output["path"]),
        tags={kind: texts(tags) for kind, tags in data["tags"].items()},
        image=text(data["image"]) or None,
        services=texts(data["services"]),
        timeout=text(data["timeout"]),
        rules=rules(data["rules"]),
        variables={name: text(value) for name, value in data["variables"].items() if value is not None},
        granularity=Granularity(text(data["granularity"])),
        report_token=text(profile["report"][NAME]["token"]),
        approval=text(data["approval"]),
        approvers={name: text(place) for name, place in data["approvers"].items()},
    )


def seconds(duration: str) -> int:
    """A duration in GitLab's words (`1 hour`, `1h 30m`) in seconds; 0 if it has words that are not known here."""
    text = duration.strip().lower()
    parts = [(int(part[1]), part[2]) for part in _PART.finditer(text)]
    if _PART.sub("", text) or any(unit[:1] not in _SECONDS for _, unit in parts):
        return 0
    return sum(number * _SECONDS["mo" if unit.startswith("mo") else unit[:1]] for number, unit in parts)


def credential_names(_id: str, credential: Data) -> tuple[str, ...]:
    """The names of the CI variables that hold the credential: one, or two for a user name and password."""
    named = credential.get(NAME)
    if isinstance(named, Mapping):
        return text(named["username"]), text(named["password"])
    return (text(named),) if named else ()
