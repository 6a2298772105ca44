"""`transpipe lsp`: a language server, by pygls.

`server` keeps what is open, and `answers` has an answer to each request; `projects` knows the repositories that files
are open from, and keeps their analyses; `convert` writes answers in the types of the protocol. What the answers are is
in `editor/`.
"""
