"""Contrastive decoding: favour the words that one context makes likelier than another does."""

import numpy as np


def contrasted(logits: np.ndarray, totals: np.ndarray, strength: float, spared: list[int]) -> np.ndarray:
    """Move the logits after a draft's own context away from those after another one: (R, V).

    ``logits`` (2, R, V): those after either context; ``totals`` (2, R): the ``log_total`` of these.
    Words that would follow any context lose by it (contrastive decoding, Li et al. 2023). The ids ``spared``,
    those of the marks and the end, keep their logits, so that the form does not suffer.
    """
    own, other = logits
    contrast = own - other
    contrast -= (totals[0] - totals[1])[:, None].astype(contrast.dtype)
    contrast[:, spared] = 0.0
    return own + strength * contrast
