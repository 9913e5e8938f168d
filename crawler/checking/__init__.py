"""What a check of a platform found, judged: notes of a few pages in, faults in plain words out."""
