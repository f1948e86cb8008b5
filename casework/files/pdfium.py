"""PDFium serves one thread at a time; whoever calls it in a process of several threads holds this lock.

Hold it for one file or one page, never while the database or the network is waited for.
"""

import threading
from typing import Final

LOCK: Final = threading.RLock()
