"""The page and the doors for other programs: HTTP over a composer, in one process with one model."""
