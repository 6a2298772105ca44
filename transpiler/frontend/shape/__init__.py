"""Whether a document has the shape that its JSON Schema describes, and what to say where it has not."""
