"""Records, verbs and reference data: the floor of the house; it knows no part above it."""
