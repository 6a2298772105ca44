"""From the bytes of a config to the checked Workflow: read, check the shape, build."""
