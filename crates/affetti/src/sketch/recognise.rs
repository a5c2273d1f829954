//! Whether drawings still show what they are drawings of, as a judge sees it that never drew.
//!
//! - **Computes** two things for drawings of some numbers of strokes, for random strokes of the same
//!   numbers, for the full edge map and for the photograph:
//!   - the rank of the own photograph among [`RANKED`] by the likeness of embeddings;
//!   - a forced choice among classes of things, each the mean meaning of the photographs of its
//!     other members; once more with "none of them", the mean of photographs of other things.
//! - **Input** OASIS photographs of animals and objects, and the cut-out stamps of Debian's package
//!   `tuxpaint-stamps-default`, cartoons left out. Neither judge nor encoder has learned from them;
//!   the mask network has seen some of the photographs, the predictor their ratings.
//! - **Output** [`Recognition`]: shares with 95 % bootstrap intervals over pictures.
//! - **Baselines** random strokes and chance below, edge map and photograph above.
//! - **Deviation** classes of fewer than [`LEAST`] pictures are left out, and the choice with them
//!   where fewer than two remain.

use std::{
    fmt::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use affetti_data::{Limits, oasis, splits};
use affetti_emotion::Bootstrap;
use affetti_nets::efficientnet_lite::{EfficientNetLite, Workspace};
use affetti_picture::{DecodeOptions, Picture, decode, read};
use affetti_sketch::{
    Cubic, Drawing, Scene, Settings, SketchError, Stroke,
    encoder::{Embedding, Encoder, Ink, cosine, photo_features, teacher},
    mask::on_white,
};
use serde::Serialize;

use super::{alpha, edges, object::object, reader};

/// Photographs among which the own one is searched.
pub const RANKED: usize = 200;
/// Fewest pictures of a class.
pub const LEAST: usize = 20;
/// Where Debian installs the stamps.
pub const STAMPS: &str = "/usr/share/tuxpaint/stamps";

/// Name, folders of stamps, themes of OASIS.
type Class = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const CLASSES: [Class; 7] = [
    ("dog", &["animals/mammals/dogs"], &["Dog"]),
    (
        "cat",
        &["animals/mammals/cats"],
        &["Cat", "Lion", "Tiger", "Scared cat"],
    ),
    (
        "hoofed animal",
        &[
            "animals/mammals/bovines",
            "animals/mammals/deer",
            "animals/mammals/equines",
            "animals/mammals/camel",
        ],
        &["Horse", "Goat", "Zebra"],
    ),
    (
        "bird",
        &["animals/birds"],
        &["Pigeon", "Bird", "Crow", "Penguins", "Rooster"],
    ),
    ("fish", &["animals/fish"], &["Shark", "Stingray"]),
    ("flower", &["plants/flowers"], &["Flowers"]),
    ("fruit", &["food/fruit"], &[]),
];

/// How to measure.
pub struct RecogniseOptions<'a> {
    /// The folder with `oasis/`.
    pub data: &'a Path,
    /// The folder of the stamps; they are left out where it is missing.
    pub stamps: &'a Path,
    /// Numbers of strokes.
    pub strokes: &'a [usize],
    /// Of the drawings; the number of strokes is not looked at.
    pub settings: Settings,
    /// Draw the object of each photograph alone.
    pub object: bool,
    /// Let the encoder say which edges matter.
    pub meaning: bool,
    /// Use so many pictures of each set, 0 for all.
    pub limit: usize,
    /// Told of pictures done and all, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// A share of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// 0..=1.
    pub value: f64,
    /// 95 % bootstrap interval over pictures.
    pub interval: [f64; 2],
}

/// How one kind of lines does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which lines.
    pub lines: String,
    /// Own photograph first among [`RANKED`]; nothing where the photograph itself is looked at.
    pub first: Option<Share>,
    /// Median of its rank, from 1.
    pub median_rank: Option<f64>,
    /// Right class.
    pub choice: Option<Share>,
    /// Right class where "none of them" may be chosen too.
    pub choice_or_none: Option<Share>,
}

/// What the judge recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recognition {
    /// Name of each class, with its number of pictures.
    pub classes: Vec<(String, usize)>,
    /// Photographs among which the own one was searched.
    pub ranked: usize,
    /// Pictures in which nothing could be drawn.
    pub left_out: usize,
    /// Whether there were stamps.
    pub stamps: bool,
    /// Kinds of lines.
    pub rows: Vec<Row>,
}

/// A picture to draw.
struct Subject {
    file: PathBuf,
    class: Option<usize>,
    photograph: bool,
}

/// What is known of a subject.
struct Seen {
    class: Option<usize>,
    photograph: bool,
    photo: Embedding,
    /// As the rows of lines.
    lines: Vec<Embedding>,
}

/// Draws and judges. `judge` reads lines; its teacher has to be imported.
///
/// # Errors
/// Missing data or weights; [`SketchError::NoExamples`] where nothing can be drawn.
pub fn recognise(
    judge: &Encoder,
    options: &RecogniseOptions<'_>,
) -> Result<Recognition, SketchError> {
    options.settings.check()?;
    if options.meaning {
        // Told before the work.
        reader::encoder()?;
    }
    let teacher = teacher(judge.teacher())?;
    let (subjects, stamps) = subjects(options)?;
    let done = AtomicUsize::new(0);
    let seen: Vec<Seen> = subjects
        .iter()
        .filter_map(|subject| {
            let seen = look(subject, judge, &teacher, options);
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, subjects.len());
            seen
        })
        .collect();
    let left_out = subjects.len() - seen.len();
    if seen.is_empty() {
        return Err(SketchError::NoExamples {
            folder: options.data.to_owned(),
        });
    }
    let ranked: Vec<usize> = (0..seen.len()).filter(|&n| seen[n].photograph).collect();
    let ranked = ranked.into_iter().take(RANKED).collect::<Vec<_>>();
    let counts: Vec<usize> = (0..CLASSES.len())
        .map(|class| seen.iter().filter(|s| s.class == Some(class)).count())
        .collect();
    let classes: Vec<usize> = (0..CLASSES.len())
        .filter(|&class| counts[class] >= LEAST)
        .collect();
    let mut rows = Vec::new();
    for (n, name) in names(options.strokes).into_iter().enumerate() {
        let of = |seen: &'_ Seen| seen.lines[n].clone();
        rows.push(row(
            name,
            &seen,
            &of,
            Some(&ranked),
            &classes,
            &options.settings,
        ));
    }
    let photo = |seen: &'_ Seen| seen.photo.clone();
    rows.push(row(
        "the photograph".into(),
        &seen,
        &photo,
        None,
        &classes,
        &options.settings,
    ));
    Ok(Recognition {
        classes: classes
            .iter()
            .map(|&class| (CLASSES[class].0.to_owned(), counts[class]))
            .collect(),
        ranked: ranked.len(),
        left_out,
        stamps,
        rows,
    })
}

/// Rows of lines, in the order of [`Seen::lines`].
fn names(strokes: &[usize]) -> Vec<String> {
    let drawn = strokes.iter().map(|n| format!("{n} strokes"));
    let random = strokes.iter().map(|n| format!("{n} random strokes"));
    drawn
        .chain(random)
        .chain(["all edges".to_owned()])
        .collect()
}

/// The pictures, and whether there are stamps.
fn subjects(options: &RecogniseOptions<'_>) -> Result<(Vec<Subject>, bool), SketchError> {
    let limit = if options.limit == 0 {
        usize::MAX
    } else {
        options.limit
    };
    let file = options.data.join("oasis/oasis.csv");
    let mut photos = oasis::read(&file, &Limits::default())?.rows;
    photos.retain(|p| ["Animal", "Object"].contains(&p.category.as_str()));
    photos.sort_by_key(|p| splits::hash(&p.id));
    let mut subjects: Vec<Subject> = photos
        .into_iter()
        .filter(|p| p.file.is_file())
        .take(limit)
        .map(|p| {
            let theme = p.theme.trim_end_matches(|c: char| c.is_ascii_digit());
            let theme = theme.trim_end();
            Subject {
                class: CLASSES.iter().position(|c| c.2.contains(&theme)),
                file: p.file,
                photograph: true,
            }
        })
        .collect();
    let mut stamps = Vec::new();
    for (class, (_, folders, _)) in CLASSES.iter().enumerate() {
        for folder in *folders {
            for file in pngs(&options.stamps.join(folder)) {
                stamps.push(Subject {
                    file,
                    class: Some(class),
                    photograph: false,
                });
            }
        }
    }
    stamps.sort_by_key(|s| {
        let name = s.file.strip_prefix(options.stamps).unwrap_or(&s.file);
        splits::hash(&name.to_string_lossy())
    });
    let any = !stamps.is_empty();
    subjects.extend(stamps.into_iter().take(limit));
    Ok((subjects, any))
}

/// PNG files below a folder, without cartoons; none where it is missing.
fn pngs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                let name = path.file_name().unwrap_or_default();
                if name != "cartoon" && name != "toys" && name != "plastic" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "png") {
                found.push(path);
            }
        }
    }
    found
}

/// Draws a subject; nothing where that cannot be done.
fn look(
    subject: &Subject,
    judge: &Encoder,
    teacher: &EfficientNetLite,
    options: &RecogniseOptions<'_>,
) -> Option<Seen> {
    let (picture, alpha) = open(subject, options)?;
    let shown = match &alpha {
        Some(alpha) => on_white(&picture, alpha),
        None => picture,
    };
    let source = edges::source();
    let mut scene = Scene::new(&shown, alpha.as_deref(), &source).ok()?;
    if options.meaning {
        scene.read_by(reader::encoder().ok()?);
    }
    let [x, y, w, h] = scene.region;
    let part = shown.crop(x, y, w, h).ok()?;
    let described = photo_features(teacher, &part, &mut Workspace::default());
    let levels = options.strokes.iter().map(|&strokes| Settings {
        strokes,
        ..options.settings
    });
    let levels: Vec<Settings> = levels.collect();
    let seed = splits::hash(&subject.file.file_name()?.to_string_lossy());
    let mut lines = Vec::new();
    for settings in &levels {
        let sketch = scene.draw(settings, &[], &mut |_| ControlFlow::Continue(()));
        lines.push(judge.embed(&Ink::of_drawing(&sketch.ok()?.drawing)));
    }
    for settings in &levels {
        let drawing = random_strokes(scene.view(), settings, seed);
        lines.push(judge.embed(&Ink::of_drawing(&drawing)));
    }
    lines.push(judge.embed(&scene.edge_ink()));
    Some(Seen {
        class: subject.class,
        photograph: subject.photograph,
        photo: judge.embed_photo(&described),
        lines,
    })
}

fn open(subject: &Subject, options: &RecogniseOptions<'_>) -> Option<(Picture, Option<Vec<u8>>)> {
    let how = DecodeOptions::default();
    if subject.photograph {
        let picture = read(&subject.file, &how).ok()?;
        let alpha = match options.object {
            true => Some(object(&picture).ok()?),
            false => None,
        };
        return Some((picture, alpha));
    }
    let bytes = std::fs::read(&subject.file).ok()?;
    let picture = decode(&bytes, &how).ok()?;
    let alpha = alpha(&bytes, &picture, &how).ok()?;
    Some((picture, alpha))
}

/// As many strokes as asked for, anywhere, 20 to 100 units long, more or less bent.
fn random_strokes(view: [f32; 2], settings: &Settings, seed: u64) -> Drawing {
    let mut state = seed ^ settings.strokes as u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    };
    let mut drawing = Drawing::white(view[0], view[1]);
    for _ in 0..settings.strokes {
        let begin = [next() * view[0], next() * view[1]];
        let (angle, length) = (std::f32::consts::TAU * next(), 20.0 + 80.0 * next());
        let mut at = begin;
        let mut points = [begin; 4];
        let mut turn = angle;
        for point in &mut points[1..] {
            turn += 1.2 * (next() - 0.5);
            at = [
                (at[0] + turn.cos() * length / 3.0).clamp(0.0, view[0]),
                (at[1] + turn.sin() * length / 3.0).clamp(0.0, view[1]),
            ];
            *point = at;
        }
        let stroke = Stroke::black(Cubic(points), settings.width);
        drawing.strokes.push(stroke);
    }
    drawing
}

/// One row of the table.
fn row(
    lines: String,
    seen: &[Seen],
    of: &dyn Fn(&Seen) -> Embedding,
    ranked: Option<&[usize]>,
    classes: &[usize],
    settings: &Settings,
) -> Row {
    let ranks: Option<Vec<usize>> = ranked.map(|ranked| {
        let rank = |&n: &usize| {
            let line = of(&seen[n]);
            let own = line.likeness(&seen[n].photo);
            let others = ranked.iter().filter(|&&m| m != n);
            1 + others
                .filter(|&&m| line.likeness(&seen[m].photo) >= own)
                .count()
        };
        ranked.iter().map(rank).collect()
    });
    let first: Option<Vec<bool>> = ranks.as_ref().map(|r| r.iter().map(|r| *r == 1).collect());
    let mut sorted = ranks.unwrap_or_default();
    sorted.sort_unstable();
    let median = |sorted: &[usize]| {
        let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        (sorted[low] + sorted[high]) as f64 / 2.0
    };
    let choice = |or_none: bool| {
        let right: Vec<bool> = (0..seen.len())
            .filter_map(|n| right(seen, n, &of(&seen[n]).meaning, classes, or_none))
            .collect();
        (classes.len() >= 2).then(|| share(&right, settings.seed))?
    };
    Row {
        lines,
        first: first.and_then(|first| share(&first, settings.seed)),
        median_rank: (!sorted.is_empty()).then(|| median(&sorted)),
        choice: choice(false),
        choice_or_none: choice(true),
    }
}

/// Whether lines of a member of a class are nearest to their class, the member itself left out of
/// its mean; nothing for other pictures.
fn right(seen: &[Seen], n: usize, line: &[f32], classes: &[usize], or_none: bool) -> Option<bool> {
    let own = seen[n].class.filter(|class| classes.contains(class))?;
    let to = |class: Option<usize>| {
        let members = seen.iter().enumerate().filter(|&(m, s)| {
            let same = match class {
                Some(_) => s.class == class,
                // Of no class that may be chosen.
                None => s.class.is_none_or(|c| !classes.contains(&c)),
            };
            same && m != n
        });
        let mut sum = vec![0.0_f32; line.len()];
        for (_, s) in members {
            for (a, b) in sum.iter_mut().zip(&s.photo.meaning) {
                *a += b;
            }
        }
        let length = cosine(&sum, &sum).sqrt().max(1e-12);
        cosine(&sum, line) / length
    };
    let mine = to(Some(own));
    let others = classes.iter().filter(|&&class| class != own);
    let mut best = others
        .map(|&class| to(Some(class)))
        .fold(f32::MIN, f32::max);
    if or_none {
        best = best.max(to(None));
    }
    Some(mine > best)
}

fn share(good: &[bool], seed: u64) -> Option<Share> {
    let mean = |draw: &[usize]| {
        let count = draw.iter().filter(|&&i| good[i]).count();
        Some(count as f64 / draw.len() as f64)
    };
    let bootstrap = Bootstrap::seeded(seed).check().ok()?;
    let estimate = bootstrap.estimate(good.len(), mean).ok()?;
    Some(Share {
        value: estimate.value,
        interval: [estimate.interval.low, estimate.interval.high],
    })
}

impl Recognition {
    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let classes: Vec<String> = self
            .classes
            .iter()
            .map(|(name, n)| format!("{name} {n}"))
            .collect();
        let mut text = format!(
            "{} photographs searched; classes: {}; {} pictures left out\n",
            self.ranked,
            classes.join(", "),
            self.left_out
        );
        if !self.stamps {
            text += "skipped: no stamps; apt install tuxpaint-stamps-default\n";
        }
        let _ = writeln!(
            text,
            "{:<18} {:<20} {:>6}  {:<20} {:<20}",
            "lines", "own first", "median", "class", "class or none"
        );
        let shown = |share: Option<Share>| {
            share.map_or_else(
                || "-".to_owned(),
                |s| {
                    format!(
                        "{:.3} ({:.3}..{:.3})",
                        s.value, s.interval[0], s.interval[1]
                    )
                },
            )
        };
        for r in &self.rows {
            let median = r.median_rank.map_or("-".to_owned(), |m| format!("{m:.0}"));
            let line = format!(
                "{:<18} {:<20} {median:>6}  {:<20} {:<20}",
                r.lines,
                shown(r.first),
                shown(r.choice),
                shown(r.choice_or_none)
            );
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(meaning: [f32; 2]) -> Embedding {
        Embedding {
            meaning: meaning.to_vec(),
            layout: vec![1.0],
        }
    }

    fn seen(class: Option<usize>, photo: [f32; 2]) -> Seen {
        Seen {
            class,
            photograph: true,
            photo: shown(photo),
            lines: Vec::new(),
        }
    }

    #[test]
    fn the_own_picture_is_left_out_of_its_class() {
        let all = [
            seen(Some(0), [1.0, 0.0]),
            seen(Some(0), [0.0, 1.0]),
            seen(Some(1), [0.6, 0.8]),
            seen(None, [-1.0, 0.0]),
        ];
        // Lines like the first: with itself its class would be at (1, 1); without it at (0, 1),
        // farther than the other class.
        assert_eq!(right(&all, 0, &[1.0, 0.0], &[0, 1], false), Some(false));
        assert_eq!(right(&all, 0, &[0.0, 1.0], &[0, 1], false), Some(true));
        // No member of the other class is left to compare the third with.
        assert_eq!(right(&all, 3, &[1.0, 0.0], &[0, 1], false), None);
        // Nearer to what is of no class.
        assert_eq!(right(&all, 1, &[-1.0, 0.1], &[0, 1], true), Some(false));
    }

    #[test]
    fn ranks_by_hand() {
        let all = [
            seen(None, [1.0, 0.0]),
            seen(None, [0.8, 0.6]),
            seen(None, [0.0, 1.0]),
        ];
        let same = |s: &'_ Seen| s.photo.clone();
        let settings = Settings::default();
        let found = row("x".into(), &all, &same, Some(&[0, 1, 2]), &[], &settings);
        assert_eq!(found.first.map(|s| s.value), Some(1.0));
        assert_eq!((found.median_rank, found.choice), (Some(1.0), None));
        let all_right = |_: &'_ Seen| shown([1.0, 0.0]);
        let found = row(
            "x".into(),
            &all,
            &all_right,
            Some(&[0, 1, 2]),
            &[],
            &settings,
        );
        // Ranks 1, 2 and 3.
        assert!((found.first.expect("ranked").value - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.median_rank, Some(2.0));
    }
}
