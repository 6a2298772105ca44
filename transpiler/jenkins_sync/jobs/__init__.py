"""The jobs that a repository should have on Jenkins: their definitions, names, markers and XML."""
