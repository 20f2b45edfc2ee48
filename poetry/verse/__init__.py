"""The rules and figures of verse: forms, tunes, prosody, readings, schemes, known lines. No Paddle."""
