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
//!
//! | step | where |
//! |---|---|
//! | photographs and stamps, and what is on them | `subjects` |
//! | ranks and choices | `score` |
//! | the table | `table` |

mod score;
mod subjects;
mod table;

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use affetti_data::splits;
use affetti_ground::SplitMix64;
use affetti_nets::efficientnet_lite::{EfficientNetLite, Workspace};
use affetti_picture::{DecodeOptions, Picture, decode, read};

use crate::{
    Cubic, Drawing, EdgeSource, Scene, Settings, SketchError, Stroke,
    encoder::{Encoder, Ink, photo_features, teacher},
    mask::{MaskNetwork, on_white},
    opacity,
};
pub use score::{Row, Share};
use score::{Seen, row};
pub use subjects::STAMPS;
use subjects::{CLASSES, Subject, subjects};
pub use table::Recognition;

/// Photographs among which the own one is searched.
pub const RANKED: usize = 200;
/// Fewest pictures of a class.
pub const LEAST: usize = 20;

/// Who draws and who judges.
pub struct Networks<'a> {
    /// Reads what was drawn; its teacher has to be imported.
    pub judge: &'a Encoder,
    /// What the strokes follow.
    pub edges: EdgeSource<'a>,
    /// Finds the object of each photograph, to be drawn alone; without it all is drawn.
    pub mask: Option<&'a MaskNetwork>,
    /// Says which edges matter, if it is asked.
    pub encoder: Option<&'a Arc<Encoder>>,
}

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
    /// Use so many pictures of each set, 0 for all.
    pub limit: usize,
    /// Told of pictures done and all, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Draws and judges.
///
/// # Errors
/// Missing data or weights; [`SketchError::NoExamples`] where nothing can be drawn.
pub fn recognise(
    networks: &Networks<'_>,
    options: &RecogniseOptions<'_>,
) -> Result<Recognition, SketchError> {
    options.settings.check()?;
    let teacher = teacher(networks.judge.teacher())?;
    let (subjects, stamps) = subjects(options.data, options.stamps, options.limit)?;
    let done = AtomicUsize::new(0);
    let seen: Vec<Seen> = subjects
        .iter()
        .filter_map(|subject| {
            let seen = look(subject, networks, &teacher, options);
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
    let seed = options.settings.seed;
    let of_lines = |(n, name): (usize, String)| {
        let of = |seen: &'_ Seen| seen.lines[n].clone();
        row(name, &seen, &of, Some(&ranked), &classes, seed)
    };
    let lines = names(options.strokes).into_iter().enumerate();
    let mut rows: Vec<Row> = lines.map(of_lines).collect();
    let photo = |seen: &'_ Seen| seen.photo.clone();
    rows.push(row(
        "the photograph".into(),
        &seen,
        &photo,
        None,
        &classes,
        seed,
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

/// Draws a subject; nothing where that cannot be done.
fn look(
    subject: &Subject,
    networks: &Networks<'_>,
    teacher: &EfficientNetLite,
    options: &RecogniseOptions<'_>,
) -> Option<Seen> {
    let judge = networks.judge;
    let (picture, alpha) = open(subject, networks.mask)?;
    let shown = match &alpha {
        Some(alpha) => on_white(&picture, alpha),
        None => picture,
    };
    let mut scene = Scene::new(&shown, alpha.as_deref(), &networks.edges).ok()?;
    if let Some(encoder) = networks.encoder {
        scene.read_by(Arc::clone(encoder));
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

fn open(subject: &Subject, mask: Option<&MaskNetwork>) -> Option<(Picture, Option<Vec<u8>>)> {
    let how = DecodeOptions::default();
    if subject.photograph {
        let picture = read(&subject.file, &how).ok()?;
        let alpha = mask.map(|mask| mask.object(&picture)).transpose().ok()?;
        return Some((picture, alpha));
    }
    let bytes = std::fs::read(&subject.file).ok()?;
    let picture = decode(&bytes, &how).ok()?;
    let alpha = opacity(&bytes, &picture, &how).ok()?;
    Some((picture, alpha))
}

/// As many strokes as asked for, anywhere, 20 to 100 units long, more or less bent.
fn random_strokes(view: [f32; 2], settings: &Settings, seed: u64) -> Drawing {
    let mut series = SplitMix64::new(seed ^ settings.strokes as u64);
    let mut next = || series.unit_f32();
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
