//! Views of pictures as the trainable part of a network takes them: pixels, or maps of the frozen
//! part, made once and kept in half precision where they are used again.

use crate::backbones::augment::{random_square, recolored, uniform};
use crate::error::FeelError;
use crate::learning::pictures::Source;
use affetti_picture::{Filter, Picture};
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Kept maps may fill so much memory, in bytes.
const MOST: usize = 8 << 30;

/// Height, width and channels.
pub(crate) type Shape = [usize; 3];

/// The frozen part, which makes maps of views.
pub(crate) trait Below: Sync {
    /// Buffers of one thread.
    type Work: Default + Send;

    /// The map of one view; of views of one size all maps have one shape.
    fn map(&self, view: &Picture, work: &mut Self::Work) -> (Shape, Vec<f32>);
}

/// How views are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewing {
    pub(crate) seed: u64,
    /// Pixels of a view's side.
    pub(crate) side: u32,
    pub(crate) filter: Filter,
    /// Smallest share of a picture's area that a part keeps.
    pub(crate) crop: f64,
    /// How far colors of a part may change.
    pub(crate) color: f64,
}

/// How a picture is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// The whole picture.
    Whole,
    /// The whole picture mirrored.
    Mirrored,
    /// A random part of it; the number decides which.
    Part(u64),
}

/// A picture where pictures are kept, and its maps where those are.
type Made = (Option<Picture>, Vec<(Shape, Vec<f16>)>);

impl Viewing {
    /// Asked before the work, which takes minutes.
    fn check_memory<B: Below>(&self, below: &B, maps: usize) -> Result<(), FeelError> {
        let black = vec![0; 3 * self.side as usize * self.side as usize];
        let black = Picture::new(self.side, self.side, black)?;
        let (_, map) = below.map(&black, &mut B::Work::default());
        let bytes = maps.saturating_mul(2 * map.len());
        if bytes <= MOST {
            return Ok(());
        }
        Err(FeelError::Unfit {
            what: format!(
                "views: {maps} maps of {} values would fill {:.1} GB of at most {}; fewer views, \
                 more frozen stages, a smaller side, or views = 0 to draw each anew",
                map.len(),
                bytes as f64 / 1e9,
                MOST >> 30
            ),
        })
    }

    fn view(&self, picture: &Picture, look: Look) -> Picture {
        let whole = || picture.resize(self.side, self.side, self.filter);
        match look {
            Look::Whole => whole(),
            Look::Mirrored => whole().flip_horizontal(),
            Look::Part(number) => {
                let draw = |k: u64| uniform(&[self.seed, number, k]);
                let square = random_square(picture, self.crop, self.side, self.filter, &draw);
                recolored(square, self.color, &draw)
            }
        }
    }
}

/// Maps of pictures, several views each.
pub(crate) enum Views {
    /// Of fixed views, picture by picture.
    Kept {
        shape: Shape,
        each: usize,
        maps: Vec<Vec<f16>>,
    },
    /// Made when they are asked for.
    Fresh(Vec<Picture>),
}

impl Views {
    /// Keeps the maps of `looks(n)` of the n-th file, as many of each; none to keep the pictures
    /// instead. Gives the places of the files that could be read, to which the rows of
    /// [`Views::input`] refer. `done` hears of each picture.
    pub(crate) fn new<B: Below>(
        viewing: &Viewing,
        below: &B,
        files: &[Source<'_>],
        looks: impl Fn(usize) -> Vec<Look> + Sync,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(Self, Vec<usize>), FeelError> {
        let each = looks(0).len();
        if each > 0 {
            viewing.check_memory(below, files.len() * each)?;
        }
        let (count, total) = (AtomicUsize::new(0), files.len());
        let made: Vec<Option<Made>> = files
            .par_iter()
            .enumerate()
            .map_init(B::Work::default, |work, (n, file)| {
                let picture = file.read();
                done(count.fetch_add(1, Ordering::Relaxed) + 1, total);
                let picture = picture?;
                if each == 0 {
                    return Some((Some(picture), Vec::new()));
                }
                let map = |look: Look| {
                    let (shape, map) = below.map(&viewing.view(&picture, look), work);
                    let mut half = vec![f16::ZERO; map.len()];
                    half.convert_from_f32_slice(&map);
                    (shape, half)
                };
                Some((None, looks(n).into_iter().map(map).collect()))
            })
            .collect();
        let kept = (0..total).filter(|&n| made[n].is_some()).collect();
        let (pictures, maps): (Vec<_>, Vec<_>) = made.into_iter().flatten().unzip();
        if each == 0 {
            let pictures = pictures.into_iter().flatten().collect();
            return Ok((Self::Fresh(pictures), kept));
        }
        let maps: Vec<(Shape, Vec<f16>)> = maps.into_iter().flatten().collect();
        let shape = maps.first().map_or([0; 3], |(shape, _)| *shape);
        let maps = maps.into_iter().map(|(_, map)| map).collect();
        Ok((Self::Kept { shape, each, maps }, kept))
    }

    /// The input of the trainable part for `rows`; `number(row)` chooses among the kept views of a
    /// row, or draws a new one.
    pub(crate) fn input<B: Below>(
        &self,
        viewing: &Viewing,
        below: &B,
        rows: &[usize],
        number: impl Fn(usize) -> u64 + Sync,
        device: &Device,
    ) -> Tensor<4> {
        let (shape, maps): (Shape, Vec<Vec<f32>>) = match self {
            Self::Kept { shape, each, maps } => {
                let map = |&row: &usize| {
                    let kept = &maps[row * each + (number(row) % *each as u64) as usize];
                    kept.to_f32_vec()
                };
                (*shape, rows.par_iter().map(map).collect())
            }
            Self::Fresh(pictures) => {
                let made: Vec<(Shape, Vec<f32>)> = rows
                    .par_iter()
                    .map_init(B::Work::default, |work, &row| {
                        let look = Look::Part(number(row));
                        below.map(&viewing.view(&pictures[row], look), work)
                    })
                    .collect();
                let shape = made.first().map_or([0; 3], |(shape, _)| *shape);
                (shape, made.into_iter().map(|(_, map)| map).collect())
            }
        };
        let [height, width, channels] = shape;
        let dims = [rows.len(), height, width, channels];
        Tensor::from_data(TensorData::new(maps.concat(), dims), device)
    }
}

#[cfg(test)]
mod tests {
    use super::{Below, Shape, Viewing};
    use affetti_picture::{Filter, Picture};

    /// Maps of a thousand values.
    struct Thousand;

    impl Below for Thousand {
        type Work = ();

        fn map(&self, _: &Picture, (): &mut ()) -> (Shape, Vec<f32>) {
            ([10, 10, 10], vec![0.0; 1000])
        }
    }

    #[test]
    fn views_that_fill_the_memory_are_refused_beforehand() {
        let viewing = Viewing {
            seed: 1,
            side: 32,
            filter: Filter::Bilinear,
            crop: 1.0,
            color: 0.0,
        };
        // 2,000 bytes a map; 8 GiB are 8,589,934,592 bytes.
        assert!(viewing.check_memory(&Thousand, 4_294_967).is_ok());
        let refused = viewing.check_memory(&Thousand, 4_294_968);
        let told = refused.expect_err("too much").to_string();
        assert!(told.contains("fewer views"), "{told}");
    }
}
