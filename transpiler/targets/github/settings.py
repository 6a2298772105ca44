"""What the profile says of GitHub."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.profile_values import Data, flag, number, text, texts
from transpiler.records import dataclass
from transpiler.targets.grouping import Granularity

NAME = "github"
_FOLDERS = {"github": ".github/workflows", "forgejo": ".forgejo/workflows", "gitea": ".gitea/workflows"}
_RUNNERS = {"github": ("ubuntu-latest",), "forgejo": ("docker",), "gitea": ("ubuntu-latest",)}
# Each is a full commit, since a tag can be moved, with the version that it was.
_ACTIONS = {
    "github": {
        "checkout": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
        "upload-artifact": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
        "download-artifact": "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0",
    },
    # Their servers store artifacts as version 3 of these actions does.
    "forgejo": {
        "checkout": "https://code.forgejo.org/actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
        "upload-artifact": "https://code.forgejo.org/actions/upload-artifact@"
        "a8a3f3ad30e3422c9c7b888a15615d19a852ae32 # v3.1.3",
        "download-artifact": "https://code.forgejo.org/actions/download-artifact@"
        "9bc31d5ccc31df68ecc42ccf4149144866c47d8a # v3.0.2",
    },
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`path` is a pattern of the workflows' paths: `folder`, `prefix`, the pipeline, `.yml`. `flavour` is `github`,
    `forgejo` or `gitea`. `labels` are further runner labels by kind of step. `schedule` are cron lines. `actions` are
    the actions that workflows use, by their usual names, with a comment. `images` says how an image reaches another
    job: `artifact` or `registry`. `timeout` counts minutes. `token` is the secret with which other repositories'
    workflows are started, "" for none. `approval` is the environment whose reviewers approve where a stage has none of
    its own; `approvers` has others, by names in the stage's `by`."""

    path: str
    folder: str
    prefix: str
    flavour: str
    runs_on: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    merge_queue: bool
    schedule: tuple[str, ...]
    actions: Mapping[str, str]
    images: str
    granularity: Granularity
    timeout: int
    token: str
    approval: str
    approvers: Mapping[str, str]

    @property
    def is_github(self) -> bool:
        """Whether it is GitHub itself, and not a forge that runs the same workflows."""
        return self.flavour == "github"


def of(profile: Profile) -> Settings:
    """The profile's settings for GitHub."""
    settings = profile.settings[NAME]
    assert isinstance(settings, Settings)
    return settings


def load(profile: Data, output: Data) -> Settings:
    """The settings that a whole profile holds."""
    data = profile[NAME]
    flavour, prefix, path = text(data["flavour"]), text(data["prefix"]), text(output["path"])
    folder = _FOLDERS[flavour] if path.endswith(".yml") else path
    return Settings(
        path=f"{folder}/{prefix}*.yml",
        folder=folder,
        prefix=prefix,
        flavour=flavour,
        runs_on=_several(data["runs-on"]) or _RUNNERS[flavour],
        labels={kind: _several(labels) for kind, labels in data["labels"].items()},
        merge_queue=flag(data["merge-queue"]),
        schedule=_several(data["schedule"]),
        actions={**_ACTIONS.get(flavour, _ACTIONS["forgejo"]), **{k: text(v) for k, v in data["actions"].items()}},
        images=text(data["images"]),
        granularity=Granularity(text(data["granularity"])),
        timeout=number(data["timeout"]),
        token=text(data["token"]),
        approval=text(data["approval"]),
        approvers={name: text(place) for name, place in data["approvers"].items()},
    )


def _several(value: object) -> tuple[str, ...]:
    """A list, or the one item of it."""
    return texts(value) if isinstance(value, list) else texts([value] if value else [])


def credential_names(_id: str, credential: Data) -> tuple[str, ...]:
    """The secrets that hold the credential: one, or two for a user name and password."""
    named = credential.get(NAME)
    if isinstance(named, Mapping):
        return text(named["username"]), text(named["password"])
    return (text(named),) if named else ()
