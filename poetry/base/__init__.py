"""What all subpackages share: one-line errors, atomic file writes, hashes, processor setup. No text."""
