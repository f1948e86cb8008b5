"""Reading, applying and taking back lists."""

from casework.imports.services.mapping import map_columns
from casework.imports.services.runs import apply_run, discard_run, read_file, undo_run

__all__ = ["apply_run", "discard_run", "map_columns", "read_file", "undo_run"]
