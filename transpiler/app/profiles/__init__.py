"""What `transpipe profile` does: shows a merged profile, and moves one to another commit of what it extends."""
