"""A difference for readers: text for a terminal, Markdown for a review comment, JSON for programs."""
