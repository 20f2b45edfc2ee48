"""Imported first by every script: until its command runs, Ctrl-C ends it at once and without a traceback."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
