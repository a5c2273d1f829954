"""Lines by the extended difference of Gaussians, for crates/picture/tests/xdog.rs.

Needs: pip install numpy scipy scikit-image
Run:   python peers/xdog.py > crates/picture/tests/fixtures/xdog.txt

The picture is a closed formula. After a line with versions, the output has the names of the cases
after `=`, each with its rows of one character a pixel: `#` on a line, `.` elsewhere.
"""

import numpy as np
import scipy
import skimage
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2gray
from skimage.filters import threshold_otsu

WIDTH, HEIGHT = 52, 44


def picture():
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    inside = np.hypot(x - 20.3, y - 19.6) < 12.2
    bar = (np.abs(x - 41) < 2.5) & (y > 8)
    red = 0.6 + 0.3 * np.sin(x * 0.21) - 0.5 * inside
    green = 0.5 + 0.3 * np.cos(y * 0.17) - 0.4 * bar
    blue = 0.4 + 0.004 * x * y / 10 - 0.2 * inside
    return np.stack([red, green, blue], -1).astype(np.float32)


def lines(colors):
    gray = rgb2gray(colors.astype(np.float64))
    difference = gaussian_filter(gray, 0.8) - 0.98 * gaussian_filter(gray, 8.0)
    value = np.where(difference < -0.1, 1.0, 1 + np.tanh(200 * difference))
    value = (value - value.min()) / (value.max() - value.min())
    return value < threshold_otsu(value)


def main():
    cases = {"plain": lines(picture()), "spread": lines((picture() - 0.45) / 0.27)}
    versions = " ".join(f"{m.__name__} {m.__version__}" for m in (np, scipy, skimage))
    print(f"made by peers/xdog.py, {versions}")
    for name, case in cases.items():
        print(f"= {name}")
        for row in case:
            print("".join("#" if v else "." for v in row))


main()
