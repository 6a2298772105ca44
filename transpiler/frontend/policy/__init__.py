"""The house rules of a site."""
