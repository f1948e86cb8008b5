"""Reads of evidence; each starts from what the reader may know of."""
