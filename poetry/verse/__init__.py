"""The rules and metrics of verse: forms, tunes, prosody, readings, schemes, known lines. No Paddle."""
