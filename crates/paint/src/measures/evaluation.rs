//! All figures of one generator, on paintings that it never saw and by networks that took no part in it.
//!
//! - **Computes** distances from real paintings, what pictures show, what is remembered, and whether feelings
//!   obey, see the neighbours of this file.
//! - **Input** a generator, a predictor that judges, the sets of paintings. **Output** an [`Evaluation`].
//! - **Source** there; the protocol of the control is ours.
//! - **Deviations** features of EfficientNet-Lite2 as published, at 128 pixels.

use super::asks::Asks;
use super::control::{Figure, agreement};
use super::distance::{kernel_distance, variety};
use super::features;
use super::frechet::frechet_distance;
use super::manifold::{Memory, memory, precision_recall};
use super::probe::Probe;
use super::report::Evaluation;
use crate::corpus::square;
use crate::error::PaintError;
use crate::feelings::feel;
use crate::generator::{Choice, Generator, Seedling, TOGETHER, TRUNCATION, sized};
use crate::pictures::{self, Painting};
use crate::repertoire::{FEELING, Feeling, balance};
use crate::sheet::grid;
use crate::wish::{Kind, Subject, Wish, feeling};
use affetti_data::Split;
use affetti_feel::Predictor;
use affetti_feel::art::PaintingSet;
use affetti_nets::efficientnet_lite::{EfficientNetLite, FEATURES, Variant, Weights};
use affetti_picture::Picture;
use affetti_train::Places;
use affetti_train::order::shuffled;
use affetti_weights::registry;
use rayon::prelude::*;

/// Pictures that precision and recall compare, which takes their number squared.
const MANIFOLD: usize = 2000;
/// Rows of the sheet of subjects, and its columns where no feeling can be asked for.
const ROWS: usize = 12;
const SEEDS: u64 = 12;
/// Genres of the question which genre is asked.
const GENRES: [&str; 4] = ["landscape", "portrait", "religious_painting", "still_life"];

/// How much is painted.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// Pictures for distances.
    pub pictures: usize,
    /// Noises that are asked for each sentiment.
    pub noises: usize,
    /// Another generator: only its subjects are asked for, as often as paintings have them, and compared with
    /// paintings of them, all as small as the smaller of both paints them.
    pub scope: Option<&'a Generator>,
}

/// What measures.
pub(super) struct Bench<'a> {
    pub(super) generator: &'a Generator,
    network: EfficientNetLite,
    judge: &'a Predictor,
    pub(super) places: &'a Places<'a>,
    pub(super) extent: Extent<'a>,
    asks: Asks,
    /// Of the pictures that are compared.
    pub(super) side: u32,
}

/// A judged picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) balance: f64,
    pub(super) valence: f64,
    pub(super) arousal: f64,
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
    let theirs = extent.scope.map(Generator::subjects);
    let sides = [Some(generator), extent.scope];
    let side = sides.into_iter().flatten().map(Generator::side).min();
    let bench = Bench {
        side: u32::try_from(side.unwrap_or(0)).unwrap_or(0),
        generator,
        network: EfficientNetLite::new(&Weights::from_folded(Variant::Lite2, weights)?),
        judge,
        places,
        extent,
        asks: Asks::of(generator, theirs.as_deref()),
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
    found.subjects = bench.by_subject()?;
    Ok(found)
}

impl Bench<'_> {
    /// Pictures as their generator's are: square and as small.
    pub(super) fn squares(&self, paintings: &[Painting]) -> Vec<Picture> {
        let paintings = paintings.par_iter();
        paintings
            .map(|p| square(&p.picture, 1.0, self.side, &|_| 0.5))
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
    pub(super) fn paint(&self, grown: &[Seedling]) -> Vec<Picture> {
        let parts = grown.chunks(TOGETHER);
        let painted = parts.flat_map(|part| self.generator.paint(part));
        painted.map(|picture| sized(picture, self.side)).collect()
    }

    /// `count` pictures of `choices`, from the seed `first` on.
    fn painted(&self, choices: &[Choice], first: u64, count: usize) -> Vec<Picture> {
        let seeds = first..first + count as u64;
        let grown = seeds.map(|seed| self.generator.seedling(seed, 1.0, choices).0);
        self.paint(&grown.collect::<Vec<_>>())
    }

    pub(super) fn judged(&self, pictures: &[Picture]) -> Result<Vec<Judged>, PaintError> {
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

    /// A row for each genre, or style or artist where there is none, and a column for each feeling, or seed where none can
    /// be asked for; each row of one noise.
    fn by_subject(&self) -> Result<Option<Picture>, PaintError> {
        let subjects = self.generator.subjects();
        let kinds = [Kind::Genre, Kind::Style, Kind::Artist];
        let kind = kinds
            .into_iter()
            .find(|kind| subjects.iter().any(|subject| subject.kind == *kind));
        let feelings = self.generator.feelings().into_iter().filter_map(feeling);
        let feelings: Vec<Feeling> = feelings.collect();
        let rows = subjects.iter().filter(|s| Some(s.kind) == kind);
        let columns = |row: u64| -> Vec<(Feeling, u64)> {
            match feelings.is_empty() {
                true => (0..SEEDS).map(|seed| (Feeling::Any, seed)).collect(),
                false => feelings.iter().map(|feeling| (*feeling, row)).collect(),
            }
        };
        let mut grown = Vec::new();
        for (subject, row) in rows.take(ROWS).zip(0..) {
            for (feeling, seed) in columns(row) {
                let choices = self.generator.choices(&Wish {
                    subjects: vec![subject.clone()],
                    feeling,
                    ..Wish::any()
                })?;
                grown.push(self.generator.seedling(seed, TRUNCATION, &choices).0);
            }
        }
        let sheet = || grid(&self.paint(&grown), columns(0).len());
        Ok((!grown.is_empty()).then(sheet))
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
