//! Boxes, and how much two of them overlap.

use serde::{Deserialize, Serialize};

/// A box `[x, y, w, h]` in pixels, half-open: columns `x..x + w`, rows `y..y + h`.
pub type Region = [u32; 4];

/// A box that may hold a thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Where, in pixels of the edge map.
    #[serde(rename = "box")]
    pub region: Region,
    /// Raw EdgeBoxes score, at least 0, higher for contours wholly inside; typically .01 to .5.
    pub objectness: f32,
}

/// Area in pixels.
#[must_use]
pub fn area(region: Region) -> u64 {
    u64::from(region[2]) * u64::from(region[3])
}

/// Intersection over union of two boxes, 0..=1; 0 where both are empty.
#[must_use]
#[inline]
pub fn iou(one: Region, other: Region) -> f32 {
    let shared = |axis: usize| {
        let end = |r: Region| u64::from(r[axis]) + u64::from(r[axis + 2]);
        let low = u64::from(one[axis].max(other[axis]));
        end(one).min(end(other)).saturating_sub(low)
    };
    let inside = shared(0) * shared(1);
    if inside == 0 {
        return 0.0;
    }
    inside as f32 / (area(one) + area(other) - inside) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_by_hand() {
        // 5·10 of 10·10 + 10·10 − 50.
        assert_eq!(iou([0, 0, 10, 10], [5, 0, 10, 10]), 50.0 / 150.0);
        assert_eq!(iou([3, 4, 10, 20], [3, 4, 10, 20]), 1.0);
        // Half-open: neighbours share no pixel.
        assert_eq!(iou([0, 0, 10, 10], [10, 0, 10, 10]), 0.0);
        assert_eq!(iou([0, 0, 0, 0], [0, 0, 0, 0]), 0.0);
    }
}
