"""EdgeBoxes by OpenCV contrib on the maps that ours works on.

Run:   python peers/edgeboxes.py EDGES.npy ORIENTATION.npy              OpenCV's boxes as JSON
       python peers/edgeboxes.py --compare EDGES.npy ORIENTATION.npy OURS.json
       python peers/edgeboxes.py --photographs PROGRAM OUT PICTURE...   the bars of issue 5
       python peers/edgeboxes.py --fixtures PROGRAM PICTURE             crates/regions/tests/fixtures
Needs: opencv-contrib-python-headless (made with 5.0.0) and numpy. PROGRAM is the example
       `proposals` of crates/regions, built with --release.
Prints one JSON object: {"proposals": [{"box": [x, y, w, h], "objectness"}], "seconds"} with
OpenCV's offset of one pixel removed, best first, the best time of five, on one thread; for
--compare and --photographs, the share of OpenCV's best 100 boxes that ours has (IoU > .95), the
largest difference of their scores, and the ratio of the times. The fixtures are made of
gallery/ pictures only, which are in the public domain.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

TOP = 100
SAME = 0.95
ROUNDS = 5
FIXTURES = Path(__file__).resolve().parent.parent / "crates/regions/tests/fixtures"


def theirs(edges, orientation, rounds=ROUNDS, **settings):
    cv2.setNumThreads(1)
    boxes, scores, best = None, None, float("inf")
    for _ in range(rounds):
        peer = cv2.ximgproc.createEdgeBoxes(**{"maxBoxes": 10000, **settings})
        start = time.perf_counter()
        boxes, scores = peer.getBoundingBoxes(edges, orientation)
        best = min(best, time.perf_counter() - start)
    order = np.argsort(-np.ravel(scores), kind="stable") if len(boxes) else []
    proposals = [
        {
            "box": [int(boxes[i][0]) - 1, int(boxes[i][1]) - 1, int(boxes[i][2]), int(boxes[i][3])],
            "objectness": float(np.ravel(scores)[i]),
        }
        for i in order
    ]
    return {"proposals": proposals, "seconds": best}


def iou(one, many):
    many = np.asarray(many, np.float64)
    if len(many) == 0:
        return np.zeros(0)
    low = np.maximum(many[:, :2], one[:2])
    high = np.minimum(many[:, :2] + many[:, 2:], np.add(one[:2], one[2:]))
    inside = np.prod(np.clip(high - low, 0, None), axis=1)
    return inside / (np.prod(many[:, 2:], axis=1) + one[2] * one[3] - inside)


def compare(reference, ours):
    boxes = [p["box"] for p in ours["proposals"]]
    top = reference["proposals"][:TOP]
    found, exact, worst = 0, 0, 0.0
    for proposal in top:
        overlap = iou(proposal["box"], boxes)
        if len(overlap) and overlap.max() > SAME:
            best = int(np.argmax(overlap))
            found += 1
            exact += overlap[best] == 1
            worst = max(worst, abs(ours["proposals"][best]["objectness"] - proposal["objectness"]))
    return {
        "top": len(top),
        "share": found / max(len(top), 1),
        "exact": exact / max(len(top), 1),
        "score_difference": worst,
        "boxes": [len(reference["proposals"]), len(boxes)],
        "seconds": [reference["seconds"], ours["seconds"]],
        "time_ratio": reference["seconds"] / ours["seconds"],
    }


def photographs(program, out, pictures):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    results = []
    for picture in pictures:
        stem = Path(picture).stem.replace(" ", "_")
        maps = [str(out / f"{stem}.{kind}.npy") for kind in ("edges", "orientation")]
        subprocess.run([program, "edges", picture, *maps], check=True)
        ours = json.loads(subprocess.check_output([program, "maps", *maps]))
        result = compare(theirs(*map(np.load, maps)), ours)
        results.append(result)
        print(json.dumps({"picture": stem, **result}))
    print(
        json.dumps(
            {
                "pictures": len(results),
                "share": float(np.mean([r["share"] for r in results])),
                "least_share": min(r["share"] for r in results),
                "exact": float(np.mean([r["exact"] for r in results])),
                "score_difference": max(r["score_difference"] for r in results),
                "time_ratio_median": float(np.median([r["time_ratio"] for r in results])),
                "time_ratio_least": min(r["time_ratio"] for r in results),
            }
        )
    )


def synthetic(width=96, height=72):
    """Two rectangles, a diagonal, some strokes and pixels: every step has something to do."""
    rng = np.random.default_rng(5)
    edges = np.zeros((height, width), np.float32)
    orientation = np.zeros((height, width), np.float32)
    for x, y, w, h, strength in [(12, 10, 40, 30, 0.9), (50, 30, 36, 32, 0.5)]:
        edges[[y, y + h], x : x + w + 1] = strength
        orientation[[y, y + h], x : x + w + 1] = np.pi / 2
        edges[y : y + h + 1, [x, x + w]] = strength
        orientation[y + 1 : y + h, [x, x + w]] = 0
    for i in range(20):
        edges[45 + i, 8 + i] = 0.7
        orientation[45 + i, 8 + i] = 3 * np.pi / 4
    for _ in range(120):
        y, x = rng.integers(0, height), rng.integers(0, width)
        edges[y, x] = rng.uniform(0.05, 1)
        orientation[y, x] = rng.uniform(0, np.pi)
    # Equal strengths make equal scores, and rounding alone would choose between their boxes.
    edges *= rng.uniform(0.9, 1, edges.shape).astype(np.float32)
    return edges, orientation


def fixtures(program, picture):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    names = {kind: [FIXTURES / f"{kind}.{m}.npy" for m in ("edges", "orientation")] for kind in
             ("synthetic", "picture")}
    for path, array in zip(names["synthetic"], synthetic()):
        np.save(path, array)
    subprocess.run([program, "edges", picture, *map(str, names["picture"]), "120"], check=True)
    for kind, paths in names.items():
        # Defaults but for the least area: these maps are small.
        result = theirs(*map(np.load, paths), rounds=1, minBoxArea=100)
        lines = [f"# OpenCV {cv2.__version__}, minBoxArea 100: x y w h score, best first"]
        for p in result["proposals"][:200]:
            lines.append(" ".join(map(str, p["box"])) + f" {p['objectness']:.6f}")
        (FIXTURES / f"{kind}.txt").write_text("\n".join(lines) + "\n")


def main():
    match sys.argv[1:]:
        case ["--compare", edges, orientation, ours]:
            result = theirs(np.load(edges), np.load(orientation))
            print(json.dumps(compare(result, json.loads(Path(ours).read_text()))))
        case ["--photographs", program, out, *pictures]:
            photographs(program, out, pictures)
        case ["--fixtures", program, picture]:
            fixtures(program, picture)
        case [edges, orientation]:
            print(json.dumps(theirs(np.load(edges), np.load(orientation))))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
