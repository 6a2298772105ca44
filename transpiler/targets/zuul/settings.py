"""Zuul's part of the profile."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.profile_values import Data, Rules, flag, number, rules, text, texts
from transpiler.records import dataclass

NAME = "zuul"


@dataclass(frozen=True, slots=True)
class Settings:
    """`path` is the configuration's, `playbooks` their folder. `nodeset` is a name, or `label` the label of a one-node
    nodeset. `url` is the tenant's web address, "" where it is not known. `timeout` counts seconds; `cleanup`: Zuul
    knows cleanup playbooks. `elsewhere`: the tenant reads the configuration in a subfolder too."""

    path: str
    playbooks: str
    nodeset: str
    label: str
    url: str
    parent: str
    pipelines: Rules
    post_review: frozenset[str]
    granularity: str
    timeout: int
    cleanup: bool
    elsewhere: bool


def of(profile: Profile) -> Settings:
    """The profile's settings for Zuul."""
    settings = profile.settings[NAME]
    assert isinstance(settings, Settings)
    return settings


def load(profile: Data, output: Data) -> Settings:
    """Loads the settings from the data of a profile. Raises KeyError, TypeError or ValueError if the data does not
    have the schema's shape."""
    data = profile[NAME]
    nodeset = data["nodeset"]
    by_label = isinstance(nodeset, Mapping)
    return Settings(
        path=text(output["path"]),
        playbooks=text(output["playbooks"]),
        nodeset="" if by_label else text(nodeset),
        label=text(nodeset["label"]) if by_label else "",
        url=text(data["url"]).rstrip("/"),
        parent=text(data["parent"]),
        pipelines=rules(data["pipelines"]),
        post_review=frozenset(texts(data["post-review"])),
        granularity=text(data["granularity"]),
        timeout=number(data["timeout"]),
        cleanup=flag(data["cleanup"]),
        # Not in the default profile: its digest is in the header of every output.
        elsewhere=flag(data.get("extra-config-paths", False)),
    )


def credential_names(_id: str, credential: Data) -> tuple[str, ...]:
    """The name of the Zuul secret."""
    named = text(credential.get(NAME))
    return (named,) if named else ()


def secret_name(id_: str, profile: Profile) -> str:
    """The name of the secret with a credential of the profile, "" if the profile names none."""
    return "".join(profile.names(id_, NAME))
