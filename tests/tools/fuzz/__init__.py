"""Subjects that take any bytes, and a runner that feeds them (`python -m tools.fuzz`, see README.md here)."""
