"""The committed files that are made from others: the API's schema and the compiled translations.

``python -m casework.local.generated`` renews them, with ``--check`` it says which are out of date. Translations are
compiled here and committed, so that running the product needs neither gettext nor a build step.
"""

import io
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from casework.local.paths import CHECKOUT

SCHEMA = CHECKOUT / "docs" / "openapi.yaml"


def api_schema() -> bytes:
    """Return the API's schema; any warning of the generator is an error."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")
    import django
    from django.core.management import call_command

    django.setup()
    output = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=output)
    return output.getvalue().encode()


def compiled(source: Path) -> bytes:
    """Return the compiled form of one translation file; a wrong placeholder in it is an error."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalogue = read_po(stream, abort_invalid=True)
    wrong = [f"{source}:{message.lineno}: {errors[0]}" for message, errors in catalogue.check()]
    if wrong:
        sys.exit("\n".join(wrong))
    # Babel writes the present minute into the header where the source names none: the same source, the same bytes.
    catalogue.creation_date = catalogue.revision_date = datetime(2021, 12, 16, tzinfo=UTC)
    output = io.BytesIO()
    write_mo(output, catalogue)
    return output.getvalue()


def sources() -> dict[Path, Callable[[], bytes]]:
    """Return every generated file with what makes it."""
    found: dict[Path, Callable[[], bytes]] = {SCHEMA: api_schema}
    for source in sorted(CHECKOUT.glob("casework/locale/*/LC_MESSAGES/*.po")):
        found[source.with_suffix(".mo")] = lambda source=source: compiled(source)  # type: ignore[misc]
    return found


def main(*, check: bool) -> int:
    """Renew the files, or return 1 when one is out of date."""
    stale = []
    for path, make in sources().items():
        content = make()
        if path.exists() and path.read_bytes() == content:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in stale:
        print(f"{path.relative_to(CHECKOUT)}: {'out of date, run make generate' if check else 'renewed'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
