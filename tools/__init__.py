"""What made the tables, pictures and pages; run as in ``python tools/make_options.py``."""
