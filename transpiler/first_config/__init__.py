"""Makes a first config for a repository, from the files that it contains (`transpipe init`).

`survey` reads files and decides nothing; `propose` decides, makes the text of a config, and reads nothing. Neither
writes files.
"""

from __future__ import annotations

from transpiler.first_config.first_profile import Site, profile_text, to_create
from transpiler.first_config.proposal import propose
from transpiler.first_config.survey import LOOKED_FOR, Seen, Survey, survey

__all__ = ["LOOKED_FOR", "Seen", "Site", "Survey", "profile_text", "propose", "survey", "to_create"]
