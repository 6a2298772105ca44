"""Checks whether a document has the shape that its JSON Schema describes, and explains where it has not."""
