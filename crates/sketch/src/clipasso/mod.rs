//! CLIPasso's own method: short strokes that a network moves until it sees in them what it sees in
//! the photograph.
//!
//! | step | where |
//! |---|---|
//! | photograph → square of 224 pixels | [`Photo`] |
//! | where strokes begin: what a vision transformer attends to, on lines | `saliency.rs` |
//! | random views of drawing and photograph alike | `views.rs` |
//! | how differently CLIP's ResNet sees them, and back to the pixels | `loss.rs` |
//! | Adam until nothing gets better | `stop.rs`, [`Clipasso::draw`] |
//!
//! - **Computes** a drawing of cubic strokes of one width.
//! - **Input** a picture, CLIP's networks, settings; **output** a [`Sketch`].
//! - **Source** Y. Vinker et al., "CLIPasso: Semantically-Aware Object Sketching" (2022).
//! - **Deviations** the soft rasteriser of this room in place of 2 × 2 random samples a pixel; all
//!   numbers in 32 bits; runs of one seed are equal on one machine. What the published program does
//!   without saying so is in [`Quirks`].

mod loss;
mod photo;
mod saliency;
mod stop;
#[cfg(test)]
mod tests;
mod views;

use std::ops::ControlFlow;

use affetti_nets::clip::{resnet::ClipResNet, vit::ClipVit};
use fastrand::Rng;

pub use photo::Photo;

use crate::{
    adam::Adam,
    cubic::{Cubic, Point},
    error::{SketchError, require},
    scene::{Moment, Sketch},
    soft::Raster,
    stroke::{Drawing, MAX_STROKES, Stroke},
};
use loss::Loss;
use saliency::Saliency;
use stop::{Stop, Verdict};

/// Steps between two looks at the loss.
const LOOK: usize = 10;
/// Step length in pixels.
const RATE: f32 = 1.0;
/// Longest way from a control point to the next at the begin, on each axis, as a share of the side.
const REACH: f32 = 0.05 / 2.0;

/// What the published program does and its paper does not say. Each can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// What a tilted view leaves empty is black, though drawings are on white. Else white.
    pub black_corners: bool,
    /// Pictures that are not square are stretched. Else they are put on a white square.
    pub stretch: bool,
    /// Lines are looked for in the colors that the network gets. Else in those of the picture.
    pub normalized_lines: bool,
    /// The best drawing is kept one step late. Else as it was when it was the best.
    pub late: bool,
}

impl Quirks {
    /// The published program's.
    pub const ALL: Self = Self {
        black_corners: true,
        stretch: true,
        normalized_lines: true,
        late: true,
    };
    /// None.
    pub const NONE: Self = Self {
        black_corners: false,
        stretch: false,
        normalized_lines: false,
        late: false,
    };
}

impl Default for Quirks {
    /// All but the one that only loses something.
    fn default() -> Self {
        Self {
            late: false,
            ..Self::ALL
        }
    }
}

/// Settings of one drawing; checked where drawing begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipassoSettings {
    /// Number of strokes, 1 to [`MAX_STROKES`]. Default 16.
    pub strokes: usize,
    /// Diameter of the pen in pixels of the view. Default 3: what the published program calls a
    /// width of 1.5 is a radius.
    pub width: f32,
    /// Most steps, 1 to 100,000. Default 2001.
    pub iterations: usize,
    /// Random views a step, beside the plain one, 0 to 64. Default 4.
    pub views: usize,
    /// How strongly the places of strokes follow the saliency; smaller is stronger. Default .3.
    pub temperature: f32,
    /// Share of the embeddings' difference in the loss. Default .1.
    pub semantic: f32,
    /// Seed of all random choices.
    pub seed: u64,
    /// See [`Quirks`].
    pub quirks: Quirks,
}

impl Default for ClipassoSettings {
    fn default() -> Self {
        Self {
            strokes: 16,
            width: 3.0,
            iterations: 2001,
            views: 4,
            temperature: 0.3,
            semantic: 0.1,
            seed: 0,
            quirks: Quirks::default(),
        }
    }
}

impl ClipassoSettings {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] naming the first that is not.
    pub fn check(&self) -> Result<(), SketchError> {
        let Self {
            strokes,
            iterations,
            views,
            ..
        } = *self;
        require(
            (1..=MAX_STROKES).contains(&strokes),
            "the number of strokes",
            strokes as f64,
            "1 to 2000",
        )?;
        require(
            (0.1..=50.0).contains(&self.width),
            "the stroke width",
            f64::from(self.width),
            "0.1 to 50 (the long side of a drawing is 224)",
        )?;
        require(
            (1..=100_000).contains(&iterations),
            "the number of iterations",
            iterations as f64,
            "1 to 100000",
        )?;
        require(views <= 64, "the number of views", views as f64, "0 to 64")?;
        require(
            (0.001..=1000.0).contains(&self.temperature),
            "the temperature",
            f64::from(self.temperature),
            "0.001 to 1000",
        )?;
        require(
            (0.0..=1000.0).contains(&self.semantic),
            "the semantic share",
            f64::from(self.semantic),
            "0 to 1000",
        )
    }
}

/// The method with its networks.
#[derive(Debug, Clone)]
pub struct Clipasso {
    seeing: ClipResNet,
    attending: ClipVit,
}

impl Clipasso {
    /// `seeing` judges drawings, `attending` says where strokes begin. Their pictures have to have
    /// the same side.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] where they have not.
    pub fn new(seeing: ClipResNet, attending: ClipVit) -> Result<Self, SketchError> {
        let (side, other) = (seeing.shape().side, attending.shape().side);
        require(
            side == other,
            "the side of the second network's pictures",
            other as f64,
            "that of the first one's",
        )?;
        Ok(Self { seeing, attending })
    }

    /// Side of the view, in pixels and units.
    #[must_use]
    pub fn side(&self) -> usize {
        self.seeing.shape().side
    }

    /// Draws. `begin` has strokes that are there already, at most as many as are asked for, in pixels
    /// of the view; `watch` is told of every step and may stop the work.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] for settings out of range, [`SketchError::Nothing`] for a photo
    /// with fewer salient places than strokes.
    pub fn draw(
        &self,
        photo: &Photo,
        settings: &ClipassoSettings,
        begin: &[Cubic],
        watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Sketch, SketchError> {
        settings.check()?;
        let mut rng = Rng::with_seed(settings.seed);
        let mut curves = begin.to_vec();
        if curves.len() < settings.strokes {
            let saliency = Saliency::new(photo, &self.attending, settings)?;
            let places = saliency.draw(settings.strokes - curves.len(), &mut rng)?;
            curves.extend(places.into_iter().map(|at| self.short(at, &mut rng)));
        }
        let side = self.side() as f32;
        let mut loss = Loss::new(&self.seeing, photo, *settings);
        let (mut adam, mut stop) = (Adam::default(), Stop::default());
        let mut best = curves.clone();
        let mut steps = 0;
        let mut stopped = false;
        for step in 0..settings.iterations {
            let drawing = drawn(&curves, side, settings.width);
            let raster = Raster::new(&drawing, 1.0);
            let told = loss.step(&raster, &mut rng);
            let gradient = raster.backward(&told.by_pixel);
            let gradient: Vec<[Point; 4]> = gradient.iter().map(|g| g.points).collect();
            let before = curves.clone();
            adam.step(&mut curves, &gradient, RATE);
            steps = step + 1;
            if step % LOOK == 0 {
                match stop.see(told.plain) {
                    Verdict::Better if settings.quirks.late => best.clone_from(&curves),
                    Verdict::Better => best = before,
                    Verdict::Same => {}
                    Verdict::Enough => break,
                }
            }
            let moment = Moment {
                step: steps,
                of: settings.iterations,
                loss: stop.best(),
                curves: &best,
                view: [side; 2],
            };
            if watch(moment).is_break() {
                stopped = true;
                break;
            }
        }
        Ok(Sketch {
            drawing: drawn(&best, side, settings.width),
            seed: settings.seed,
            iterations: steps,
            loss: stop.best(),
            stopped,
        })
    }

    /// A short stroke that begins at a place.
    fn short(&self, at: Point, rng: &mut Rng) -> Cubic {
        let reach = 2.0 * REACH * self.side() as f32;
        let mut points = [at; 4];
        for n in 1..4 {
            points[n] = points[n - 1].map(|v| v + reach * (rng.f32() - 0.5));
        }
        Cubic(points)
    }
}

fn drawn(curves: &[Cubic], side: f32, width: f32) -> Drawing {
    let mut drawing = Drawing::white(side, side);
    let strokes = curves.iter().map(|curve| Stroke::black(*curve, width));
    drawing.strokes.extend(strokes);
    drawing
}
