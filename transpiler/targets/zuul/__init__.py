"""The target `zuul`: jobs in `.zuul.d/` and the playbooks that they run."""
