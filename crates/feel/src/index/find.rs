//! The pictures that are nearest to a wish: every row is looked at.
//!
//! - **By shares**: the [`matching`](crate::matching) of an intention. The divergence is a sum over
//!   emotions and a share has 10,001 values, so that a row costs nine look-ups in a table.
//! - **By valence and arousal**: Euclidean distance on 1..7.
//! - **By picture**: Euclidean distance between components, as stored. The leading components give
//!   a lower bound; the others are read for the rows alone whose bound is below the distance of the
//!   nearest found so far. The answer is that of a full scan.
//!
//! Rows are dealt to threads in ranges, and each range is read in pieces that fit the cache. Of
//! equally near pictures the one with the first path comes first, whatever the number of threads.

use super::format::{
    AFFECT, HEAD, SHARES, WHOLE, affect_code, affect_from, affect_of, head_from, shares_from,
    shares_of,
};
use super::read::Index;
use crate::error::FeelError;
use crate::intention::{Target, matching};
use affetti_emotion::{Distribution, Emotion};
use std::collections::BinaryHeap;
use std::ops::Range;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;
/// Rows whose remaining components are read together where many are wanted.
const GROUP: u64 = 256;
/// From this part of a group on, the whole group is read.
const MANY: u64 = 8;
/// Most pictures that can be asked for.
pub(super) const MAX_TOP: usize = 10_000;
/// Single precision rounds a bound by less than this part of it.
const SLACK: f64 = 1.0 + 1e-5;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Shares of the nine emotions.
    Like(Target),
    /// Valence, arousal or both, 1 to 7.
    Affect {
        /// `None`: any.
        valence: Option<f64>,
        /// `None`: any.
        arousal: Option<f64>,
    },
    /// Components of a picture, from the weights that made the index.
    Near(Vec<f32>),
}

/// One picture that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// As it was given when the index was made.
    pub path: String,
    /// Nine shares.
    pub emotions: Distribution<Emotion>,
    /// 1 to 7.
    pub valence: f64,
    /// 1 to 7.
    pub arousal: f64,
    /// For [`Query::Like`] the match, 0 to 1, higher is nearer; otherwise the distance, from 0,
    /// lower is nearer.
    pub measure: f64,
}

impl Index {
    /// The `top` nearest pictures, nearest first; `top` is brought to 1..=10,000, `threads` to at
    /// least 1.
    ///
    /// # Errors
    /// [`FeelError::Io`] and [`FeelError::Index`] where the file cannot be read;
    /// [`FeelError::Unfit`] for components of another length or values outside 1..7.
    pub fn find(&self, query: &Query, top: usize, threads: usize) -> Result<Vec<Hit>, FeelError> {
        let top = top.clamp(1, MAX_TOP);
        let nearest = match query {
            Query::Like(target) => {
                let table = table(target);
                let cost = |record: &[u8]| look_up(&table, record);
                self.over_ranges(threads, top, |range| {
                    self.scan(self.sections.shares, SHARES, range, top, cost)
                })?
            }
            Query::Affect { valence, arousal } => {
                let wish = [wished(*valence)?, wished(*arousal)?];
                let cost = |record: &[u8]| affect_cost(wish, record);
                self.over_ranges(threads, top, |range| {
                    self.scan(self.sections.affect, AFFECT, range, top, cost)
                })?
            }
            Query::Near(components) => {
                let probe = self.probe(components)?;
                self.over_ranges(threads, top, |range| self.near(&probe, range, top))?
            }
        };
        let mut hits = Vec::with_capacity(nearest.len());
        let mut file = self.file()?;
        for (cost, row) in nearest {
            let mut shares = [0; SHARES];
            self.records(&mut file, self.sections.shares, SHARES, row, &mut shares)?;
            let mut affect = [0; AFFECT];
            self.records(&mut file, self.sections.affect, AFFECT, row, &mut affect)?;
            let [valence, arousal] = affect_from(&affect).map(affect_of);
            let emotions = shares_of(&shares_from(&shares))
                .ok_or_else(|| self.damaged("a picture without shares"))?;
            let measure = match query {
                Query::Like(target) => matching(&emotions, target.shares()),
                Query::Affect { .. } | Query::Near(_) => cost.max(0.0).sqrt(),
            };
            hits.push(Hit {
                path: self.path_of(&mut file, row)?,
                emotions,
                valence,
                arousal,
                measure,
            });
        }
        if matches!(query, Query::Like(_)) {
            // The table rounds to single precision; what is shown must not contradict the order.
            hits.sort_by(|a, b| b.measure.total_cmp(&a.measure));
        }
        Ok(hits)
    }

    /// Runs `work` on ranges of rows, one per thread, and merges what they found.
    fn over_ranges(
        &self,
        threads: usize,
        top: usize,
        work: impl Fn(Range<u64>) -> Result<Nearest, FeelError> + Sync,
    ) -> Result<Vec<(f64, u64)>, FeelError> {
        let rows = self.len();
        // A thread costs more than a few thousand rows.
        let threads = (threads.max(1) as u64).min(rows.div_ceil(4096));
        let part = rows.div_ceil(threads);
        let range = |t: u64| t * part..((t + 1) * part).min(rows);
        let found: Vec<Result<Nearest, FeelError>> = std::thread::scope(|scope| {
            let work = &work;
            let others: Vec<_> = (1..threads)
                .map(|t| scope.spawn(move || work(range(t))))
                .collect();
            let mut found = vec![work(range(0))];
            for other in others {
                match other.join() {
                    Ok(result) => found.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        });
        let mut all = Vec::new();
        for nearest in found {
            all.extend(nearest?.heap.into_iter().map(|Cost(cost, row)| (cost, row)));
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(top);
        Ok(all)
    }

    /// The nearest rows of a range by the cost of each record of one section.
    fn scan(
        &self,
        section: u64,
        record: usize,
        range: Range<u64>,
        top: usize,
        cost: impl Fn(&[u8]) -> f64,
    ) -> Result<Nearest, FeelError> {
        let mut nearest = Nearest::new(top);
        self.pieces(section, record, range, |first, bytes| {
            for (record, row) in bytes.chunks_exact(record).zip(first..) {
                nearest.push(cost(record), row);
            }
        })?;
        Ok(nearest)
    }

    /// Reads the records of a range piece by piece.
    fn pieces(
        &self,
        section: u64,
        record: usize,
        range: Range<u64>,
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(), FeelError> {
        let mut file = self.file()?;
        let rows = (PIECE / record).max(1) as u64;
        let mut buffer = vec![0; rows as usize * record];
        let mut first = range.start;
        while first < range.end {
            let count = rows.min(range.end - first);
            let bytes = &mut buffer[..count as usize * record];
            self.records(&mut file, section, record, first, bytes)?;
            take(first, bytes);
            first += count;
        }
        Ok(())
    }

    fn probe(&self, components: &[f32]) -> Result<Probe, FeelError> {
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

    fn near(&self, probe: &Probe, range: Range<u64>, top: usize) -> Result<Nearest, FeelError> {
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
        let mut tails = Tails::new(self, probe)?;
        let mut nearest = Nearest::new(top);
        // Rows whose leading components are near are most likely near: they set the bar for all
        // others. They are met again below, where `nearest` would take them twice: it starts over.
        for Cost(_, row) in leaders.heap {
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
struct Probe {
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
    file: std::fs::File,
    buffer: Vec<u8>,
}

impl<'a> Tails<'a> {
    fn new(index: &'a Index, probe: &'a Probe) -> Result<Self, FeelError> {
        Ok(Self {
            index,
            probe,
            file: index.file()?,
            buffer: Vec::new(),
        })
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
        self.buffer
            .resize((rows.end - rows.start) as usize * record, 0);
        let section = self.index.sections.tails;
        self.index.records(
            &mut self.file,
            section,
            record,
            rows.start,
            &mut self.buffer,
        )?;
        let records = self.buffer.chunks_exact(record).zip(rows);
        Ok(records
            .map(|(codes, row)| self.probe.tail(bound(row), codes))
            .collect())
    }
}

/// A cost and its row; ordered by cost, then by row.
#[derive(Clone, Copy, Debug)]
struct Cost(f64, u64);

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cost {}

/// The `top` cheapest rows so far, the dearest of them on top.
struct Nearest {
    top: usize,
    heap: BinaryHeap<Cost>,
    worst: f64,
}

impl Nearest {
    fn new(top: usize) -> Self {
        Self {
            top,
            heap: BinaryHeap::with_capacity(top + 1),
            worst: f64::INFINITY,
        }
    }

    /// The cost that a further row must not exceed.
    fn worst(&self) -> f64 {
        self.worst
    }

    /// Rows come in ascending order, so that of equal costs the earlier stays.
    fn push(&mut self, cost: f64, row: u64) {
        if !cost.is_finite() || (self.heap.len() >= self.top && cost >= self.worst) {
            return;
        }
        self.heap.push(Cost(cost, row));
        if self.heap.len() > self.top {
            self.heap.pop();
        }
        if self.heap.len() == self.top {
            self.worst = self.heap.peek().map_or(f64::INFINITY, |cost| cost.0);
        }
    }
}

const CODES: usize = WHOLE as usize + 1;

/// What each share of each emotion adds to the divergence from the target, in bits.
fn table(target: &Target) -> Vec<f32> {
    let mut table = Vec::with_capacity(9 * CODES);
    for &q in target.shares().as_slice() {
        table.extend((0..=WHOLE).map(|code| {
            let p = f64::from(code) / f64::from(WHOLE);
            let middle = f64::midpoint(p, q);
            let term = |x: f64| {
                if x > 0.0 {
                    x * (x / middle).log2()
                } else {
                    0.0
                }
            };
            // Without a logarithm for the emotions that are not wished: m = p / 2.
            let bits = if q == 0.0 { p } else { term(p) + term(q) };
            (bits / 2.0) as f32
        }));
    }
    table
}

fn look_up(table: &[f32], record: &[u8]) -> f64 {
    let codes = shares_from(record);
    let mut bits = 0.0_f32;
    for (part, code) in table.chunks_exact(CODES).zip(codes) {
        bits += part[usize::from(code.min(WHOLE))];
    }
    f64::from(bits)
}

fn wished(value: Option<f64>) -> Result<Option<u16>, FeelError> {
    match value {
        None => Ok(None),
        Some(value) if (1.0..=7.0).contains(&value) => Ok(Some(affect_code(value))),
        Some(value) => Err(FeelError::Unfit {
            what: format!("{value} is outside of the scale from 1 to 7"),
        }),
    }
}

fn affect_cost(wish: [Option<u16>; 2], record: &[u8]) -> f64 {
    let codes = affect_from(record);
    let parts = wish.into_iter().zip(codes).map(|(wish, code)| {
        let away = wish.map_or(0.0, |wish| affect_of(wish) - affect_of(code));
        away * away
    });
    parts.sum()
}
