"""Decides whether outputs are up to date with their inputs, by the header at the top of every output, and writes
them."""
