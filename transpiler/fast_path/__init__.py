"""Checks from digests alone whether outputs are fresh. It imports as little as possible, so that hooks are fast."""
