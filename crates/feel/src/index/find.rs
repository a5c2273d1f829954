//! The pictures that are nearest to a wish: every row is looked at.
//!
//! - **By shares**: the [`matching`](crate::matching) of an intention. The divergence is a sum over
//!   emotions and a share has 10,001 values, so that a row costs nine look-ups in a table.
//! - **By valence and arousal**: Euclidean distance on 1..7.
//! - **By picture**: Euclidean distance between components, as stored; see [`near`](super::near).
//!
//! Rows are dealt to threads in ranges, and each range is read in pieces that fit the cache. Of
//! equally near pictures the one with the first path comes first, whatever the number of threads.

use super::format::{
    AFFECT, SHARES, WHOLE, affect_code, affect_from, affect_of, shares_from, shares_of,
};
use super::home::Home;
use super::nearest::Nearest;
use super::read::Index;
use crate::error::FeelError;
use crate::predicting::intention::matching;
use crate::predicting::target::Target;
use affetti_emotion::{Distribution, Emotion};
use std::ops::Range;
use std::path::PathBuf;

/// Most pictures that can be asked for.
pub(super) const MAX_TOP: usize = 10_000;
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
    /// For the user who wrote the path of the index ([`Home::shown`](super::Home::shown)).
    pub path: PathBuf,
    /// Nine shares.
    pub emotions: Distribution<Emotion>,
    /// 1 to 7.
    pub valence: f64,
    /// 1 to 7.
    pub arousal: f64,
    /// For [`Query::Like`] the match, 0 to 1, higher is nearer; by [`Index::rank`] the judgement; otherwise
    /// the distance, from 0, lower is nearer.
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
        let home = self.home()?;
        for (cost, row) in nearest {
            let mut hit = self.hit(&home, row, cost.max(0.0).sqrt())?;
            if let Query::Like(target) = query {
                hit.measure = matching(&hit.emotions, target.shares());
            }
            hits.push(hit);
        }
        if matches!(query, Query::Like(_)) {
            // The table rounds to single precision; what is shown must not contradict the order.
            hits.sort_by(|a, b| b.measure.total_cmp(&a.measure));
        }
        Ok(hits)
    }

    /// Where its names lead from.
    pub(super) fn home(&self) -> Result<Home, FeelError> {
        Home::of(&self.path).map_err(|source| self.unreadable(source))
    }

    /// What is known of `row`, with what was measured of it.
    pub(super) fn hit(&self, home: &Home, row: u64, measure: f64) -> Result<Hit, FeelError> {
        let mut reader = self.reader();
        let at = |section: u64, record: usize| section + row * record as u64;
        let affect = reader.bytes(at(self.sections.affect, AFFECT), AFFECT)?;
        let [valence, arousal] = affect_from(affect).map(affect_of);
        let shares = reader.bytes(at(self.sections.shares, SHARES), SHARES)?;
        let emotions = shares_of(&shares_from(shares))
            .ok_or_else(|| self.damaged("a picture without shares"))?;
        Ok(Hit {
            path: home.shown(self.name_of(&mut reader, row)?),
            emotions,
            valence,
            arousal,
            measure,
        })
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
            all.extend(nearest?.into_rows());
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
