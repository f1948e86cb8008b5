"""``manage.py sprite``: build static/cw/icons.svg from icons.txt and the installed @tabler/icons."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from casework.web import icons


class Command(BaseCommand):
    help = "Build the icon sprite from casework/web/icons.txt (needs node_modules)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sprite = icons.build()
        except FileNotFoundError as error:
            raise CommandError(
                f"{error.filename or error}: no such icon; check icons.txt, or run npm ci first"
            ) from error
        icons.SPRITE.write_text(sprite, encoding="utf-8")
        self.stdout.write(f"{icons.SPRITE}: {len(icons.names())} icons, {len(sprite) // 1024} KB")
