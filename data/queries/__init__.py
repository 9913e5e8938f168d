"""The read side of the screens: what a page shows, loaded in a few statements, changing nothing."""
