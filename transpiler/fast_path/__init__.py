"""Whether outputs are fresh, from digests alone: the standard library only, and as little of it as possible."""
