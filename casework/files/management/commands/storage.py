"""``manage.py storage``: says where files lie and whether that place keeps what is written once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from casework.core.errors import CaseworkError
from casework.files import storage


class Command(BaseCommand):
    """Ask the storage what it can; exit 1 when it cannot be used."""

    help = "存储在哪里，是否只写一次 / where files lie, and whether they are written once"

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Ask and print."""
        server = storage.server()
        if server is None:
            self.stdout.write(f"磁盘 / disk: {storage.root()}")
            return
        place = server.place
        self.stdout.write(f"S3: {place.endpoint}/{place.bucket}/{place.prefix}")
        try:
            server.prove()
            versions, lock = server.versioning(), server.locking()
        except CaseworkError as error:
            raise CommandError(f"{error.message} / {error.code}") from error
        self.stdout.write("第二次写入被拒绝 / a second write is refused: yes")
        self.stdout.write(f"保留版本 / versions are kept: {'yes' if versions else 'no'}")
        self.stdout.write(f"对象锁定 / object lock: {'yes' if lock else 'no'}")
        if server.lock is not None and not lock:
            raise CommandError("CASEWORK_S3_LOCK：存储桶没有启用对象锁定 / the bucket has no object lock")
