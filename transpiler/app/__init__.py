"""What the commands do, without arguments and without printing."""
