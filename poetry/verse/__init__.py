"""The rules and figures of verse: forms, prosody, readings, schemes, known lines. No Paddle."""
