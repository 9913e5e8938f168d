"""A classifieds site written by others (django-classified), run on loopback for end-to-end tests.

`serve` runs in a process of its own; `site` starts it for a test; `moderator` uses its admin.
"""
