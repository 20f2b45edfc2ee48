"""Imported first by every script: Ctrl-C and SIGTERM wait until its command runs (see cli.py), for good in
threads that libraries start meanwhile; and where Python would not take the bytes that it is given for UTF-8
(a C locale), it starts anew so that it does. It stands outside the package, whose loading takes longer.
"""

import _signal as signal  # what signal.py wraps, which takes longer to load than an early Ctrl-C waits
import os
import sys

if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
if os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
