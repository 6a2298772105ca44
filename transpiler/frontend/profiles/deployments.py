"""Checks of what a profile says about deployments: its environments, and the values by which charts know the image."""

from __future__ import annotations

import re
from itertools import pairwise

from transpiler.diagnostics import Diagnostics
from transpiler.profile import Profile

IMAGE_WORDS = ("imageFullName", "imageTag", "registry")
"""What can stand in `${…}` in `kubernetes.image-values`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_WORD = re.compile(r"\$\{([^}]*)\}?")


def check_deployments(profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports environments and value paths that no deployment could use."""
    _check_environments(profile, diagnostics)
    _check_image_values(profile, diagnostics)


def _check_environments(profile: Profile, diagnostics: Diagnostics) -> None:
    known = profile.kubernetes.clusters
    for name, environment in profile.environments.items():
        place = profile.place("environments", name)
        if not _NAME.fullmatch(name):
            message = f"`{name}` cannot be the name of an environment."
            hint = "Use letters, digits, `.`, `_` and `-`, with a letter or a digit first: engines show the name."
            diagnostics.error("profile-environment", message, place, hint)
        if environment.cluster and environment.cluster not in known:
            message = f"The environment `{name}` is in the cluster `{environment.cluster}`, but there is none."
            lines = f"kubernetes: {{clusters: {{{environment.cluster}: {{namespace: NAMESPACE}}}}}}"
            place = profile.place("environments", name, "cluster")
            diagnostics.error("profile-environment", message, place, f"Add `{lines}`.")


def _check_image_values(profile: Profile, diagnostics: Diagnostics) -> None:
    values, keys = profile.kubernetes.image_values, ("kubernetes", "image-values")
    for path, text in values.items():
        for word in (found[1] for found in _WORD.finditer(text)):
            if word not in IMAGE_WORDS:
                message = f"`${{{word}}}` in `kubernetes.image-values` stands for nothing."
                words = ", ".join(f"`${{{known}}}`" for known in IMAGE_WORDS)
                hint = f"The words are {words}."
                diagnostics.error("profile-image-values", message, profile.place(*keys, path), hint)
        if not all(path.split(".")):
            message = f"`{path}` in `kubernetes.image-values` is no path of a value: a key is missing."
            hint = "Write the keys from the top, with a dot between two of them, such as `image.tag`."
            diagnostics.error("profile-image-values", message, profile.place(*keys, path), hint)
    for above, path in pairwise(sorted(values, key=lambda path: path.split("."))):
        if path.startswith(f"{above}."):
            message = f"`{above}` in `kubernetes.image-values` cannot be a text, because `{path}` is below it."
            diagnostics.error("profile-image-values", message, profile.place(*keys, above), "Remove one of the two.")
