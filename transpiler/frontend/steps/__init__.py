"""The steps of a stage, each from YAML to IR."""
