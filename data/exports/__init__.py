"""What leaves the house: sheets, notices, frozen batches, and the sheets that come back."""
