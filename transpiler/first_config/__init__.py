"""Makes a first config for a repository, from the files that it contains (`transpipe init`).

`survey` reads files and decides nothing; `propose` decides, makes the text of a config, and reads nothing. Neither
writes files.
"""

from __future__ import annotations

from transpiler.first_config.proposal import propose, propose_profile
from transpiler.first_config.survey import LOOKED_FOR, Seen, Survey, survey

__all__ = ["LOOKED_FOR", "Seen", "Survey", "propose", "propose_profile", "survey"]
