"""Derived data that the program needs; every file names its source."""
