//! The report: one self-contained HTML file about a collection of pictures.
//!
//! The page holds its style, its program, the figures and the thumbnails. It asks nothing of the
//! network (its own content policy forbids it) and works from `file://`.
//!
//! [`ReportWriter`] writes each picture as it comes, so that a collection of any size needs the
//! memory of one picture. In the file every picture is one
//! `<script type="application/json" class="e">` with the keys of [`ReportEntry`], `thumbnail` in
//! base64 and `verdict` added: a program that reads JSON can read the report as well.
//!
//! The assets are `page.html` (the frame, with `{{…}}` for what is filled in), `page.css`,
//! `page.js` and, for the map of valence and arousal, `map.js`.

pub(crate) mod base64;
pub(crate) mod escape;

use std::io::{self, Write};

use serde::Serialize;

pub use crate::entry::{
    EMOTIONS, IntentionEntry, ReportEntry, ReportHeat, ReportRegion, SaidEntry,
};
use crate::{
    entry::hex,
    intention,
    verdict::{unusual, verdict},
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const MAP: &str = include_str!("map.js");
const EMPTY: &str = "<p class=\"empty\">No picture could be read, \
                     so there is nothing to show here.</p>\n";

/// What the report says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportMeta {
    /// Title of the page.
    pub title: String,
    /// Name of the model that made the predictions.
    pub model: String,
    /// SHA-256 of the model's weights, in hexadecimal.
    pub model_sha256: String,
    /// Version of Affetti.
    pub version: String,
    /// Whether the pictures are held against an intention.
    pub intended: bool,
    /// Whether pictures have sentences.
    pub said: bool,
}

/// The style of the page, for pages that are to look alike.
pub const PAGE_STYLE: &str = STYLE;

/// One picture as the page's program reads it, as JSON.
///
/// # Errors
/// As [`ReportWriter::push`].
pub fn entry_json(entry: &ReportEntry) -> io::Result<String> {
    check(entry)?;
    Ok(serde_json::to_string(&Row::from(entry))?)
}

/// The columns of a table of pictures, from the page and from `--out FILE.csv`: one row per picture, the
/// error of one that could not be read last.
#[must_use]
pub fn columns(intended: bool, said: bool) -> Vec<&'static str> {
    const FIRST: [&str; 3] = ["path", "width", "height"];
    const LAST: [&str; 11] = [
        "positive",
        "negative",
        "other",
        "valence",
        "valence_low",
        "valence_high",
        "arousal",
        "arousal_low",
        "arousal_high",
        "dominant",
        "entropy",
    ];
    let held: &[&str] = match intended {
        true => &["match", "percentile", "instead"],
        false => &[],
    };
    let spoken: &[&str] = if said { &["utterance"] } else { &[] };
    [&FIRST, &EMOTIONS[..], &LAST, held, spoken, &["error"]].concat()
}

/// Writes a report, picture by picture.
///
/// ```no_run
/// # fn demo(meta: affetti::report::ReportMeta, entries: Vec<affetti::report::ReportEntry>)
/// # -> std::io::Result<()> {
/// use affetti::report::ReportWriter;
/// let file = std::io::BufWriter::new(std::fs::File::create("report.html")?);
/// let mut report = ReportWriter::new(file, &meta)?;
/// for entry in &entries {
///     report.push(entry)?;
/// }
/// report.push_failure("broken.jpg", "the file ends too early");
/// report.finish()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ReportWriter<W: Write> {
    out: W,
    pictures: u64,
    /// The first error of `push_failure`, kept for the next call that can tell it.
    deferred: Option<io::Error>,
}

impl<W: Write> ReportWriter<W> {
    /// Begins a report. Many small writes follow: give a buffered writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(mut out: W, meta: &ReportMeta) -> io::Result<Self> {
        let mut json = Vec::new();
        let columns = columns(meta.intended, meta.said);
        escape::json_in_script(&mut json, &Head { meta, columns })?;
        let head = escape::fill(
            halves().0,
            &[
                ("title", &escape::html(&meta.title)),
                ("style", STYLE),
                ("meta", &String::from_utf8_lossy(&json)),
            ],
        );
        out.write_all(head.as_bytes())?;
        Ok(Self {
            out,
            pictures: 0,
            deferred: None,
        })
    }

    /// Adds one picture.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if a figure is not finite or `dominant` is no emotion;
    /// nothing was written then, and the report can go on. Otherwise those of the writer.
    pub fn push(&mut self, entry: &ReportEntry) -> io::Result<()> {
        self.raise_deferred()?;
        check(entry)?;
        self.script_element("e", &Row::from(entry))?;
        self.pictures += 1;
        Ok(())
    }

    /// Adds a picture that could not be read, with the reason. An error of the writer is kept and
    /// returned by the next [`push`](Self::push) or [`finish`](Self::finish).
    pub fn push_failure(&mut self, path: &str, message: &str) {
        if self.deferred.is_none() {
            self.deferred = self.script_element("f", &Failure { path, message }).err();
        }
    }

    /// Ends the report, flushes, and gives the writer back. Without this call the page is cut off.
    ///
    /// # Errors
    /// Those of the writer, one kept from [`push_failure`](Self::push_failure) included.
    pub fn finish(mut self) -> io::Result<W> {
        self.raise_deferred()?;
        if self.pictures == 0 {
            self.out.write_all(EMPTY.as_bytes())?;
        }
        let tail = escape::fill(halves().1, &[("map", MAP), ("script", SCRIPT)]);
        self.out.write_all(tail.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn script_element<T: Serialize>(&mut self, class: &str, value: &T) -> io::Result<()> {
        write!(
            self.out,
            "<script type=\"application/json\" class=\"{class}\">"
        )?;
        escape::json_in_script(&mut self.out, value)?;
        self.out.write_all(b"</script>\n")
    }

    fn raise_deferred(&mut self) -> io::Result<()> {
        self.deferred.take().map_or(Ok(()), Err)
    }
}

/// The frame before and after the pictures.
fn halves() -> (&'static str, &'static str) {
    PAGE.split_once("{{entries}}\n").unwrap_or((PAGE, ""))
}

fn check(entry: &ReportEntry) -> io::Result<()> {
    let figures = [entry.valence, entry.arousal, entry.entropy];
    let descriptors = [
        entry.warmth,
        entry.saturation,
        entry.brightness,
        entry.contrast,
    ];
    let held = entry.intention.iter().flat_map(|held| {
        let more = held.instead.iter().map(|(_, more)| more);
        more.chain(&held.target)
            .chain([&held.matching, &held.percentile])
    });
    let named = |held: &IntentionEntry| {
        let away = held.away.iter().map(|(_, towards)| towards);
        let mut all = held.instead.iter().map(|(emotion, _)| emotion).chain(away);
        all.all(|emotion| *emotion < EMOTIONS.len())
    };
    let finite = entry.intention.as_ref().is_none_or(named)
        && held
            .chain(&figures)
            .chain(&entry.emotions)
            .chain(&entry.polarity)
            .chain(&entry.valence_interval)
            .chain(&entry.arousal_interval)
            .chain(entry.ranks.iter().flatten())
            .chain(entry.share_intervals.iter().flatten().flatten())
            .all(|x| x.is_finite())
        && descriptors
            .iter()
            .chain(entry.palette.iter().map(|(_, share)| share))
            .all(|x| x.is_finite());
    let regions = entry.regions.iter().all(|r| {
        let figures = r.place.iter().chain([&r.score]);
        r.emotion < EMOTIONS.len() && figures.into_iter().all(|x| x.is_finite())
    });
    if finite && regions && entry.dominant < EMOTIONS.len() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!(
            "{:?}: a figure of the report is not finite or names no emotion",
            entry.path
        ),
    ))
}

/// A picture as the page's program reads it. Four decimals are more than any of the figures
/// deserves, and keep the file small.
#[derive(Serialize)]
struct Row<'a> {
    path: &'a str,
    width: u32,
    height: u32,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unusual: Option<String>,
    emotions: [f64; 9],
    #[serde(skip_serializing_if = "Option::is_none")]
    share_intervals: Option<[[f64; 2]; 9]>,
    polarity: [f64; 3],
    valence: f64,
    arousal: f64,
    valence_interval: [f64; 2],
    arousal_interval: [f64; 2],
    dominant: usize,
    entropy: f64,
    warmth: f64,
    saturation: f64,
    brightness: f64,
    contrast: f64,
    palette: Vec<(String, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    regions: &'a [ReportRegion],
    #[serde(skip_serializing_if = "Option::is_none")]
    heat: Option<&'a ReportHeat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<Spoken<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intention: Option<Held>,
    thumbnail: String,
}

/// What the page's program knows of the page.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    meta: &'a ReportMeta,
    columns: Vec<&'static str>,
}

/// A sentence as the page's program reads it: of each word the cells, the one it looked at most 255.
#[derive(Serialize)]
struct Spoken<'a> {
    text: &'a str,
    words: &'a [String],
    looked: Vec<Vec<u8>>,
}

impl<'a> From<&'a SaidEntry> for Spoken<'a> {
    fn from(said: &'a SaidEntry) -> Self {
        let cells = |weights: &Vec<f32>| -> Vec<u8> {
            let most = weights.iter().copied().fold(1e-9, f32::max);
            weights
                .iter()
                .map(|weight| (weight / most * 255.0).round() as u8)
                .collect()
        };
        Self {
            text: &said.text,
            words: &said.words,
            looked: said.looked.iter().map(cells).collect(),
        }
    }
}

/// An intention as the page's program reads it.
#[derive(Serialize)]
struct Held {
    text: String,
    instead: String,
    #[serde(rename = "match")]
    matching: f64,
    percentile: f64,
}

impl<'a> From<&'a ReportEntry> for Row<'a> {
    fn from(entry: &'a ReportEntry) -> Self {
        let round = |x: f64| (x * 1e4).round() / 1e4;
        let short = |x: f32| round(f64::from(x));
        Self {
            path: &entry.path,
            width: entry.width,
            height: entry.height,
            verdict: verdict(entry),
            unusual: unusual(entry),
            emotions: entry.emotions.map(round),
            share_intervals: entry
                .share_intervals
                .map(|all| all.map(|ends| ends.map(round))),
            polarity: entry.polarity.map(round),
            valence: round(entry.valence),
            arousal: round(entry.arousal),
            valence_interval: entry.valence_interval.map(round),
            arousal_interval: entry.arousal_interval.map(round),
            dominant: entry.dominant,
            entropy: round(entry.entropy),
            warmth: short(entry.warmth),
            saturation: short(entry.saturation),
            brightness: short(entry.brightness),
            contrast: short(entry.contrast),
            palette: entry
                .palette
                .iter()
                .map(|&(rgb, share)| (hex(rgb), short(share)))
                .collect(),
            link: entry.link.as_deref(),
            caption: entry.caption.as_deref(),
            regions: &entry.regions,
            heat: entry.heat.as_ref(),
            said: entry.said.as_ref().map(Spoken::from),
            intention: entry.intention.as_ref().map(|held| Held {
                text: intention::sentence(held),
                instead: intention::instead_figures(&held.instead),
                matching: round(held.matching),
                percentile: round(held.percentile),
            }),
            thumbnail: base64::encode(&entry.thumbnail_jpeg),
        }
    }
}

#[derive(Serialize)]
struct Failure<'a> {
    path: &'a str,
    message: &'a str,
}

#[cfg(test)]
mod tests;
