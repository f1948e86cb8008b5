"""Numbers of leads and letters: counted for each circle of readers, so that what is hidden leaves no gap for others."""

import secrets

from django.db import IntegrityError, transaction

from casework.access.models import Compartment
from casework.accounts.models import Organisation
from casework.core.numbering import next_serial
from units.models import NumberCode

#: Letters and figures that nobody mistakes for one another when they are read out.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 3
LEAD = "挖"
LOOKUP = "查函"
OUTGOING = "移函"
INCOMING = "来函"


def code_of(compartment: Compartment, agency: Organisation | None = None) -> str:
    """Return the letters of the circle, or of the circle and the agency; drawn by lot on first use."""
    known = NumberCode.objects.filter(compartment=compartment, agency=agency).first()
    while known is None:
        drawn = "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH + bool(agency)))
        try:
            with transaction.atomic():
                known = NumberCode.objects.create(compartment=compartment, agency=agency, code=drawn)
        except IntegrityError:  # drawn by somebody else, or this circle got its letters just now
            known = NumberCode.objects.filter(compartment=compartment, agency=agency).first()
    code: str = known.code
    return code


def lead_number(compartment: Compartment, year: int) -> str:
    """Return the next number of a lead of the circle, e.g. ``2021-挖K7Q-0017``. Runs in the act's transaction."""
    code = code_of(compartment)
    return f"{year}-{LEAD}{code}-{next_serial(f'{LEAD}{code}', year):04d}"


def letter_number(word: str, compartment: Compartment, agency: Organisation, year: int) -> str:
    """Return the next number of a letter between the circle and the agency, e.g. ``查函M3RW〔2021〕2号``."""
    code = code_of(compartment, agency)
    return f"{word}{code}〔{year}〕{next_serial(f'{word}{code}', year)}号"
