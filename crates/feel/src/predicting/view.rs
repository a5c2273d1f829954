//! The crops and flips of a picture whose descriptors are averaged.

use affetti_picture::{Filter, Picture};
use serde::{Deserialize, Serialize};

/// One way to look at a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// The whole picture, its aspect ratio given up.
    Full,
    /// The whole picture mirrored.
    Flip,
    /// The central square.
    Crop,
    /// The central square mirrored.
    CropFlip,
}

impl View {
    /// The name in configs and cards.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Flip => "flip",
            Self::Crop => "crop",
            Self::CropFlip => "crop-flip",
        }
    }
}

/// The `count` of `views` that say most: those of the whole picture before those of its middle where one
/// is wanted, and then one of each; in the order of `views`.
#[must_use]
pub(crate) fn fewer(views: &[View], count: usize) -> Vec<View> {
    const BEST: [View; 4] = [View::Full, View::Crop, View::Flip, View::CropFlip];
    let best = BEST.iter().filter(|view| views.contains(view));
    let best: Vec<&View> = best.take(count.max(1)).collect();
    views
        .iter()
        .copied()
        .filter(|view| best.contains(&view))
        .collect()
}

/// All `views` of `picture` at `side` × `side`. A flip is made from its unflipped neighbour where
/// that was asked for just before: the large picture is resized once for both.
#[must_use]
pub(crate) fn views(picture: &Picture, views: &[View], side: u32, filter: Filter) -> Vec<Picture> {
    let mut made: Vec<Picture> = Vec::with_capacity(views.len());
    for (i, view) in views.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| views[i]);
        let next = match (view, before) {
            (View::Flip, Some(View::Full)) | (View::CropFlip, Some(View::Crop)) => {
                made[i - 1].flip_horizontal()
            }
            (View::Full, _) => picture.resize(side, side, filter),
            (View::Flip, _) => picture.resize(side, side, filter).flip_horizontal(),
            (View::Crop, _) => picture.resize_center_square(side, filter),
            (View::CropFlip, _) => picture.resize_center_square(side, filter).flip_horizontal(),
        };
        made.push(next);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{View, fewer};

    #[test]
    fn fewer_views_are_the_best_in_their_order() {
        let all = [View::Full, View::Flip, View::Crop, View::CropFlip];
        assert_eq!(fewer(&all, 1), [View::Full]);
        assert_eq!(fewer(&all, 2), [View::Full, View::Crop]);
        assert_eq!(fewer(&all, 4), all);
        assert_eq!(fewer(&all, 9), all);
        assert_eq!(fewer(&[View::CropFlip], 1), [View::CropFlip]);
        assert_eq!(fewer(&all, 0), [View::Full]);
    }
}
