"""transpipe: compiles `.pipeline/config.yaml` to native CI definitions."""
