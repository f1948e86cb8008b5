"""The apps whose tables uploading needs, with what it asks them for and without the pages that they register."""

from django.apps import AppConfig


class Accounts(AppConfig):
    name = "casework.accounts"


class Ledger(AppConfig):
    name = "casework.ledger"


class Access(AppConfig):
    name = "casework.access"

    def ready(self) -> None:
        from casework.access.models import circles_of_reader
        from casework.accounts.backends import read_with_reader

        read_with_reader("circles", circles_of_reader)


class Files(AppConfig):
    name = "casework.files"

    def ready(self) -> None:
        from casework.files.storage import check

        check()


class Deadlines(AppConfig):
    name = "casework.deadlines"


class Imports(AppConfig):
    name = "casework.imports"


class Units(AppConfig):
    name = "units"


class Evidence(AppConfig):
    name = "evidence"

    def ready(self) -> None:
        from evidence import policy
