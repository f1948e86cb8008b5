"""Ways out of the system. Whatever leaves carries a link and no content: secrets stay behind sign-in."""


class SendError(Exception):
    """The channel could not take the message now; it is tried again later."""
