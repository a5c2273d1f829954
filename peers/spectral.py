"""The subspace of the normalised cut by scikit-learn, for crates/regions.

Run:   python peers/spectral.py
Needs: numpy and scikit-learn (versions in the first line of the fixture).
Makes: crates/regions/tests/fixtures/spectral.txt: boxes "x y w h", then, after "vectors", the first
       COUNT eigenvectors of the normalised Laplacian of their IoU, a row for each box. The diagonal
       of the weights is 0, because scikit-learn leaves it out of the degrees.
"""

from pathlib import Path

import numpy as np
import sklearn
from sklearn.manifold import spectral_embedding

COUNT = 6
OUT = Path(__file__).resolve().parent.parent / "crates/regions/tests/fixtures/spectral.txt"


def iou(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    inside = np.prod(np.clip(high - low, 0, None))
    return inside / (a[2] * a[3] + b[2] * b[3] - inside)


def main():
    rng = np.random.default_rng(11)
    boxes = np.column_stack([rng.integers(0, 200, (60, 2)), rng.integers(60, 220, (60, 2))])
    weights = np.array([[iou(a, b) for b in boxes] for a in boxes])
    np.fill_diagonal(weights, 0)
    scaled = spectral_embedding(
        weights, n_components=COUNT, eigen_solver="arpack", random_state=0, drop_first=False
    )
    # scikit-learn divides by the roots of the degrees; undone, the columns are orthonormal.
    vectors = scaled * np.sqrt(weights.sum(axis=0))[:, None]
    vectors /= np.linalg.norm(vectors, axis=0)
    lines = [f"# scikit-learn {sklearn.__version__}, numpy {np.__version__}"]
    lines += [" ".join(map(str, box)) for box in boxes]
    lines += ["vectors"] + [" ".join(f"{v:.9f}" for v in row) for row in vectors]
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
