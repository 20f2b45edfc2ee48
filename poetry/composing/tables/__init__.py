"""Derived data that the program needs; every file says where it comes from."""
