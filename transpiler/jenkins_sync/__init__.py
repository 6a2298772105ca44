"""Keeps the jobs of a Jenkins server in step with configs: what `transpipe sync` does.

`define` makes job definitions of a workflow, `jobxml` writes them as Jenkins has them, `listing` reads the server,
`plan` compares, `apply` writes. All state is on the server, in the jobs' descriptions. It must not know how a config
is compiled: the command hands the compiled texts over.
"""
