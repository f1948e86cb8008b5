"""REST API of evidence."""
