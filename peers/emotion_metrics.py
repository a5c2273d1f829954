"""The numbers against which `crates/emotion` is tested.

Needs numpy, scipy and scikit-learn. Prints one JSON object:

    python peers/emotion_metrics.py > crates/emotion/tests/fixtures/emotion_metrics.json

Inputs come from a fixed seed and are printed with the outputs, so that the Rust
tests read both from the same file. Where no library has the quantity (Lin's
concordance, xoshiro256**) it is computed here in another form than in Rust.
"""

import json
import platform
import sys

import numpy
import scipy
import sklearn
from scipy import special, stats
from scipy.spatial import distance
from sklearn import calibration, metrics

SEED = 2026
EMOTIONS = 9
FLOOR = 1e-3
BINS = 10
# Rank by valence of each ArtEmis emotion in taxonomy order, 0 = least pleasant.
VALENCE_RANK = [8, 5, 6, 7, 3, 1, 2, 0, 4]
MASK64 = (1 << 64) - 1


def distribution_cases(rng):
    """Pairs of human histograms (votes, with zeros) and dense predictions."""
    ranks = numpy.array(VALENCE_RANK)
    cases = []
    for votes in (1, 3, 5, 5, 6, 8, 12, 41):
        counts = rng.multinomial(votes, rng.dirichlet(numpy.full(EMOTIONS, 0.6)))
        human = counts / counts.sum()
        logits = rng.normal(0.0, 2.0, EMOTIONS)
        predicted = special.softmax(logits)
        floored = numpy.maximum(predicted, FLOOR)
        cases.append(
            {
                "counts": counts.tolist(),
                "logits": logits.tolist(),
                "predicted": predicted.tolist(),
                "entropy": float(stats.entropy(human)),
                "kl": float(special.rel_entr(human, predicted).sum()),
                "kl_floored": float(stats.entropy(human, floored)),
                "jensen_shannon": float(distance.jensenshannon(human, predicted) ** 2),
                "cosine": float(1.0 - distance.cosine(human, predicted)),
                "earth_mover": float(
                    stats.wasserstein_distance(ranks, ranks, human, predicted) / 8.0
                ),
                "polarity": [
                    float(predicted[:4].sum()),
                    float(predicted[4:8].sum()),
                    float(predicted[8]),
                ],
            }
        )
    return cases


def skill_case(cases):
    """Mean KL of the predictions and of the mean histogram, and the skill."""
    human = numpy.array([c["counts"] for c in cases], dtype=float)
    human /= human.sum(axis=1, keepdims=True)
    prior = human.mean(axis=0)
    model = float(numpy.mean([c["kl"] for c in cases]))
    baseline = float(special.rel_entr(human, prior).sum(axis=1).mean())
    return {"mean_kl": model, "prior_kl": baseline, "skill": 1.0 - model / baseline}


def classification_cases(rng):
    """Unbalanced labels; the last case never shows some classes as truth."""
    cases = []
    for size, classes in ((200, 9), (40, 9), (12, 4)):
        weights = rng.dirichlet(numpy.full(classes, 0.7))
        truth = rng.choice(classes, size, p=weights)
        guess = rng.integers(0, EMOTIONS, size)
        predicted = numpy.where(rng.random(size) < 0.55, truth, guess)
        cases.append(
            {
                "truth": truth.tolist(),
                "predicted": predicted.tolist(),
                "accuracy": float(metrics.accuracy_score(truth, predicted)),
                # The mean recall over true classes, without the library's
                # warning about predicted classes that are no truths.
                "balanced_accuracy": float(
                    metrics.recall_score(
                        truth, predicted, labels=numpy.unique(truth), average="macro"
                    )
                ),
                "macro_f1": float(
                    metrics.f1_score(truth, predicted, average="macro", zero_division=0)
                ),
            }
        )
    return cases


def auc_cases(rng):
    cases = []
    for size, decimals in ((60, 1), (200, 6), (9, 0)):
        positive = rng.random(size) < 0.4
        positive[:2] = [True, False]
        scores = numpy.round(rng.normal(0.0, 1.0, size) + 0.7 * positive, decimals)
        cases.append(
            {
                "scores": scores.tolist(),
                "positive": positive.tolist(),
                "auc": float(metrics.roc_auc_score(positive, scores)),
            }
        )
    return cases


def calibration_case(rng):
    """Confidences that also sit exactly on the edges of bins."""
    confidence = numpy.concatenate(
        [rng.random(150), numpy.arange(BINS + 1) / BINS]
    )
    correct = rng.random(confidence.size) < confidence**1.5
    accuracy, mean = calibration.calibration_curve(correct, confidence, n_bins=BINS)
    edges = numpy.linspace(0.0, 1.0, BINS + 1)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], confidence), minlength=BINS)
    counts = counts[counts > 0]
    return {
        "confidence": confidence.tolist(),
        "correct": correct.tolist(),
        "bins": BINS,
        "bin_accuracy": accuracy.tolist(),
        "bin_confidence": mean.tolist(),
        "bin_counts": counts.tolist(),
        "error": float(numpy.sum(counts * numpy.abs(accuracy - mean)) / counts.sum()),
    }


def concordance(x, y):
    """Lin 1989 as one minus the expected squared distance from the diagonal."""
    independent = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    return float(1.0 - numpy.mean((x - y) ** 2) / independent)


def rating_cases(rng):
    cases = []
    for size, decimals in ((80, 6), (80, 0), (7, 1), (2, 2)):
        x = numpy.round(rng.uniform(1.0, 7.0, size), decimals)
        y = numpy.round(0.6 * x + 1.0 + rng.normal(0.0, 0.8, size), decimals)
        cases.append(
            {
                "x": x.tolist(),
                "y": y.tolist(),
                "ranks_x": stats.rankdata(x).tolist(),
                "pearson": float(stats.pearsonr(x, y).statistic),
                "spearman": float(stats.spearmanr(x, y).statistic),
                "concordance": concordance(x, y),
            }
        )
    return cases


def bootstrap_case(rng):
    """Percentile intervals of a mean and of the difference of two means."""
    first = rng.gamma(2.0, 0.5, 60)
    second = first + rng.normal(0.1, 0.3, 60)
    options = {"method": "percentile", "n_resamples": 50_000, "confidence_level": 0.9}
    mean = stats.bootstrap((first,), numpy.mean, rng=rng, **options)
    paired = stats.bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        paired=True,
        rng=rng,
        **options,
    )
    describe = lambda r: {
        "low": float(r.confidence_interval.low),
        "high": float(r.confidence_interval.high),
        "standard_error": float(r.standard_error),
    }
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "level": 0.9,
        "mean": describe(mean),
        "difference": describe(paired),
    }


def split_mix(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK64
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
        yield z ^ (z >> 31)


def xoshiro(seed, count):
    """The first outputs of xoshiro256** seeded by SplitMix64."""
    rotl = lambda x, k: ((x << k) | (x >> (64 - k))) & MASK64
    source = split_mix(seed)
    a, b, c, d = (next(source) for _ in range(4))
    outputs = []
    for _ in range(count):
        outputs.append(rotl(b * 5 & MASK64, 7) * 9 & MASK64)
        c, d, shifted = c ^ a, d ^ b, (b << 17) & MASK64
        b, a = b ^ c, a ^ d
        c, d = c ^ shifted, rotl(d, 45)
    # As text: JSON readers may keep only 53 bits of a number.
    return {"seed": seed, "outputs": [str(v) for v in outputs]}


def main():
    rng = numpy.random.default_rng(SEED)
    cases = distribution_cases(rng)
    report = {
        "origin": "peers/emotion_metrics.py",
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "floor": FLOOR,
        "distributions": cases,
        "skill": skill_case(cases),
        "classification": classification_cases(rng),
        "auc": auc_cases(rng),
        "calibration": calibration_case(rng),
        "ratings": rating_cases(rng),
        "bootstrap": bootstrap_case(rng),
        "xoshiro": xoshiro(SEED, 6),
    }
    # One line per key: a diff then names what changed, and the file stays short.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in report.items()]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
