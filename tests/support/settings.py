"""Profiles with other settings of a target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transpiler.profile import Profile


def with_settings(profile: Profile, target: str, **changes: object) -> Profile:
    """The profile in which some settings of a target are others."""
    settings: Any = profile.settings[target]
    return replace(profile, settings={**profile.settings, target: replace(settings, **changes)})
