"""Who did it: plain rules from an act in a log to a person. No database, no clock, no Django, as with the readers.

Every step names its rule and the records it stands on; what fits more than one thing stays ambiguous, what is not there
is missing and says what to ask for. No step picks one of several, and none counts guilt.
"""
