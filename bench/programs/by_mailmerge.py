"""The command mailmerge as it is, with the seconds that it takes once it has been imported.

Its words go to standard error; on standard output is, as JSON, what the sending took.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from mailmerge.__main__ import main

began = time.perf_counter()
with contextlib.redirect_stdout(sys.stderr):
    main(standalone_mode=False)
print(json.dumps({"seconds": time.perf_counter() - began}))
