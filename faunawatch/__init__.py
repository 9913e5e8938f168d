"""The product command: composition root of crawler, classifier, review screens and data."""
