//! The pictures that are nearest to a picture: Euclidean distance between components, as stored.
//!
//! The leading components give a lower bound; the others are read for the rows alone whose bound is
//! below the distance of the nearest found so far. The answer is that of a full scan.

use super::format::{HEAD, head_from};
use super::nearest::Nearest;
use super::read::Index;
use super::sums::Reader;
use crate::error::FeelError;
use std::ops::Range;

/// Rows whose remaining components are read together where many are wanted.
const GROUP: u64 = 256;
/// From this part of a group on, the whole group is read.
const MANY: u64 = 8;
/// Single precision rounds a bound by less than this part of it.
const SLACK: f64 = 1.0 + 1e-5;

impl Index {
    pub(super) fn probe(&self, components: &[f32]) -> Result<Probe, FeelError> {
        if components.len() != self.components() {
            return Err(FeelError::Unfit {
                what: format!(
                    "{} components where the index has {}",
                    components.len(),
                    self.components()
                ),
            });
        }
        Probe::new(components).ok_or_else(|| FeelError::Unfit {
            what: "components that are no numbers".into(),
        })
    }

    pub(super) fn near(
        &self,
        probe: &Probe,
        range: Range<u64>,
        top: usize,
    ) -> Result<Nearest, FeelError> {
        let record = self.header.head_record();
        let mut bounds: Vec<Bound> = Vec::with_capacity((range.end - range.start) as usize);
        let mut leaders = Nearest::new(top);
        self.pieces(
            self.sections.heads,
            record,
            range.clone(),
            |first, bytes| {
                for (record, row) in bytes.chunks_exact(record).zip(first..) {
                    let bound = probe.head(record);
                    leaders.push(f64::from(bound.cost), row);
                    bounds.push(bound);
                }
            },
        )?;
        if self.header.tail_record() == 0 {
            return Ok(leaders);
        }
        let mut tails = Tails::new(self, probe);
        let mut nearest = Nearest::new(top);
        // Rows whose leading components are near are most likely near: they set the bar for all
        // others. They are met again below, where `nearest` would take them twice: it starts over.
        for (_, row) in leaders.into_rows() {
            let bound = bounds[(row - range.start) as usize];
            nearest.push(tails.one(bound, row)?, row);
        }
        let bar = nearest.worst() * SLACK;
        let mut nearest = Nearest::new(top);
        let mut first = range.start;
        while first < range.end {
            let group = first..(first + GROUP).min(range.end);
            let slot = |row: u64| bounds[(row - range.start) as usize];
            let limit = bar.min(nearest.worst() * SLACK);
            let wanted: Vec<u64> = group
                .clone()
                .filter(|&row| f64::from(slot(row).cost) <= limit)
                .collect();
            if wanted.len() as u64 * MANY >= GROUP {
                let costs = tails.group(group.clone(), slot)?;
                for (cost, row) in costs.into_iter().zip(group.clone()) {
                    nearest.push(cost, row);
                }
            } else {
                for row in wanted {
                    nearest.push(tails.one(slot(row), row)?, row);
                }
            }
            first = group.end;
        }
        Ok(nearest)
    }
}

/// What the leading components say of a row: the squared distance in them, and its scale.
#[derive(Clone, Copy, Debug)]
struct Bound {
    cost: f32,
    scale: f32,
}

/// The picture that is looked for, in whole numbers, so that products are exact and quick.
pub(super) struct Probe {
    codes: Vec<i16>,
    scale: f64,
    /// Squared length of the leading part and of the rest.
    squares: [f64; 2],
}

impl Probe {
    fn new(components: &[f32]) -> Option<Self> {
        let largest = components.iter().fold(0.0_f32, |m, c| m.max(c.abs()));
        if !components.iter().all(|c| c.is_finite()) {
            return None;
        }
        // A sum of products with codes up to 127 must stay below 2³¹.
        let most = (i32::MAX / 127 / components.len().max(1) as i32).min(i32::from(i16::MAX));
        let scale = if largest > 0.0 {
            f64::from(largest) / f64::from(most)
        } else {
            1.0
        };
        let codes: Vec<i16> = components
            .iter()
            .map(|&c| (f64::from(c) / scale).round() as i16)
            .collect();
        let square = |codes: &[i16]| -> f64 {
            let sum: f64 = codes.iter().map(|&c| f64::from(c) * f64::from(c)).sum();
            sum * scale * scale
        };
        let (head, tail) = codes.split_at(codes.len().min(HEAD));
        let squares = [square(head), square(tail)];
        Some(Self {
            codes,
            scale,
            squares,
        })
    }

    fn head(&self, record: &[u8]) -> Bound {
        let (scale, codes) = head_from(record);
        let cost = self.part(scale, codes, &self.codes[..codes.len()], self.squares[0]);
        Bound {
            cost: cost as f32,
            scale,
        }
    }

    fn tail(&self, bound: Bound, codes: &[u8]) -> f64 {
        let ours = &self.codes[self.codes.len() - codes.len()..];
        f64::from(bound.cost) + self.part(bound.scale, codes, ours, self.squares[1])
    }

    /// |scale·c − q|² = scale² |c|² − 2 scale c·q + |q|².
    fn part(&self, scale: f32, codes: &[u8], ours: &[i16], square: f64) -> f64 {
        if !(scale.is_finite() && scale >= 0.0) {
            return f64::INFINITY;
        }
        let (mut dot, mut norm) = (0_i32, 0_i32);
        for (&code, &q) in codes.iter().zip(ours) {
            let code = i32::from(code.cast_signed());
            dot += code * i32::from(q);
            norm += code * code;
        }
        let scale = f64::from(scale);
        let cost = scale * scale * f64::from(norm) - 2.0 * scale * self.scale * f64::from(dot);
        (cost + square).max(0.0)
    }
}

/// Reads remaining components.
struct Tails<'a> {
    index: &'a Index,
    probe: &'a Probe,
    reader: Reader<'a>,
}

impl<'a> Tails<'a> {
    fn new(index: &'a Index, probe: &'a Probe) -> Self {
        Self {
            index,
            probe,
            reader: index.reader(),
        }
    }

    /// The whole squared distance of one row.
    fn one(&mut self, bound: Bound, row: u64) -> Result<f64, FeelError> {
        Ok(self.group(row..row + 1, |_| bound)?[0])
    }

    fn group(
        &mut self,
        rows: Range<u64>,
        bound: impl Fn(u64) -> Bound,
    ) -> Result<Vec<f64>, FeelError> {
        let record = self.index.header.tail_record();
        let at = self.index.sections.tails + rows.start * record as u64;
        let count = (rows.end - rows.start) as usize * record;
        let records = self.reader.bytes(at, count)?.chunks_exact(record).zip(rows);
        Ok(records
            .map(|(codes, row)| self.probe.tail(bound(row), codes))
            .collect())
    }
}
