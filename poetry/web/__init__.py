"""The page and the HTTP interface for other programs, over a composer in one process with one model."""
