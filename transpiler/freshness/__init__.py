"""Whether outputs still agree with their inputs, by the comment at the top of every output.

Only the standard library is imported, and no YAML is read. A commit hook imports `digests`, `fields` and `quick`, and
nothing that they do not import is imported for it: so this file names nothing.
"""
