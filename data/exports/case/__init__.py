"""A case as one file: what was captured of a listing, signed, with everything to check it by."""
