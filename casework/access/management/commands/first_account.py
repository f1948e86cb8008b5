"""``manage.py first_account``: the accounts that open all others, on a new installation."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from casework.access.services.people import appoint, check_password_rules, open_account
from casework.accounts.enums import ADMINISTRATORS, OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation
from casework.core import clock
from casework.core.errors import CaseworkError


class Command(BaseCommand):
    help = (
        "Open the first account of one of the three administrators; refused once that role is held. "
        "The password is asked for, or read from standard input with --password-stdin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", choices=sorted(ADMINISTRATORS))
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="the person's name")
        parser.add_argument("--organisation", required=True, help="the commission's name")
        parser.add_argument("--password-stdin", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        role, today = Role(options["role"]), clock.today()
        held = Appointment.objects.filter(role=role, until__isnull=True, user__is_active=True).first()
        if held is not None:
            raise CommandError(f"{role.label}已由 {held.user.username} 担任。可以由系统管理员在页面上开立其他账号。")
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else self._ask()
        try:
            check_password_rules(password)
            with transaction.atomic():
                organisation, _created = Organisation.objects.get_or_create(
                    name=options["organisation"],
                    defaults={"code": "COMMISSION", "kind": OrganisationKind.COMMISSION},
                )
                user = open_account(
                    options["username"],
                    name=options["name"],
                    organisation=organisation,
                    password=password,
                    actor=None,
                    at=clock.now(),
                )
                appoint(user, role, from_on=today, actor=None, at=clock.now())
        except CaseworkError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"已开立 {user.username}（{role.label}）。")

    def _ask(self) -> str:
        password = getpass.getpass("密码：")
        if password != getpass.getpass("再输一遍："):
            raise CommandError("两次输入不一样。可以重新运行。")
        return password
