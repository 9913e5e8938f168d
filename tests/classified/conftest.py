"""These modules import only in the site's own process, where Django is configured."""

collect_ignore = ["fill.py", "urls.py"]
