"""Answers an editor's questions about a config or a profile: what is wrong, what can stand here, what this is.

Everything here is a function of texts and positions. This package knows neither the protocol of editors nor the disk:
`app/lsp/` speaks the one and knows the buffers, the compiler reads the other.
"""
