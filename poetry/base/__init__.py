"""What every wing stands on: errors in one line, whole files, hashes, the processor. Nothing of text."""
