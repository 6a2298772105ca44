"""The local engine: runs the stage programs of a plan on this machine, with docker or podman.

Like an engine, it runs the stages in the order of the graph, and sets the variables that the contract of a stage
program names (see `program`). It knows no YAML and prints nothing: the command passes it a plan and a profile, and a
`Watcher` that prints.
"""
