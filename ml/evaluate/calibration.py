"""Whether probabilities mean what they say."""

import numpy as np


def expected_calibration_error(probabilities: np.ndarray, right: np.ndarray, *, bins: int = 15) -> float:
    """Mean distance of sureness from accuracy over equal bins of sureness, by their size (Guo et al., ICML 2017).

    probabilities float (n,) in 0..1 of the answers given, right bool (n,); 0 for no answers.
    """
    place = np.clip((np.asarray(probabilities) * bins).astype(int), 0, bins - 1)
    gaps = [
        abs(float(np.mean(probabilities[place == one]) - np.mean(right[place == one]))) * float(np.mean(place == one))
        for one in np.unique(place)
    ]
    return float(sum(gaps))
