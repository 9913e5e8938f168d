"""Records, verbs and reference data: the floor of the house, which knows none of the parts above it."""
