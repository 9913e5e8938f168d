"""The reviewers' and liaisons' screens: parse, one verb or query of ``data``, render."""
