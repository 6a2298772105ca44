"""The local engine: runs the stage programs of a plan on this machine, with docker or podman.

It schedules what every target schedules and sets what their contract asks for (`program`). It knows no YAML and
writes no stream: the command hands it a plan and a profile, and prints what it tells.
"""
