//! From a picture to its drawing.
//!
//! A [`Scene`] is what is known of a picture before the first stroke: the view, the edges as weighted
//! points, and how far every place is from them. Many drawings can be made of one scene.

use std::{ops::ControlFlow, sync::Arc};

use affetti_picture::{Filter, Picture};
use fastrand::Rng;

use crate::{
    cubic::Cubic,
    edges::{self, EdgeMap},
    encoder::{Encoder, Ink},
    error::SketchError,
    field::{Field, distances},
    geometry::{Chorded, Geometry},
    ink,
    meaning::{self, Critic},
    points::{EdgePoint, FINER, Grid, points},
    refine::{Candidate, Watch, refine, trace},
    saliency::saliency,
    settings::{Quality, Settings},
    stroke::Drawing,
    trace::Reach,
};

/// Long side of every view, in units.
pub const SIDE: f32 = 224.0;
/// Margin around an object that is cut out by its alpha.
const MARGIN: f32 = 1.12;
/// Cell of the grid of points, in units.
const CELL: f32 = 4.5;

/// Where the edges come from.
#[derive(Debug, Clone, Copy)]
pub enum EdgeSource<'a> {
    /// [`edges::gradient`].
    Gradient,
    /// A map of the same picture, of any size.
    Map(&'a EdgeMap),
    /// A function of the picture as it is worked on, such as a network.
    Detector(&'a dyn Detector),
}

impl<'a> EdgeSource<'a> {
    /// What metadata of drawings call it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self {
            Self::Gradient => "gradient",
            Self::Map(_) => "file",
            Self::Detector(detector) => detector.name(),
        }
    }
}

/// Something that finds edges.
pub trait Detector: std::fmt::Debug + Sync {
    /// What metadata of drawings call it.
    fn name(&self) -> &str;

    /// Edge strength of 0..=1 of every pixel, row by row.
    fn edges(&self, picture: &Picture) -> Vec<f32>;
}

/// A picture made ready for drawing.
#[derive(Debug)]
pub struct Scene {
    picture: Picture,
    strength: Field,
    points: Vec<EdgePoint>,
    beside: Field,
    critic: Option<Critic>,
    /// Part of the original picture that is in the view: `[x, y, w, h]` in pixels, half-open.
    pub region: [u32; 4],
    view: [f32; 2],
}

/// A drawing and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// The strokes, what draws most first.
    pub drawing: Drawing,
    /// Seed of the run that it comes from.
    pub seed: u64,
    /// Steps of refinement.
    pub iterations: usize,
    /// Geometry loss, about 0..=1.5, lower is better.
    pub loss: f64,
    /// Whether the watcher ended the work early.
    pub stopped: bool,
}

/// A moment of the work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment<'a> {
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub of: usize,
    /// Loss of the best drawing so far.
    pub loss: f64,
    /// The best drawing so far, curves only.
    pub curves: &'a [Cubic],
    /// Width and height of the view, in units.
    pub view: [f32; 2],
}

impl Scene {
    /// Looks at a picture. `alpha` is one value a pixel, row by row, 0 where there is nothing; the
    /// view is then the object with a margin, and only the object is drawn.
    ///
    /// # Errors
    /// [`SketchError::Nothing`] for a picture without edges or without anything that is not
    /// transparent; [`SketchError::Shapes`] for an edge map of another shape.
    pub fn new(
        picture: &Picture,
        alpha: Option<&[u8]>,
        source: &EdgeSource,
    ) -> Result<Self, SketchError> {
        let whole = [0, 0, picture.width(), picture.height()];
        let region = match alpha {
            Some(alpha) => object(alpha, picture)?,
            None => whole,
        };
        let (width, height) = working_size(region);
        let filter = Filter::Bicubic;
        let small = picture.resize_region(region, width, height, filter)?;
        let (wide, high) = (width as usize, height as usize);
        let strength = match source {
            EdgeSource::Gradient => edges::gradient(&small).0,
            EdgeSource::Detector(detector) => EdgeMap::new(wide, high, detector.edges(&small))?.0,
            EdgeSource::Map(map) => {
                check_shape(map, picture)?;
                part_of(&map.0, region, whole).resized(wide, high)
            }
        };
        let mask = alpha.map(|alpha| mask(alpha, picture, region, wide, high));
        let weights = match &mask {
            Some(_) => Field::new(1, 1, vec![1.0]),
            None => saliency(&small),
        };
        let points = points(&strength, &weights, mask.as_ref());
        if points.is_empty() {
            return Err(SketchError::Nothing {
                reason: "the picture has no edges; is it blank?",
            });
        }
        let mut set = vec![false; wide * high];
        for p in &points {
            let [x, y] = p.at.map(|v| (v * FINER as f32) as usize);
            set[y.min(high - 1) * wide + x.min(wide - 1)] = true;
        }
        let finer = FINER as f32;
        let mut strength = strength;
        if let Some(mask) = &mask {
            for (v, inside) in strength.values.iter_mut().zip(&mask.values) {
                *v *= inside;
            }
        }
        Ok(Self {
            picture: small,
            strength,
            beside: distances(wide, high, &set),
            points,
            critic: None,
            region,
            view: [width as f32 / finer, height as f32 / finer],
        })
    }

    /// Lets `encoder` say which edges matter, and which of several drawings is best.
    pub fn read_by(&mut self, encoder: Arc<Encoder>) {
        let edges = self.edge_ink();
        let critic = Critic::new(encoder, &edges, self.view);
        let weights = critic.weights(&edges);
        for p in &mut self.points {
            let [x, y] = meaning::cell(p.at, self.view);
            p.weight *= weights.between(x, y);
        }
        let mean = self.points.iter().map(|p| p.weight).sum::<f32>() / self.points.len() as f32;
        for p in &mut self.points {
            p.weight /= mean.max(1e-12);
        }
        self.critic = Some(critic);
    }

    /// Width and height of the view, in units.
    #[must_use]
    pub fn view(&self) -> [f32; 2] {
        self.view
    }

    /// The picture as it is worked on, at two pixels a unit.
    #[must_use]
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Draws. `begin` has strokes that are there already, at most as many as are asked for; `watch`
    /// is told of every step and may stop the work.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] for settings out of range.
    pub fn draw(
        &self,
        settings: &Settings,
        begin: &[Cubic],
        watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Sketch, SketchError> {
        settings.check()?;
        let found = self.candidate(&self.points, settings, begin, watch);
        Ok(self.sketch(found, settings))
    }

    /// Draws with fewer and fewer strokes, each drawing out of the one before: what that left out
    /// hardly counts any more. `levels` have to fall.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] for settings or levels out of range.
    pub fn sweep(
        &self,
        settings: &Settings,
        levels: &[usize],
        watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Sketch>, SketchError> {
        for pair in levels.windows(2) {
            crate::error::require(
                pair[1] < pair[0],
                "a level of the sweep",
                pair[1] as f64,
                "below the one before",
            )?;
        }
        let mut points = self.points.clone();
        let mut sketches = Vec::new();
        for &strokes in levels {
            let settings = Settings {
                strokes,
                ..*settings
            };
            settings.check()?;
            let found = self.candidate(&points, &settings, &[], watch);
            fade(&mut points, &found.curves, strokes);
            let stopped = found.stopped;
            sketches.push(self.sketch(found, &settings));
            if stopped {
                break;
            }
        }
        Ok(sketches)
    }

    /// One trace at each of falling levels, each out of the one before, without a choice among
    /// several and without refinement: many of them teach a network what drawings look like.
    #[cfg(feature = "train")]
    pub(crate) fn traces(&self, levels: &[usize], seed: u64) -> Vec<Vec<Cubic>> {
        let mut rng = Rng::with_seed(seed);
        let mut points = self.points.clone();
        let mut found = Vec::new();
        for &strokes in levels {
            let grid = Grid::new(&points, CELL);
            let mut curves = Vec::new();
            let reach = Reach::of(strokes);
            crate::trace::Tracer::new(&points, &grid).trace(&mut curves, strokes, reach, &mut rng);
            fade(&mut points, &curves, strokes);
            found.push(curves);
        }
        found
    }

    /// All edges of the view as the encoder sees lines.
    #[must_use]
    pub fn edge_ink(&self) -> Ink {
        let Field {
            width,
            height,
            values,
        } = &self.strength;
        Ink::of_strength(*width, *height, values)
    }

    fn candidate(
        &self,
        points: &[EdgePoint],
        settings: &Settings,
        begin: &[Cubic],
        watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Candidate {
        let grid = Grid::new(points, CELL);
        let geometry = Geometry {
            points,
            beside: &self.beside,
            view: self.view,
            critic: self.critic.as_ref(),
        };
        let mut rng = Rng::with_seed(settings.seed);
        let traced = trace(&geometry, &grid, begin, settings, &mut rng);
        if settings.quality == Quality::Draft {
            return traced;
        }
        let of = settings.quality.rounds() * crate::refine::STEPS;
        let view = self.view;
        let mut told: Box<Watch> = Box::new(|curves, loss, step| {
            watch(Moment {
                step,
                of,
                loss,
                curves,
                view,
            })
        });
        refine(traced, &geometry, &grid, settings, &mut rng, &mut *told)
    }

    fn sketch(&self, found: Candidate, settings: &Settings) -> Sketch {
        let mut drawing = Drawing::white(self.view[0], self.view[1]);
        drawing.strokes = ink::strokes(&found.curves, &self.strength, &self.picture, settings);
        Sketch {
            drawing,
            seed: settings.seed,
            iterations: found.steps,
            loss: found.loss,
            stopped: found.stopped,
        }
    }

    /// Share of the edge points' weight within `reach` units of a stroke, and share of the strokes'
    /// length within `reach` of an edge point: recall and precision, 0..=1. Recall counts every point
    /// alike.
    #[must_use]
    pub fn recall_and_precision(&self, drawing: &Drawing, reach: f32) -> [f64; 2] {
        let curves: Vec<Cubic> = drawing.strokes.iter().map(|s| s.curve).collect();
        let chorded = Chorded::new(&curves);
        let near = |p: &&EdgePoint| chorded.nearest(p.at).is_some_and(|n| n.distance <= reach);
        let recall = self.points.iter().filter(near).count() as f64 / self.points.len() as f64;
        let (mut inside, mut all) = (0.0_f64, 0.0_f64);
        for curve in &curves {
            let length = f64::from(curve.length());
            let finer = FINER as f32;
            let hits = curve.points(99).filter(|p| {
                self.beside.between(p[0] * finer - 0.5, p[1] * finer - 0.5) <= reach * finer
            });
            inside += length * hits.count() as f64 / 100.0;
            all += length;
        }
        [recall, if all > 0.0 { inside / all } else { 0.0 }]
    }
}

/// What a drawing left out counts an eighth in the next one.
fn fade(points: &mut [EdgePoint], curves: &[Cubic], strokes: usize) {
    let reach = Reach::of(strokes).erase;
    let chorded = Chorded::new(curves);
    for p in points {
        if chorded.nearest(p.at).is_none_or(|n| n.distance > reach) {
            p.weight *= 0.125;
        }
    }
}

/// Sides of the working picture: the long one is [`SIDE`] units.
fn working_size([_, _, w, h]: [u32; 4]) -> (u32, u32) {
    let long = f64::from(SIDE) * FINER as f64;
    let scale = long / f64::from(w.max(h));
    let side = |v: u32| ((f64::from(v) * scale).round() as u32).max(1);
    (side(w), side(h))
}

fn check_shape(map: &EdgeMap, picture: &Picture) -> Result<(), SketchError> {
    let (w, h) = map.size();
    let found = w as f64 / h as f64;
    let wanted = f64::from(picture.width()) / f64::from(picture.height());
    // Sides are rounded to whole pixels.
    let slack = 1.0 / w.min(h) as f64 + 1.0 / f64::from(picture.width().min(picture.height()));
    if (found / wanted).ln().abs() <= slack + 0.01 {
        return Ok(());
    }
    Err(SketchError::Shapes {
        map: (w as u32, h as u32),
        picture: (picture.width(), picture.height()),
    })
}

/// The part of a map that a region of the picture has in it.
fn part_of(map: &Field, region: [u32; 4], whole: [u32; 4]) -> Field {
    if region == whole {
        return map.clone();
    }
    let (sx, sy) = (
        map.width as f64 / f64::from(whole[2]),
        map.height as f64 / f64::from(whole[3]),
    );
    let (x, y) = (
        (f64::from(region[0]) * sx) as usize,
        (f64::from(region[1]) * sy) as usize,
    );
    let w = ((f64::from(region[2]) * sx) as usize).clamp(1, map.width - x.min(map.width - 1));
    let h = ((f64::from(region[3]) * sy) as usize).clamp(1, map.height - y.min(map.height - 1));
    let values = (0..w * h).map(|i| map.at((x + i % w) as isize, (y + i / w) as isize));
    Field::new(w, h, values.collect())
}

/// The box of what is not transparent, with a margin, within the picture.
fn object(alpha: &[u8], picture: &Picture) -> Result<[u32; 4], SketchError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    crate::error::require(
        alpha.len() == width * height,
        "the number of alpha values",
        alpha.len() as f64,
        "one a pixel",
    )?;
    let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
    for (i, &a) in alpha.iter().enumerate() {
        if a >= 128 {
            let (x, y) = (i % width, i / width);
            (left, right) = (left.min(x), right.max(x + 1));
            (top, bottom) = (top.min(y), bottom.max(y + 1));
        }
    }
    if left >= right {
        return Err(SketchError::Nothing {
            reason: "the picture is transparent everywhere",
        });
    }
    let (w, h) = ((right - left) as f32, (bottom - top) as f32);
    let margin = (w.max(h) * (MARGIN - 1.0) / 2.0).ceil() as usize;
    let (x, y) = (left.saturating_sub(margin), top.saturating_sub(margin));
    let (to_x, to_y) = ((right + margin).min(width), (bottom + margin).min(height));
    Ok([x, y, to_x - x, to_y - y].map(|v| v as u32))
}

/// 1 on the object and two pixels around it, where its contour lies; else 0.
fn mask(alpha: &[u8], picture: &Picture, region: [u32; 4], width: usize, height: usize) -> Field {
    let values = alpha.iter().map(|&a| f32::from(a) / 255.0).collect();
    let field = Field::new(picture.width() as usize, picture.height() as usize, values);
    let whole = [0, 0, picture.width(), picture.height()];
    let small = part_of(&field, region, whole).resized(width, height);
    let solid: Vec<bool> = small.values.iter().map(|v| *v >= 0.5).collect();
    let far = distances(width, height, &solid);
    let values = far.values.iter().map(|d| f32::from(u8::from(*d <= 2.5)));
    Field::new(width, height, values.collect())
}
