//! All figures of one generator, on paintings that it never saw and by networks that took no part in it.
//!
//! - **Computes** distances from real paintings, what pictures show, what is remembered, and whether feelings
//!   obey, see the neighbours of this file.
//! - **Input** a generator, a predictor that judges, the sets of paintings. **Output** an [`Evaluation`].
//! - **Source** there; the protocol of the control is ours.
//! - **Deviations** features of EfficientNet-Lite2 as published, at 128 pixels.

use super::asks::Asks;
use super::control::{Figure, Tones, agreement, bootstrapped, difference, gray, obedience};
use super::distance::{kernel_distance, variety};
use super::features;
use super::frechet::frechet_distance;
use super::manifold::{Memory, memory, precision_recall};
use super::probe::Probe;
use crate::corpus::square;
use crate::error::PaintError;
use crate::feelings::feel;
use crate::generator::{Choice, Generator, Seedling, TOGETHER};
use crate::pictures::{self, Painting};
use crate::repertoire::{FEELING, Feeling, Sentiment, balance};
use crate::sheet::grid;
use crate::wish::{Kind, Subject, Wish};
use affetti_data::{Split, table};
use affetti_emotion::metrics::correlation::pearson;
use affetti_emotion::{Emotion, Label};
use affetti_feel::Predictor;
use affetti_feel::art::{PaintingSet, members};
use affetti_nets::efficientnet_lite::{EfficientNetLite, FEATURES, Variant, Weights};
use affetti_picture::{DecodeOptions, Picture, decode};
use affetti_train::order::shuffled;
use affetti_train::{Figures, Places};
use affetti_weights::registry;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Pictures that precision and recall compare, which takes their number squared.
const MANIFOLD: usize = 2000;
/// Genres of the question which genre is asked.
const GENRES: [&str; 4] = ["landscape", "portrait", "religious_painting", "still_life"];
/// Levels of valence and of arousal that are asked for.
const LEVELS: usize = 9;

/// How much is painted.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// Pictures for distances.
    pub pictures: usize,
    /// Noises that are asked for each sentiment.
    pub noises: usize,
    /// The subjects of another generator: only they are asked for, as often as paintings have them, and
    /// compared with paintings of them.
    pub scope: Option<&'a [Subject]>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What.
    pub name: String,
    /// How much.
    #[serde(flatten)]
    pub figure: Figure,
    /// What it is to be compared with, and how much that is.
    pub against: String,
    /// See `against`.
    pub baseline: f64,
}

/// All figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evaluation {
    /// In the order in which they were measured.
    pub lines: Vec<Line>,
    /// The painted pictures nearest to learned ones, each above its painting.
    #[serde(skip)]
    pub nearest: Option<Picture>,
    /// Pictures of the same noises: negative, neutral, positive below each other.
    #[serde(skip)]
    pub control: Option<Picture>,
}

impl Evaluation {
    fn add(&mut self, name: &str, figure: Figure, against: &str, baseline: f64) {
        self.lines.push(Line {
            name: name.to_owned(),
            figure,
            against: against.to_owned(),
            baseline,
        });
    }

    fn plain(&mut self, name: &str, value: f64, against: &str, baseline: f64) {
        let interval = [f64::NAN; 2];
        self.add(name, Figure { value, interval }, against, baseline);
    }
}

impl Figures for Evaluation {
    fn table(&self) -> String {
        let row = |line: &Line| {
            let Figure { value, interval } = line.figure;
            let interval = match interval[0].is_nan() {
                true => String::new(),
                false => format!("{:.3} to {:.3}", interval[0], interval[1]),
            };
            let against = match line.against.is_empty() {
                true => String::new(),
                false => format!("{} {:.3}", line.against, line.baseline),
            };
            format!("{:<52} {value:>8.4}  {interval:<18} {against}\n", line.name)
        };
        self.lines.iter().map(row).collect()
    }

    fn csv(&self) -> String {
        let row = |line: &Line| {
            let [low, high] = line.figure.interval;
            let Line {
                name,
                against,
                baseline,
                ..
            } = line;
            format!(
                "\"{name}\",{},{low},{high},\"{against}\",{baseline}\n",
                line.figure.value
            )
        };
        "what,value,low,high,against,baseline\n".to_owned()
            + &self.lines.iter().map(row).collect::<String>()
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What measures.
struct Bench<'a> {
    generator: &'a Generator,
    network: EfficientNetLite,
    judge: &'a Predictor,
    places: &'a Places<'a>,
    extent: Extent<'a>,
    asks: Asks,
}

/// A judged picture.
#[derive(Clone, Copy, Debug)]
struct Judged {
    balance: f64,
    valence: f64,
    arousal: f64,
}

/// Measures `generator`; `judge` says what its pictures evoke.
///
/// # Errors
/// Missing sets and weights.
pub fn evaluate(
    generator: &Generator,
    judge: &Predictor,
    places: &Places<'_>,
    extent: Extent<'_>,
) -> Result<Evaluation, PaintError> {
    let weights = registry::tensors(Variant::Lite2.name())?;
    let bench = Bench {
        generator,
        network: EfficientNetLite::new(&Weights::from_folded(Variant::Lite2, weights)?),
        judge,
        places,
        extent,
        asks: Asks::of(generator, extent.scope),
    };
    let sets = [PaintingSet::Wikiart, PaintingSet::WikiartMore];
    let (all, _) = pictures::load(places.data, &sets, |labels| bench.asks.wants(labels))?;
    let (learned, held): (Vec<Painting>, Vec<Painting>) =
        all.into_iter().partition(|p| p.split != Split::Test);
    let learned: Vec<Painting> = learned
        .into_iter()
        .filter(|p| p.split == Split::Train)
        .collect();
    // Tables are sorted by style; what is taken in blocks has to come in any order.
    let order = shuffled(4, 0, held.len());
    let held: Vec<Painting> = order.iter().map(|n| held[*n].clone()).collect();
    if held.len() < 50 || learned.len() < 50 {
        return Err(PaintError::TooLittle {
            what: format!(
                "{}: {} paintings to learn from and {} others of what this generator paints; at least 50 are needed",
                places.data.display(),
                learned.len(),
                held.len()
            ),
        });
    }
    let mut found = Evaluation::default();
    bench.looks(&learned, &held, &mut found)?;
    if !generator.feelings().is_empty() {
        bench.control(&held, &mut found)?;
    }
    Ok(found)
}

impl Bench<'_> {
    /// Pictures as their generator's are: square and as small.
    fn squares(&self, paintings: &[Painting]) -> Vec<Picture> {
        let side = u32::try_from(self.generator.side()).unwrap_or(0);
        let paintings = paintings.par_iter();
        paintings
            .map(|p| square(&p.picture, 1.0, side, &|_| 0.5))
            .collect()
    }

    /// Features in parts, so that progress is told.
    fn seen(&self, what: &str, pictures: &[Picture]) -> Vec<f32> {
        let mut all = Vec::new();
        for (n, part) in pictures.chunks(500).enumerate() {
            (self.places.stage)(what, n * 500, pictures.len());
            all.extend(features(&self.network, part));
        }
        all
    }

    /// A picture of each of `choices`, from the seed `first` on.
    fn each(&self, choices: &[Choice], first: u64) -> Vec<Picture> {
        let grown = choices.iter().enumerate().map(|(n, choice)| {
            self.generator
                .seedling(first + n as u64, 1.0, std::slice::from_ref(choice))
                .0
        });
        self.paint(&grown.collect::<Vec<_>>())
    }

    /// The pictures of `grown`, a few at once.
    fn paint(&self, grown: &[Seedling]) -> Vec<Picture> {
        let parts = grown.chunks(TOGETHER);
        parts.flat_map(|part| self.generator.paint(part)).collect()
    }

    /// `count` pictures of `choices`, from the seed `first` on.
    fn painted(&self, choices: &[Choice], first: u64, count: usize) -> Vec<Picture> {
        let seeds = first..first + count as u64;
        let grown = seeds.map(|seed| self.generator.seedling(seed, 1.0, choices).0);
        self.paint(&grown.collect::<Vec<_>>())
    }

    fn judged(&self, pictures: &[Picture]) -> Result<Vec<Judged>, PaintError> {
        let pictures: Vec<&Picture> = pictures.iter().collect();
        let felt = feel(self.judge, &pictures, self.places.stage)?;
        let judged = |numbers: &[f64; FEELING]| Judged {
            balance: balance(numbers),
            valence: numbers[9],
            arousal: numbers[10],
        };
        Ok(felt.iter().map(judged).collect())
    }

    /// What pictures look like.
    fn looks(
        &self,
        learned: &[Painting],
        held: &[Painting],
        found: &mut Evaluation,
    ) -> Result<(), PaintError> {
        let choices = self
            .asks
            .choices(self.generator, learned, self.extent.pictures)?;
        let pictures = self.each(&choices, 1 << 32);
        let painted = self.seen("painted pictures seen", &pictures);
        let learned_squares = self.squares(learned);
        let known = self.seen("learned paintings seen", &learned_squares);
        let strange = self.seen("other paintings seen", &self.squares(held));
        let flipped: Vec<Picture> = learned_squares
            .iter()
            .map(Picture::flip_horizontal)
            .collect();
        let flipped = self.seen("mirrored paintings seen", &flipped);
        let width = FEATURES;
        let rows = |all: &[f32], most: usize| all[..all.len().min(most * width)].to_vec();
        let count = held.len().min(self.extent.pictures);
        // As many of the learned ones, in a random order, say what a perfect generator would reach.
        let order = shuffled(5, 0, learned.len());
        let some: Vec<f32> = order
            .iter()
            .take(count)
            .flat_map(|n| known[n * width..(n + 1) * width].iter().copied())
            .collect();
        let [ours, theirs] = [&painted, &some].map(|all| kernel_distance(all, &strange, width));
        let figure = Figure {
            value: ours.0,
            interval: [ours.0 - 1.96 * ours.1, ours.0 + 1.96 * ours.1],
        };
        let name = format!("KID, {count} painted against as many unseen paintings");
        found.add(&name, figure, "learned paintings", theirs.0);
        let few = rows(&painted, count);
        found.plain(
            "Fr\u{e9}chet distance, likewise",
            frechet_distance(&few, &strange, width),
            "learned paintings",
            frechet_distance(&some, &strange, width),
        );
        let [few, others, real] = [&few, &some, &strange].map(|all| rows(all, MANIFOLD));
        let ours = precision_recall(&few, &real, width);
        let theirs = precision_recall(&others, &real, width);
        found.plain("precision", ours[0], "learned paintings", theirs[0]);
        found.plain("recall", ours[1], "learned paintings", theirs[1]);
        found.plain(
            "variety, of that of paintings",
            variety(&painted, width) / variety(&strange, width),
            "",
            1.0,
        );
        let known_twice = [&known[..], &flipped].concat();
        self.memory(
            [&painted, &known_twice, &strange],
            &pictures,
            &learned_squares,
            found,
        );
        self.subjects([learned, held], [&known, &strange, &painted], found)
    }

    fn memory(
        &self,
        [painted, known, strange]: [&[f32]; 3],
        pictures: &[Picture],
        learned: &[Picture],
        found: &mut Evaluation,
    ) {
        let size = (FEATURES, learned.len());
        let Memory {
            share,
            limit,
            nearest,
        } = memory(painted, known, strange, size);
        let name = format!("memorised: nearer to a learned painting than {limit:.2}");
        found.plain(&name, share, "unseen paintings", 0.01);
        let pairs = nearest.iter().map(|pair| &pictures[pair.painted]);
        let pairs = pairs.chain(nearest.iter().map(|pair| &learned[pair.learned]));
        found.nearest = Some(grid(&pairs.cloned().collect::<Vec<_>>(), nearest.len()));
    }

    /// Which genres and styles pictures show.
    fn subjects(
        &self,
        [learned, held]: [&[Painting]; 2],
        [known, strange, painted]: [&[f32]; 3],
        found: &mut Evaluation,
    ) -> Result<(), PaintError> {
        let styles = pictures::frequent(learned.iter().map(|p| p.style.as_str()), 150);
        if styles.len() > 1 {
            let of = |p: &Painting| styles.iter().position(|s| *s == p.style);
            let probe = fitted(learned, known, styles.len(), of);
            let ours = probe.objectness(painted);
            let real = probe.objectness(strange);
            found.plain("objectness by styles, bits", ours[0], "paintings", real[0]);
            found.plain("diversity of styles, bits", ours[1], "paintings", real[1]);
        }
        let subjects = self.generator.subjects();
        let genres: Vec<&str> = GENRES
            .into_iter()
            .filter(|name| subjects.contains(&Subject::new(Kind::Genre, name)))
            .collect();
        if genres.len() < 2 {
            return Ok(());
        }
        let of = |p: &Painting| genres.iter().position(|g| *g == p.genre);
        let probe = fitted(learned, known, genres.len(), of);
        let rows = strange.chunks_exact(FEATURES);
        let real = rows
            .zip(held)
            .filter_map(|(row, p)| Some([of(p)?, probe.class(row)]));
        let real: Vec<[usize; 2]> = real.collect();
        let recall = |genre: usize| {
            let here: Vec<_> = real.iter().filter(|p| p[0] == genre).collect();
            here.iter().filter(|p| p[1] == genre).count() as f64 / here.len().max(1) as f64
        };
        let real = (0..genres.len()).map(recall).sum::<f64>() / genres.len() as f64;
        let mut asked = Vec::new();
        for (n, genre) in genres.iter().enumerate() {
            let wish = Wish {
                subjects: vec![Subject::new(Kind::Genre, genre)],
                ..Wish::any()
            };
            let choices = self.generator.choices(&wish)?;
            let pictures = self.painted(&choices, 2 << 32, self.extent.noises);
            let rows = self.seen("genres seen", &pictures);
            asked.extend(rows.chunks_exact(FEATURES).map(|row| [n, probe.class(row)]));
        }
        let name = format!("share of asked genre, of {}", genres.len());
        found.add(
            &name,
            agreement(&asked)[0],
            "paintings, each genre as much",
            real,
        );
        Ok(())
    }

    /// Whether feelings obey.
    fn control(&self, held: &[Painting], found: &mut Evaluation) -> Result<(), PaintError> {
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
        let side = u32::try_from(self.generator.side()).unwrap_or(0);
        let open = |row: &table::Entry| {
            let shares = row.emotions.as_ref().filter(|_| row.split == Split::Test)?;
            let sum = |from: usize| {
                (from..from + 4)
                    .map(|n| shares.get(Emotion::ALL[n]))
                    .sum::<f64>()
            };
            let picture = decode(members.get(&row.written)?, &DecodeOptions::default()).ok()?;
            Some((square(&picture, 1.0, side, &|_| 0.5), sum(0) - sum(4)))
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

/// A classifier of what `of` says of the learned paintings.
fn fitted(
    learned: &[Painting],
    rows: &[f32],
    classes: usize,
    of: impl Fn(&Painting) -> Option<usize>,
) -> Probe {
    let known = learned.iter().zip(rows.chunks_exact(FEATURES));
    let known = known.filter_map(|(p, row)| Some((of(p)?, row)));
    let (labels, rows): (Vec<usize>, Vec<&[f32]>) = known.unzip();
    Probe::fit(&rows.concat(), FEATURES, &labels, classes)
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
