"""The campaign of 2021 as a runnable demo; it plays on ``DEMO_DAY`` (CASEWORK_NOW)."""

DEMO_DAY = "2021-12-16"
