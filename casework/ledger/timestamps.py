"""RFC 3161: a time-stamping authority signs that a checkpoint was there at its time; checked before it is kept."""

from __future__ import annotations

import hashlib
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from casework.core.later import later
from casework.ledger import tree
from casework.ledger.signer import signing

if TYPE_CHECKING:
    import rfc3161_client as rfc3161
    from cryptography import x509
else:
    rfc3161, x509 = later("rfc3161_client"), later("cryptography.x509")

TIMEOUT = 20.0
MAX_ANSWER = 64 * 1024


class TimestampError(Exception):
    """There is no timestamp, or it does not hold; the text says why."""


def authority() -> str:
    """Return the address of the time-stamping authority, "" when none is configured."""
    return str(settings.CASEWORK_TSA_URL)


def roots() -> list[x509.Certificate]:
    """Return the certificates that the authority's must lead to; raises ``TimestampError``."""
    path = Path(str(settings.CASEWORK_TSA_CERTIFICATES))
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TimestampError(f"CASEWORK_TSA_CERTIFICATES={path}: {error}") from error


def check(token: bytes, note: str, nonce: int | None = None) -> datetime:
    """Return the time that a response states for a checkpoint's own note.

    Raises:
        TimestampError: it is no response, over something else, or not by the configured authority.
    """
    builder = rfc3161.VerifierBuilder(nonce=nonce)
    for certificate in roots():
        builder = builder.add_root_certificate(certificate)
    try:
        answer: rfc3161.TimeStampResponse = rfc3161.decode_timestamp_response(token)
        builder.build().verify(answer, hashlib.sha256(note.encode()).digest())
        return answer.tst_info.gen_time
    except (rfc3161.VerificationError, ValueError) as error:
        raise TimestampError(f"时间戳不成立 / the timestamp does not hold: {error}") from error


def stamp(checkpoint: tree.Published) -> datetime:
    """Have the checkpoint stamped, keep the token, and return its time.

    Raises:
        TimestampError: the authority is out of reach, refused, or its answer does not hold.
    """
    builder = (
        rfc3161.TimestampRequestBuilder()
        .data(checkpoint.own_note.encode())
        .hash_algorithm(rfc3161.HashAlgorithm.SHA256)
    )
    query = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    address = authority()
    if not address.startswith(("http://", "https://")):
        raise TimestampError(f"CASEWORK_TSA_URL={address}: http(s)://… is needed")
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked)
        address, query.as_bytes(), {"Content-Type": "application/timestamp-query"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            token = response.read(MAX_ANSWER)
    except OSError as error:
        raise TimestampError(f"{address}: {error}") from error
    at = check(token, checkpoint.own_note, query.nonce)
    with signing() as cursor:
        cursor.execute(
            "insert into ledger.timestamp (size, authority, token, at) values (%s, %s, %s, %s)"
            " on conflict (size, authority) do nothing",
            [checkpoint.size, address, token, at],
        )
    return at


def stamped(size: int | None = None) -> tuple[int, datetime, bytes] | None:
    """Return (size, time, token) of the newest timestamp, or of the one over the checkpoint of that size."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select size, at, token from ledger.timestamp where %s::bigint is null or size = %s order by size desc limit 1",
            [size, size],
        )
        row = cursor.fetchone()
    return (row[0], row[1], bytes(row[2])) if row else None
