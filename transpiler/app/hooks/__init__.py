"""What commit hooks do: judge what is staged, regenerate, and put a plain hook in place."""
