"""For `transpipe diff`: what a change means. Compares two plans and their profiles, never generated text; knows no git,
no YAML and no engine.

`model` has the answer as data: verdicts, and the changes in the order in which a reviewer must see them. `compare`
makes it, `report` writes it.
"""
