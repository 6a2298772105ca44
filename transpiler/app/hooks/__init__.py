"""Commit hooks: checking what is staged, regenerating outputs, and installing a hook without the pre-commit program."""
