"""Readers of logs: plain Python, no database, no web, so that an expert can run and check them alone.

A reader turns bytes into events. Every event names the bytes it was read from; what could not be read is counted and
named, so that parsed and unparsed always add up to what is there. Values that the log does not say (a year, a time
zone) are marked as inferred.
"""
