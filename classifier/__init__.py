"""Tells whether a text offers a tiger, elephant or turtle product, and why."""
