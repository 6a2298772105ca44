"""A first config for a repository that has none, from what the repository holds (`transpipe init`).

`survey` looks and decides nothing; `propose` writes the text of a config and looks at nothing. Neither writes files.
"""

from __future__ import annotations

from transpiler.first_config.proposal import propose
from transpiler.first_config.survey import LOOKED_FOR, Survey, survey

__all__ = ["LOOKED_FOR", "Survey", "propose", "survey"]
