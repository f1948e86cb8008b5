"""Drawing at random so that anybody can repeat it: rank by the digest of seed and key, take the first."""

import hashlib
import secrets
from collections.abc import Sequence


def new_seed() -> str:
    """Return a seed nobody could foresee."""
    return secrets.token_hex(16)


def drawn(population: Sequence[int], seed: str, size: int) -> list[int]:
    """Return ``size`` members of the population, sorted; the same for the same seed, on any machine."""
    ranked = sorted(population, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).hexdigest())
    return sorted(ranked[:size])
