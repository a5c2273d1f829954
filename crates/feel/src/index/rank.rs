//! Pictures by a judgement of the caller's, such as how well a sentence suits them.
//!
//! Every row is read whole and judged; several judgements are brought to one scale, each less its mean
//! over those that may be found and divided by its deviation, and added.

use super::find::{Hit, MAX_TOP};
use super::format::{AFFECT, SHARES, affect_from, affect_of, head_from, shares_from, shares_of};
use super::read::Index;
use crate::error::FeelError;
use affetti_emotion::{Distribution, Emotion};
use rayon::prelude::*;
use std::ops::{ControlFlow, Range};

/// Rows that are read together.
const GROUP: u64 = 1024;

/// What an index knows of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Nine shares.
    pub emotions: Distribution<Emotion>,
    /// 1 to 7.
    pub valence: f64,
    /// 1 to 7.
    pub arousal: f64,
    /// The predictor's description, as stored in eight bits.
    pub components: Vec<f32>,
}

impl Index {
    /// The `top` pictures of the highest judgement, best first; `judge` gives `parts` numbers for each, or nothing
    /// for one that is not to be found. The measure of a hit is its judgement, or the sum of several. Runs in the
    /// caller's rayon pool.
    ///
    /// # Errors
    /// [`FeelError::Io`] and [`FeelError::Index`] where the file cannot be read.
    pub fn rank(
        &self,
        parts: usize,
        judge: &(dyn Fn(&Described) -> Option<Vec<f64>> + Sync),
        top: usize,
    ) -> Result<Vec<Hit>, FeelError> {
        let rows = self.len();
        let groups: Vec<Range<u64>> = (0..rows.div_ceil(GROUP))
            .map(|n| n * GROUP..((n + 1) * GROUP).min(rows))
            .collect();
        let judged = groups.par_iter().map(|group| {
            let described = self.described(group.clone())?;
            let all = described.iter().zip(group.clone());
            Ok(all
                .filter_map(|(one, row)| Some((row, judge(one)?)))
                .collect())
        });
        let judged: Vec<Vec<(u64, Vec<f64>)>> = judged.collect::<Result<_, FeelError>>()?;
        let (found, numbers): (Vec<u64>, Vec<Vec<f64>>) = judged.into_iter().flatten().unzip();
        let totals = totals(&numbers.concat(), parts);
        let mut order: Vec<(u64, f64)> = found.into_iter().zip(totals).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order.truncate(top.clamp(1, MAX_TOP));
        let home = self.home()?;
        order
            .into_iter()
            .map(|(row, total)| self.hit(&home, row, total))
            .collect()
    }

    /// All pictures, in the order of their names, each with the measure 0, until `sink` breaks.
    ///
    /// # Errors
    /// [`FeelError::Io`] and [`FeelError::Index`] where the file cannot be read.
    pub fn each(&self, mut sink: impl FnMut(Hit) -> ControlFlow<()>) -> Result<(), FeelError> {
        let home = self.home()?;
        for row in 0..self.len() {
            if sink(self.hit(&home, row, 0.0)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Valence, arousal and leading emotion of at most `most` pictures, evenly over the index.
    ///
    /// # Errors
    /// [`FeelError::Io`] and [`FeelError::Index`] where the file cannot be read.
    pub fn outline(&self, most: u64) -> Result<Vec<([f64; 2], Emotion)>, FeelError> {
        let step = self.len().div_ceil(most.max(1)).max(1);
        let (mut affects, mut leading) = (Vec::new(), Vec::new());
        self.every(step, (self.sections.affect, AFFECT), |record| {
            affects.push(affect_from(record).map(affect_of));
        })?;
        self.every(step, (self.sections.shares, SHARES), |record| {
            leading.push(shares_of(&shares_from(record)));
        })?;
        let pairs = affects.into_iter().zip(leading);
        pairs
            .map(|(affect, shares)| {
                let shares = shares.ok_or_else(|| self.damaged("a picture without shares"))?;
                Ok((affect, shares.dominant()))
            })
            .collect()
    }

    /// Reads every `step`-th record of a section.
    fn every(
        &self,
        step: u64,
        (section, record): (u64, usize),
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), FeelError> {
        self.pieces(section, record, 0..self.len(), |first, bytes| {
            let records = bytes.chunks_exact(record).zip(first..);
            let some = records.filter(|(_, row)| row.is_multiple_of(step));
            some.for_each(|(record, _)| take(record));
        })
    }

    /// What is known of the rows of a range.
    fn described(&self, range: Range<u64>) -> Result<Vec<Described>, FeelError> {
        let mut reader = self.reader();
        let count = (range.end - range.start) as usize;
        let mut section = |at: u64, record: usize| {
            let bytes = reader.bytes(at + range.start * record as u64, count * record)?;
            Ok::<_, FeelError>(bytes.to_vec())
        };
        let (head, tail) = (self.header.head_record(), self.header.tail_record());
        let shares = section(self.sections.shares, SHARES)?;
        let affects = section(self.sections.affect, AFFECT)?;
        let heads = section(self.sections.heads, head)?;
        let tails = section(self.sections.tails, tail)?;
        let one = |n: usize| {
            let part = |record: usize| n * record..(n + 1) * record;
            let (scale, codes) = head_from(&heads[part(head)]);
            let all = codes.iter().chain(&tails[part(tail)]);
            let [valence, arousal] = affect_from(&affects[part(AFFECT)]).map(affect_of);
            Ok(Described {
                emotions: shares_of(&shares_from(&shares[part(SHARES)]))
                    .ok_or_else(|| self.damaged("a picture without shares"))?,
                valence,
                arousal,
                components: all
                    .map(|code| f32::from(code.cast_signed()) * scale)
                    .collect(),
            })
        };
        (0..count).map(one).collect()
    }
}

/// Judgements of each row in one number.
fn totals(judged: &[f64], parts: usize) -> Vec<f64> {
    if parts == 1 {
        return judged.to_vec();
    }
    let rows = (judged.len() / parts.max(1)).max(1) as f64;
    let mut totals = vec![0.0; judged.len() / parts.max(1)];
    for part in 0..parts {
        let values = || judged.iter().skip(part).step_by(parts);
        let mean = values().sum::<f64>() / rows;
        let deviation = (values().map(|x| (x - mean).powi(2)).sum::<f64>() / rows).sqrt();
        for (total, value) in totals.iter_mut().zip(values()) {
            *total += (value - mean) / deviation.max(1e-9);
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::totals;

    #[test]
    fn judgements_meet_on_one_scale() {
        assert_eq!(totals(&[3.0, 1.0], 1), [3.0, 1.0]);
        // Deviations 1 and 100: both count alike; what never varies counts nothing.
        let found = totals(&[1.0, 200.0, 5.0, 3.0, 0.0, 5.0], 3);
        assert_eq!(found, [0.0, 0.0]);
        let found = totals(&[0.0, 0.0, 2.0, 100.0, 4.0, 500.0], 2);
        assert!(found[0] < found[1] && found[1] < found[2], "{found:?}");
    }
}
