"""Profiles: found, read with all that they extend, checked."""
