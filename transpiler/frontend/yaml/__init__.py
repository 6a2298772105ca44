"""From bytes to YAML nodes with positions."""
