"""``manage.py demo``: play the Zhejiang campaign into an empty database."""

from typing import Any

from django.core.management.base import BaseCommand

from casework.scenarios.zhejiang_2021.play import play, played


class Command(BaseCommand):
    help = "Play the Zhejiang 2021 campaign through the public import paths and services; does nothing the second time."

    def handle(self, *args: Any, **options: Any) -> None:
        if played():
            self.stdout.write("演示数据已在库中。")
            return
        play(self._say)
        self.stdout.write("演示数据已就绪。")

    def _say(self, text: str) -> None:
        self.stdout.write(f"  · {text}")
        self.stdout.flush()
