//! Object proposals: EdgeBoxes.
//!
//! - **Computes** boxes that hold many whole contours, best first.
//! - **Input** thin edge strength of 0..=1 and orientation in radians, both `[height, width]` of one
//!   picture, as [`edges`](crate::edges) makes them.
//! - **Output** [`Proposal`]s: boxes in pixels of the maps and raw scores.
//! - **Source** C. L. Zitnick and P. Dollár, "Edge Boxes: Locating Object Proposals from Edges",
//!   ECCV 2014; own code after `docs/facts.md`. OpenCV's `ximgproc.createEdgeBoxes` is the
//!   reference: `peers/edgeboxes.py` compares.
//! - **Deviation** OpenCV's boxes are one pixel further right and down; otherwise boxes and scores
//!   are the same, because sums are made in its precision and order. Equal scores are ordered by
//!   place (left, then top, then size), so that the result depends on nothing but the input. A β
//!   above .99 suppresses where OpenCV gives up.
//!
//! | step | file |
//! |---|---|
//! | settings | `params` |
//! | chains of edge pixels | `groups` |
//! | which chains continue each other | `affinity` |
//! | which chains a side crosses | `lines` |
//! | windows of the search | `windows` |
//! | score of a box | `score` |
//! | which windows are refined, on all threads | `search` |
//! | best box nearby | `refine` |
//! | one box a thing | `nms` |
//!
//! ```
//! use affetti_picture::Picture;
//! use affetti_regions::{boxes::iou, edges, proposals::{Params, propose}};
//! // A white rectangle on black, at (60, 40), 80 wide and 60 high.
//! let inside = |i: usize| (60..140).contains(&(i % 200)) && (40..100).contains(&(i / 200));
//! let pixels = (0..200 * 150).flat_map(|i| [if inside(i) { 255 } else { 0 }; 3]).collect();
//! let edges = edges::of_picture(&Picture::new(200, 150, pixels)?);
//! let proposals = propose(&edges, &Params::default().check()?)?;
//! assert!(iou(proposals[0].region, [60, 40, 80, 60]) > 0.8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod affinity;
mod groups;
mod lines;
mod nms;
mod params;
mod refine;
mod score;
mod search;
mod windows;

pub use params::{Checked, Params};

use std::f32::consts::PI;

use crate::{
    boxes::{Proposal, Region},
    edges::Edges,
    error::RegionsError,
};
use groups::Groups;
use rayon::prelude::*;
use score::{Scorer, Window};

/// The proposals of a picture, best first. None where there are no edges, or where the picture is
/// smaller than every window. Works on rayon's pool; the result does not depend on its threads.
///
/// # Errors
/// [`RegionsError::SizesDiffer`] for maps of two sizes, [`RegionsError::BadValue`] for strengths
/// outside of 0..=1 and orientations that are not finite.
pub fn propose(edges: &Edges, params: &Checked) -> Result<Vec<Proposal>, RegionsError> {
    let params = params.params();
    let scorer = prepare(edges, params)?;
    let boxes = search::search(&scorer, edges.strength.size(), params);
    let mut found: Vec<Proposal> = boxes
        .into_iter()
        .map(|(window, score)| Proposal {
            region: window.region(),
            objectness: score,
        })
        .collect();
    found.par_sort_by(|a, b| {
        let score = b.objectness.total_cmp(&a.objectness);
        score.then(a.region.cmp(&b.region))
    });
    // Neighbouring windows often end in one box.
    found.dedup();
    Ok(nms::suppress(&found, params))
}

/// The raw score of one box, without refinement; 0 where it is below `min_score`.
///
/// # Errors
/// As [`propose`].
pub fn score(
    edges: &Edges,
    params: &Checked,
    regions: &[Region],
) -> Result<Vec<f32>, RegionsError> {
    let params = params.params();
    let scorer = prepare(edges, params)?;
    let mut scratch = scorer.scratch();
    let needed = search::needed(params);
    let score = |&[x, y, w, h]: &Region| {
        // Sides of a map are at most 65535, so that nothing beyond matters.
        let [x, y, w, h] = [x, y, w, h].map(|v| v.min(1 << 17) as i32);
        let window = scorer.cut(Window { x, y, w, h });
        scorer.score(&mut scratch, window, needed)
    };
    Ok(regions.iter().map(score).collect())
}

/// How many windows [`propose`] scores before refinement, for a picture of this size.
#[must_use]
pub fn window_count(width: usize, height: usize, params: &Checked) -> usize {
    windows::count(width, height, params.params())
}

fn prepare(edges: &Edges, params: &Params) -> Result<Scorer, RegionsError> {
    let Edges {
        strength,
        orientation,
    } = edges;
    if strength.size() != orientation.size() {
        return Err(RegionsError::SizesDiffer {
            what: "the edge map",
            size: strength.size(),
            other: "the orientation map",
            other_size: orientation.size(),
        });
    }
    strength.check_edges()?;
    orientation.check("orientation", "a number", f32::is_finite)?;
    let groups = if orientation.values().iter().all(|v| (0.0..PI).contains(v)) {
        Groups::find(strength, orientation, params)
    } else {
        // Orientations of -π/2..π/2 are as good; differences are taken modulo π.
        Groups::find(strength, &orientation.map(|v| v.rem_euclid(PI)), params)
    };
    Ok(Scorer::new(strength, groups, params))
}

impl Window {
    /// After a cut, nothing is negative.
    fn region(self) -> Region {
        [self.x, self.y, self.w, self.h].map(i32::unsigned_abs)
    }
}
