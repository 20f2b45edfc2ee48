"""Composing poems: from the options to the plan, constraints, sampling and the decoding loop."""

import warnings

# A warning of Paddle that does not concern users.
warnings.filterwarnings("ignore", "No ccache found", UserWarning)
