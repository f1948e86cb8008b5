"""The service that takes files in pieces and serves nothing else, so that no slow upload holds a page (decision 0027).

The views, their rules and the policy table are those of the whole; only what they never ask for is left out.
"""

from typing import Final

#: So many pieces are received at the same time, each by a thread with a connection of its own.
AT_ONCE: Final = 16
