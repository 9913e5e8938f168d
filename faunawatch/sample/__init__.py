"""Pasar Contoh: an invented classifieds site, served on loopback, for the demo to watch.

Every listing and seller is synthetic and written for this site; no text is shared with the
training texts. The `truth` of a listing (what it really offers) is for tests and never served.
"""
