"""Collects listings from configured platforms, politely, and rechecks them."""
