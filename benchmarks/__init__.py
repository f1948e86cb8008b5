"""Benchmarks: every figure is a ratio of two ways taken in one run, on a database of its own (README.md)."""
