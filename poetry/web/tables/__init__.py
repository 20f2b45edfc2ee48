"""Words that answers need."""
