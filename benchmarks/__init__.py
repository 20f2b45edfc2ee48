"""What measured the figures in docs/; run from a clone, as in ``python benchmarks/composing.py``."""
