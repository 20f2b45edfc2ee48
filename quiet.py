"""Imported first by every script. Blocks Ctrl-C, SIGTERM and SIGHUP until the command runs (see cli.py).

Threads that libraries start before that keep the signals blocked. Where Python does not decode arguments and
file names as UTF-8 (a C locale), the script is restarted in UTF-8 mode. This module is outside the package,
which takes longer to load.
"""

import _signal as signal  # signal.py, which wraps it, loads too slowly to stop an early Ctrl-C
import os
import sys

if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
if os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
