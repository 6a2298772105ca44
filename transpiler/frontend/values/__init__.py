"""The value language: references, scopes, and values computed as far as they are known."""
