"""A Jenkins to test against: a server process on loopback that answers as the real one does, faults included.

`process.double()` starts one; `python -m doubles.jenkins` is what it starts.
"""
