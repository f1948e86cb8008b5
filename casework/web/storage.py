"""Collected static files carry a digest of their content in their name and may be cached for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ManifestStorage(ManifestStaticFilesStorage):
    """Fails on a name that was not collected; compressed copies are made by the Docker build alone."""

    # Only style sheets refer to other files; the source maps that scripts point at are not collected.
    patterns = tuple(
        (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for glob, patterns in ManifestStaticFilesStorage.patterns
    )
