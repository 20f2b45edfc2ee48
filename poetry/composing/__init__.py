"""From what is asked of a poem to the poem: plan, constraints, sampling, the decoding loop."""

import warnings

# Of Paddle's; of no meaning to those who compose.
warnings.filterwarnings("ignore", "No ccache found", UserWarning)
