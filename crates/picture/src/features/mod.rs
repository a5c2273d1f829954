//! Color features: a fixed list of numbers about color, texture and composition, for a predictor
//! that looks at a picture without a network.
//!
//! What it computes: the groups below, each described in its own file.
//! Inputs: a picture of any size; the work is done on a copy of at most 128 pixels a side (bilinear),
//! except for the aspect ratio.
//! Output: [`COLOR_FEATURES_LEN`] finite numbers, scaled so that most lie in -1..1; the same picture
//! gives the same numbers, and two resolutions of one picture nearly the same.
//! Sources: J. Machajdik and A. Hanbury, "Affective image classification using features inspired by
//! psychology and art theory" (2010), for the choice of properties; each group's file for formulas.
//! Deviations: everything is in CIELAB instead of HSV, whose hue and saturation are noise in the
//! dark; histograms are soft, so that a small change of color is a small change of features.
//!
//! | start | numbers | group | file |
//! |---|---|---|---|
//! | 0 | 100 | `lab_histogram`: 4 L* x 5 a* x 5 b* | `histogram` |
//! | 100 | 8 | `lightness_histogram` | `histogram` |
//! | 108 | 12 | `hue_histogram`, weighted by chroma | `histogram` |
//! | 120 | 8 | `moments`: mean and deviation of L*, a*, b*, C* | `statistics` |
//! | 128 | 5 | `lightness_percentiles`: 5, 25, 50, 75, 95 | `statistics` |
//! | 133 | 5 | `impressions`: saturation, warmth, colorfulness, activity, hue concentration | `statistics` |
//! | 138 | 9 | `texture`: gradient, edge density, detail at three scales | `texture` |
//! | 147 | 4 | `directions` of edges | `texture` |
//! | 151 | 3 | `symmetry`: left-right, top-bottom, left-right in color | `composition` |
//! | 154 | 27 | `grid`: 3 x 3 cells of mean L*, a*, b* | `composition` |
//! | 181 | 1 | `aspect_ratio` | `composition` |
//!
//! ```
//! use affetti_picture::{COLOR_FEATURES_LEN, Picture, color_feature_groups, color_features};
//! let features = color_features(&Picture::new(1, 1, vec![200, 30, 30])?);
//! assert_eq!(features.len(), COLOR_FEATURES_LEN);
//! let grid = color_feature_groups().iter().find(|group| group.name == "grid").unwrap();
//! assert!(features[grid.range()][1] > 0.5); // a* of a red
//! # Ok::<(), affetti_picture::PictureError>(())
//! ```

mod composition;
mod histogram;
mod statistics;
mod texture;

use std::ops::Range;

use crate::{color::lab, measures::WORKING_SIDE, picture::Picture, resize::Filter};

/// Length of what [`color_features`] returns.
pub const COLOR_FEATURES_LEN: usize = 182;

/// Name and place of some features that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureGroup {
    /// Name as in the table at the head of this file.
    pub name: &'static str,
    /// Index of the first feature.
    pub start: usize,
    /// Count of features.
    pub len: usize,
}

impl FeatureGroup {
    /// The indices of the group.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

const GROUPS: [FeatureGroup; 11] = groups([
    ("lab_histogram", histogram::LAB_LEN),
    ("lightness_histogram", histogram::LIGHTNESS_LEN),
    ("hue_histogram", histogram::HUE_LEN),
    ("moments", statistics::MOMENTS_LEN),
    ("lightness_percentiles", statistics::PERCENTILES.len()),
    ("impressions", statistics::IMPRESSIONS_LEN),
    ("texture", texture::TEXTURE_LEN),
    ("directions", texture::DIRECTIONS_LEN),
    ("symmetry", composition::SYMMETRY_LEN),
    ("grid", composition::GRID_LEN),
    ("aspect_ratio", 1),
]);

/// Lays groups one after the other.
const fn groups(named: [(&'static str, usize); 11]) -> [FeatureGroup; 11] {
    let mut groups = [FeatureGroup {
        name: "",
        start: 0,
        len: 0,
    }; 11];
    let (mut index, mut start) = (0, 0);
    while index < named.len() {
        let (name, len) = named[index];
        groups[index] = FeatureGroup { name, start, len };
        start += len;
        index += 1;
    }
    assert!(
        start == COLOR_FEATURES_LEN,
        "COLOR_FEATURES_LEN is the sum of all groups"
    );
    groups
}

/// All groups of [`color_features`], in order.
#[must_use]
pub fn color_feature_groups() -> &'static [FeatureGroup] {
    &GROUPS
}

/// Describes a picture by [`COLOR_FEATURES_LEN`] numbers; see the table in the source file and
/// [`color_feature_groups`] for what they mean.
#[must_use]
pub fn color_features(picture: &Picture) -> Vec<f32> {
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let labs: Vec<[f32; 3]> = small.colors().iter().copied().map(lab).collect();
    let lab = Plane {
        width: small.width() as usize,
        height: small.height() as usize,
        values: labs,
    };
    let scales = texture::scales(&lab);
    let mut features = Vec::with_capacity(COLOR_FEATURES_LEN);
    features.extend(histogram::lab_histogram(&lab.values));
    features.extend(histogram::lightness_histogram(&lab.values));
    features.extend(histogram::hue_histogram(&lab.values));
    features.extend(statistics::moments(&lab.values));
    features.extend(statistics::lightness_percentiles(&lab.values));
    features.extend(statistics::impressions(small.colors(), &lab.values));
    features.extend(texture::texture(&scales));
    features.extend(texture::directions(&scales));
    features.extend(composition::symmetry(&lab));
    features.extend(composition::grid(&lab));
    features.push(composition::aspect_ratio(picture.width(), picture.height()));
    features
}

/// Values in rows, shape `[height, width]`, both at least 1.
struct Plane<T> {
    width: usize,
    height: usize,
    values: Vec<T>,
}

impl<T: Copy> Plane<T> {
    fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }

    fn map<U>(&self, f: impl Fn(T) -> U) -> Plane<U> {
        let values = self.values.iter().map(|&value| f(value)).collect();
        Plane {
            width: self.width,
            height: self.height,
            values,
        }
    }
}
