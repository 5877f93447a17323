"""The advisor: requirements in, cited advice out."""
