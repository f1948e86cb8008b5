"""Room for the frames of deep calls.

Python keeps what its calls hold in pieces of 16 KiB. A call that does not fit asks the system for another piece, and its
return gives it back. Where a busy loop happens to call just across such a border, every turn costs two calls of the
system and a fresh page. A test's requests lie deep, below pytest and its plugins, and some loop of Django's lay on a
border in nearly all of them: a quarter of their time. A first call that is said to need very much is given a piece in
which all that it calls has room as well. (A server's threads begin with an empty piece; measured there, it is no gain.)
"""

from collections.abc import Callable
from typing import Any, Final

#: So many places of eight bytes the first call asks for; Python doubles its piece until it fits, to 1 MiB, and the rest
#: is for the calls within. Memory that nobody writes to is only promised.
_PLACES: Final = 70_000


def with_room(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function``; whatever it calls lies in one piece."""
    return function(*arguments)


with_room.__code__ = with_room.__code__.replace(co_stacksize=_PLACES)
