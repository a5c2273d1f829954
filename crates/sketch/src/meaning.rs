//! Which edges make a picture what it is, as the encoder reads lines.
//!
//! - **Computes** two things. *Weights*: how much the embedding of all edges turns when those of a
//!   window are gone, window by window; spread over the view, 1 on average where there are edges.
//!   *A critic*: how far the embedding of a drawing is from that of all edges, 0 (alike) to 2.
//! - **Input** the scene's edges as [`Ink`], an [`Encoder`].
//! - **Source** occlusion: M. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional
//!   Networks" (2014). The prototype weighed edges by integrated gradients; windows need no gradient,
//!   and so no training framework in the program.
//! - **Deviation** none.

use std::sync::Arc;

use crate::{
    cubic::Cubic,
    encoder::{Embedding, Encoder, Ink, SIDE},
    field::Field,
    stroke::{Drawing, Stroke},
};

/// Windows a side, and how far they overlap: each covers two steps.
const WINDOWS: usize = 8;
/// A window with less than this share of the ink says nothing.
const FAINT: f32 = 0.002;
/// Least and greatest weight.
const RANGE: [f32; 2] = [0.4, 2.5];
/// Width of the strokes that the critic sees, in units.
const PEN: f32 = 3.0;

/// What a drawing should be read as.
#[derive(Debug, Clone)]
pub(crate) struct Critic {
    encoder: Arc<Encoder>,
    wanted: Embedding,
    view: [f32; 2],
}

impl Critic {
    pub(crate) fn new(encoder: Arc<Encoder>, edges: &Ink, view: [f32; 2]) -> Self {
        Self {
            wanted: encoder.embed(edges),
            encoder,
            view,
        }
    }

    /// 1 − the likeness of what is drawn to what is wanted.
    pub(crate) fn off(&self, curves: &[Cubic]) -> f64 {
        let mut drawing = Drawing::white(self.view[0], self.view[1]);
        let strokes = curves.iter().map(|curve| Stroke::black(*curve, PEN));
        drawing.strokes.extend(strokes);
        let found = self.encoder.embed(&Ink::of_drawing(&drawing));
        1.0 - f64::from(found.likeness(&self.wanted))
    }

    /// The weight of every place, `[WINDOWS, WINDOWS]` over the square that the encoder sees.
    pub(crate) fn weights(&self, edges: &Ink) -> Field {
        let step = SIDE / WINDOWS;
        let whole: f32 = edges.0.iter().map(|v| f32::from(*v)).sum::<f32>().max(1.0);
        let mut turned = vec![0.0_f32; WINDOWS * WINDOWS];
        let mut inked = vec![false; WINDOWS * WINDOWS];
        for (n, turned) in turned.iter_mut().enumerate() {
            let (column, row) = (n % WINDOWS, n / WINDOWS);
            // The cell with half a cell around it.
            let span = |cell: usize| {
                let begin = (cell * step).saturating_sub(step / 2);
                begin..(cell * step + 3 * step / 2).min(SIDE)
            };
            let mut less = edges.clone();
            let mut gone = 0.0;
            for y in span(row) {
                for value in &mut less.0[y * SIDE..][span(column)] {
                    gone += f32::from(*value);
                    *value = 0;
                }
            }
            if gone / whole < FAINT {
                continue;
            }
            inked[n] = true;
            let off = 1.0 - self.encoder.embed(&less).likeness(&self.wanted);
            // By the ink that went, with a tenth of all as if it were there everywhere: few lines
            // that turn much weigh more than many that turn as much.
            *turned = off / (gone / whole + 0.1 / WINDOWS as f32);
        }
        let count = inked.iter().filter(|v| **v).count().max(1) as f32;
        let mean = turned.iter().sum::<f32>() / count;
        let weight = |(turned, inked): (&f32, &bool)| {
            if *inked && mean > 0.0 {
                (turned / mean).sqrt().clamp(RANGE[0], RANGE[1])
            } else {
                1.0
            }
        };
        let values = turned.iter().zip(&inked).map(weight).collect();
        Field::new(WINDOWS, WINDOWS, values)
    }
}

/// Where a place of the view is in the square that the encoder sees, in cells of a field of
/// [`WINDOWS`] whose centres lie at whole numbers.
pub(crate) fn cell([x, y]: [f32; 2], view: [f32; 2]) -> [f32; 2] {
    [0, 1].map(|i| [x, y][i] / view[i] * WINDOWS as f32 - 0.5)
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn the_view_fills_the_square() {
        let view = [200.0, 100.0];
        assert_eq!(cell([0.0, 0.0], view), [-0.5, -0.5]);
        assert_eq!(cell([100.0, 50.0], view), [3.5, 3.5]);
        assert_eq!(cell([200.0, 100.0], view), [7.5, 7.5]);
    }
}
