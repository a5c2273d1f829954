//! Whether feelings obey: what is painted for them, and what a judge says of it.
//!
//! - **Computes** the figures of [`super::control`] of one generator.
//! - **Input** a bench, real paintings. **Output** lines of an [`Evaluation`].
//! - **Source** the protocol is ours.
//! - **Deviations** none.

use super::control::{Tones, agreement, bootstrapped, difference, gray, obedience};
use super::evaluation::{Bench, Judged};
use super::report::Evaluation;
use crate::corpus::square;
use crate::error::PaintError;
use crate::generator::{Choice, Generator, Seedling};
use crate::pictures::Painting;
use crate::repertoire::{FEELING, Feeling, Sentiment};
use crate::sheet::grid;
use crate::wish::{Kind, Subject, Wish};
use affetti_data::{Split, table};
use affetti_emotion::metrics::correlation::pearson;
use affetti_feel::art::members;
use affetti_picture::{DecodeOptions, Picture, decode};
use affetti_train::order::shuffled;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Levels of valence and of arousal that are asked for.
const LEVELS: usize = 9;

impl Bench<'_> {
    /// Whether feelings obey.
    pub(super) fn control(
        &self,
        held: &[Painting],
        found: &mut Evaluation,
    ) -> Result<(), PaintError> {
        let limits = self.thresholds(held)?;
        let right = self.honesty(limits, found)?;
        let class = |j: &Judged| third(j.balance, limits);
        let noises = self.extent.noises;
        let mut painted = Vec::new();
        for feeling in Sentiment::ALL {
            painted.push(self.asked(Feeling::Sentiment(feeling), noises)?);
        }
        let tones = Tones::of(painted.iter().flatten());
        let order = [0, 1, 2].into_iter();
        let shown = order.flat_map(|n| painted[n].iter().take(12).cloned());
        found.control = Some(grid(&shown.collect::<Vec<_>>(), 12));
        let plain = painted.iter().map(|p| self.judged(p));
        let plain: Vec<Vec<Judged>> = plain.collect::<Result<_, _>>()?;
        let pairs = plain.iter().enumerate();
        let pairs: Vec<[usize; 2]> = pairs
            .flat_map(|(n, judged)| judged.iter().map(move |j| [n, class(j)]))
            .collect();
        let [share, shuffled] = agreement(&pairs);
        found.add(
            "share of asked sentiment, of 3",
            share,
            "shuffled",
            shuffled.value,
        );
        found.plain(
            "the same, had the judge made no mistakes",
            corrected(&pairs, &right),
            "",
            0.0,
        );
        let mut apart = |name: &str, negative: &[Judged], positive: &[Judged]| {
            let pairs = negative
                .iter()
                .zip(positive)
                .map(|(a, b)| [a.valence, b.valence]);
            let [d, shuffled] = difference(&pairs.collect::<Vec<_>>());
            found.add(name, d, "shuffled", shuffled.value);
        };
        apart("Cohen's d of valence", &plain[0], &plain[2]);
        if let Generator::Painter(_) = self.generator {
            let ends = [Sentiment::Negative, Sentiment::Positive];
            let ends =
                ends.map(|s| self.judged(&self.same_subject(Feeling::Sentiment(s), noises)?));
            let [negative, positive] = ends;
            apart("Cohen's d of valence, style kept", &negative?, &positive?);
        }
        let other = |change: &(dyn Fn(&Picture) -> Picture + Sync)| -> Result<_, PaintError> {
            let changed =
                |p: &Vec<Picture>| self.judged(&p.par_iter().map(change).collect::<Vec<_>>());
            Ok([changed(&painted[0])?, changed(&painted[2])?])
        };
        let [negative, positive] = other(&gray)?;
        apart("Cohen's d of valence, gray", &negative, &positive);
        let [negative, positive] = other(&|p| tones.given_to(p))?;
        apart("Cohen's d of valence, tones matched", &negative, &positive);
        self.levels(found)
    }

    /// Pictures of the same noises for a feeling. Without other wishes: any genre, the same for a noise
    /// whatever the feeling.
    fn asked(&self, feeling: Feeling, count: usize) -> Result<Vec<Picture>, PaintError> {
        let genres: Vec<Subject> = self
            .generator
            .subjects()
            .into_iter()
            .filter(|s| s.kind == Kind::Genre)
            .collect();
        let mut grown = Vec::with_capacity(count);
        let choices = genres.iter().map(|genre| {
            self.generator.choices(&Wish {
                subjects: vec![genre.clone()],
                feeling,
                notes: Vec::new(),
            })
        });
        let mut choices: Vec<Vec<Choice>> = choices.collect::<Result<_, _>>()?;
        if choices.is_empty() {
            choices.push(self.generator.choices(&Wish {
                feeling,
                ..Wish::any()
            })?);
        }
        for n in 0..count {
            let choices = &choices[n % choices.len()];
            grown.push(
                self.generator
                    .seedling((3 << 32) + n as u64, 1.0, choices)
                    .0,
            );
        }
        Ok(self.paint(&grown))
    }

    /// Rank correlation of asked and judged valence and arousal.
    fn levels(&self, found: &mut Evaluation) -> Result<(), PaintError> {
        if !matches!(self.generator, Generator::Painter(_)) {
            return Ok(());
        }
        let affects = self.generator.choices(&Wish::any())?;
        for (n, name) in ["valence", "arousal"].into_iter().enumerate() {
            let mut usual: Vec<f64> = affects.iter().filter_map(|c| Some(c.affect?[n])).collect();
            usual.sort_by(f64::total_cmp);
            let at = |part: f64| usual[(part * (usual.len() - 1) as f64) as usize];
            let [least, most] = [at(0.005), at(0.995)];
            let mut pairs = Vec::new();
            for level in 0..LEVELS {
                let wish = least + (most - least) * level as f64 / (LEVELS - 1) as f64;
                let affect = |m: usize| (m == n).then_some(wish);
                let feeling = Feeling::Affect {
                    valence: affect(0),
                    arousal: affect(1),
                };
                let pictures = self.asked(feeling, (self.extent.noises / 4).max(6))?;
                let judged = self.judged(&pictures)?;
                let value = |j: &Judged| if n == 0 { j.valence } else { j.arousal };
                pairs.extend(judged.iter().map(|j| [wish, value(j)]));
            }
            let [rank, shuffled] = obedience(&pairs);
            let name = format!("rank correlation, {name} asked {least:.1} to {most:.1}");
            found.add(&name, rank, "shuffled", shuffled.value);
        }
        Ok(())
    }

    /// Between which thirds of real paintings fall, in the judge's own eyes.
    fn thresholds(&self, held: &[Painting]) -> Result<[f64; 2], PaintError> {
        let order = shuffled(6, 0, held.len());
        let some: Vec<Painting> = order.iter().take(600).map(|n| held[*n].clone()).collect();
        let judged = self.judged(&self.squares(&some))?;
        let balances: Vec<f64> = judged.iter().map(|j| j.balance).collect();
        Ok(thirds(balances))
    }

    /// The same noises with genre and style of a painting each, whatever the feeling: only the numbers of the
    /// feeling change.
    fn same_subject(&self, feeling: Feeling, count: usize) -> Result<Vec<Picture>, PaintError> {
        let any = self.generator.choices(&Wish::any())?;
        let mut felt: BTreeMap<Vec<Subject>, Vec<Choice>> = BTreeMap::new();
        let mut all = Vec::with_capacity(count);
        for n in 0..count as u64 {
            let (seedling, choice) = self.generator.seedling((4 << 32) + n, 1.0, &any);
            let genre = choice.subjects.iter().filter(|s| s.kind == Kind::Genre);
            let genre: Vec<Subject> = genre.cloned().collect();
            if !felt.contains_key(&genre) {
                let wish = Wish {
                    subjects: genre.clone(),
                    feeling,
                    notes: Vec::new(),
                };
                felt.insert(genre.clone(), self.generator.choices(&wish)?);
            }
            let (_, felt) = self.generator.seedling((4 << 32) + n, 1.0, &felt[&genre]);
            let mut condition = seedling.condition;
            let from = condition.len() - FEELING;
            condition[from..].copy_from_slice(&felt.condition[from..]);
            all.push(Seedling {
                noise: seedling.noise,
                condition,
            });
        }
        Ok(self.paint(&all))
    }

    /// How well the judge does, with `limits` between its thirds, on paintings that it never saw and viewers
    /// voted on: which third it says, where theirs is each of the three.
    fn honesty(
        &self,
        limits: [f64; 2],
        found: &mut Evaluation,
    ) -> Result<[[f64; 3]; 3], PaintError> {
        let folder = self.places.data.join("paintings");
        let rows = table::read(
            &folder.join("votes-224.csv"),
            &table::TableOptions::default(),
        )?
        .rows;
        let members = members(&folder.join("votes-224.tar"))?;
        let side = self.side;
        let open = |row: &table::Entry| {
            let shares = row.emotions.as_ref().filter(|_| row.split == Split::Test)?;
            let picture = decode(members.get(&row.written)?, &DecodeOptions::default()).ok()?;
            Some((square(&picture, 1.0, side, &|_| 0.5), shares.balance()))
        };
        let opened: Vec<(Picture, f64)> = rows.par_iter().filter_map(open).collect();
        if opened.len() < 50 {
            return Err(PaintError::TooLittle {
                what: format!(
                    "{}: {} paintings of the split test with votes can be read; at least 50 say how good the judge is",
                    folder.display(),
                    opened.len()
                ),
            });
        }
        let (pictures, human): (Vec<Picture>, Vec<f64>) = opened.into_iter().unzip();
        let own: Vec<f64> = self.judged(&pictures)?.iter().map(|j| j.balance).collect();
        let theirs = thirds(human.clone());
        let pairs: Vec<[usize; 2]> = human
            .iter()
            .zip(&own)
            .map(|(human, own)| [third(*human, theirs), third(*own, limits)])
            .collect();
        let [share, shuffled] = agreement(&pairs);
        let n = human.len();
        let name = format!("the judge itself: thirds of {n} unseen paintings by votes");
        found.add(&name, share, "shuffled", shuffled.value);
        let both: Vec<[f64; 2]> = human.iter().zip(&own).map(|(a, b)| [*a, *b]).collect();
        let r = bootstrapped(&both, |pairs| {
            let column = |n: usize| pairs.iter().map(|p| p[n]).collect::<Vec<f64>>();
            pearson(&column(0), &column(1)).unwrap_or(f64::NAN)
        });
        found.add("the judge itself: r with votes", r, "", 0.0);
        Ok([0, 1, 2].map(|truth| {
            let here: Vec<_> = pairs.iter().filter(|p| p[0] == truth).collect();
            [0, 1, 2].map(|said| {
                here.iter().filter(|p| p[1] == said).count() as f64 / here.len().max(1) as f64
            })
        }))
    }
}

/// In which third a value lies.
fn third(value: f64, [low, high]: [f64; 2]) -> usize {
    usize::from(value > low) + usize::from(value > high)
}

/// The share of pictures that are what was asked, if a judge says of those that are `said[asked]`, and of the others
/// by halves what it says of the other two: the mean over the three.
fn corrected(pairs: &[[usize; 2]], said: &[[f64; 3]; 3]) -> f64 {
    let of = |asked: usize| {
        let here: Vec<_> = pairs.iter().filter(|p| p[0] == asked).collect();
        let found = here.iter().filter(|p| p[1] == asked).count() as f64 / here.len().max(1) as f64;
        let others = (0..3)
            .filter(|n| *n != asked)
            .map(|n| said[n][asked])
            .sum::<f64>()
            / 2.0;
        (found - others) / (said[asked][asked] - others)
    };
    (0..3).map(of).sum::<f64>() / 3.0
}

/// The values below which a third and two thirds lie.
fn thirds(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [1, 2].map(|n| values[(n * values.len() / 3).min(values.len() - 1)])
}

#[cfg(test)]
mod tests {
    use super::{corrected, third, thirds};

    #[test]
    fn thirds_of_nine() {
        let limits = thirds((0..9).map(f64::from).collect());
        let counts = (0..9).fold([0; 3], |mut counts, n| {
            counts[third(f64::from(n), limits)] += 1;
            counts
        });
        assert_eq!(counts, [4, 3, 2]);
    }

    #[test]
    fn a_judge_that_errs_is_corrected() {
        // Right for 60 of 100, and for half of the rest either way.
        let said = [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]];
        let pairs = |right: usize| -> Vec<[usize; 2]> {
            (0..300)
                .map(|n| {
                    let asked = n % 3;
                    let said = if n / 3 < right {
                        asked
                    } else {
                        (asked + 1 + n % 2) % 3
                    };
                    [asked, said]
                })
                .collect()
        };
        assert!((corrected(&pairs(60), &said) - 1.0).abs() < 1e-9);
        assert!((corrected(&pairs(20), &said)).abs() < 1e-9);
        assert!((corrected(&pairs(40), &said) - 0.5).abs() < 1e-9);
    }
}
