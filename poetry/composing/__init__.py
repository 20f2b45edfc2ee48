"""From what is asked of a poem to the poem: plan, constraints, sampling, the decoding loop."""
