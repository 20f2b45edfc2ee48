"""Text as data: vocabulary, data files, script, datasets, corpora. No Paddle, no rules of verse."""
