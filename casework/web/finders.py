"""Static files out of node_modules: exactly the named ones, under ``vendor/``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

# Name under static/ → file under node_modules/. Nothing else of the packages is ever served.
FILES = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/tom-select/tom-select.min.js": "tom-select/dist/js/tom-select.complete.min.js",
    "vendor/tom-select/tom-select.min.css": "tom-select/dist/css/tom-select.bootstrap5.min.css",
}


class PackageStorage(FileSystemStorage):
    """Reads packages' files by the names they are served under, without pointers to source maps not served."""

    def path(self, name: str) -> str:
        return super().path(FILES[name.replace("\\", "/")])

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        lines = Path(self.path(name)).read_bytes().rstrip().splitlines(keepends=True)
        if lines and b"sourceMappingURL=" in lines[-1]:
            head, _, tail = lines[-1].partition(b"/*#" if name.endswith(".css") else b"//#")
            lines[-1] = head + tail.partition(b"*/")[2] if name.endswith(".css") else head
        return ContentFile(b"".join(lines), name=name)


class NodeModulesFinder(BaseFinder):
    """Finds the files of :data:`FILES`."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage(location=settings.BASE_DIR / "node_modules")
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Nothing can be configured wrongly; a missing package fails when the files are listed."""
        return []

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        """Return the file's place, or an empty list for a name that is not served."""
        if path not in FILES or not self.storage.exists(path):
            return []
        place = self.storage.path(path)
        return [place] if find_all else place

    def list(self, ignore_patterns: Iterable[str] | None) -> "Iterable[tuple[str, Storage]]":
        """Yield the files.

        Raises:
            FileNotFoundError: a package is not installed; the message says how to get it.
        """
        for name, source in FILES.items():
            if not self.storage.exists(name):
                raise FileNotFoundError(f"node_modules/{source} 不存在，先运行 make setup / is missing, run make setup")
            yield name, self.storage
