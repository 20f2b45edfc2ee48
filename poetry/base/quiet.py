"""Imported first by every script: Ctrl-C ends it at once until its command runs, without a traceback; and
where Python would not take the bytes that it is given for UTF-8 (a C locale), it starts anew so that it does.
"""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
if os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
