//! What can be asked of the studio: one order per verb, from the words of an address or from JSON.

use affetti::{
    PaintOptions, PaintWords, TURN_FRAMES, emotion_named,
    feel::Target,
    feeling_named,
    paint::Feeling,
    pipeline::{ErrorKind, Fault},
    sketch::Quality,
};
use serde::{Deserialize, Serialize};

/// Pictures that turn into one another, whose frames are in memory together.
const MOST_TURNS: f64 = 24.0;
/// Pixels of all frames of a moving picture: twenty-four pictures of 256, or two of 1,024.
const MOST_PIXELS: u64 = 36_000_000;

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase")]
pub enum Order {
    /// What a picture evokes.
    Feel(Feel),
    /// Which of its parts.
    Regions(Regions),
    /// The emotion of a sentence.
    Read(Read),
    /// Sentences about a picture.
    Say(Say),
    /// A drawing of a picture.
    Sketch(Sketch),
    /// New pictures.
    Paint(Paint),
    /// A picture painted over.
    Brush(Brush),
    /// A collection that is read.
    Index(Index),
    /// Pictures of a collection that are copied into folders by feeling.
    Export(Export),
}

/// What a picture evokes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feel {
    /// Whether regions take part.
    pub regions: bool,
    /// Whether a sentence is written.
    pub say: bool,
    /// What it is held against, such as `awe` or `awe=.6,fear=.4`.
    pub intend: Option<String>,
    /// Whether what the page shows is added: words, colors, a thumbnail.
    pub page: bool,
}

/// Which of its parts; there is nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Regions {}

/// The emotion of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Read {
    /// Whether words are told that carry it.
    pub explain: bool,
}

/// Sentences about a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Say {
    /// An emotion, or `all`; none is what most viewers would feel.
    pub emotion: Option<String>,
    /// Sentences for each emotion, 1 to 8.
    pub n: usize,
}

impl Default for Say {
    fn default() -> Self {
        Self {
            emotion: None,
            n: 1,
        }
    }
}

/// A drawing of a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sketch {
    /// Number of strokes, 1 to 2000.
    pub strokes: usize,
    /// How much work: `draft`, `normal` or `best`.
    pub quality: Work,
    /// Which part of the picture: `none` (all of it) or `object`.
    pub mask: Mask,
    /// Strokes in the colors of the picture.
    pub color: bool,
    /// Width and opacity by the strength of the edge.
    pub ink: bool,
    /// A network that reads lines says which edges matter.
    pub meaning: bool,
    /// Pulled toward an emotion.
    pub emotion: Option<String>,
    /// Width of the strokes, where the long side is 224.
    pub width: f32,
    /// Of the drawing.
    pub seed: u64,
    /// What comes back.
    pub format: Drawing,
    /// Long side of a PNG, in pixels, 32 to 4096.
    pub size: u32,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            strokes: 16,
            quality: Work::Normal,
            mask: Mask::None,
            color: false,
            ink: false,
            meaning: false,
            emotion: None,
            width: 3.0,
            seed: 0,
            format: Drawing::Json,
            size: 1024,
        }
    }
}

/// How much work goes into a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A trace alone.
    Draft,
    /// A refined one.
    Normal,
    /// The best of many.
    Best,
}

impl From<Work> for Quality {
    fn from(work: Work) -> Self {
        match work {
            Work::Draft => Self::Draft,
            Work::Normal => Self::Normal,
            Work::Best => Self::Best,
        }
    }
}

/// Which part of a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mask {
    /// All of it.
    None,
    /// What stands out.
    Object,
}

/// In what form a drawing comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drawing {
    /// The line of the command line, with the SVG in it.
    Json,
    /// A vector drawing.
    Svg,
    /// Pixels.
    Png,
    /// A page.
    Pdf,
    /// For plotters and cutters.
    Dxf,
    /// One that draws itself.
    Gif,
}

/// New pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paint {
    /// Genre, style, feeling, as words.
    pub words: String,
    /// How many.
    pub count: u64,
    /// Of the first.
    pub seed: u64,
    /// Length of the noise over the usual, 0 to 1.5.
    pub truncation: f64,
    /// In place of a feeling among the words.
    pub emotion: Option<String>,
    /// 1 to 7.
    pub valence: Option<f64>,
    /// 1 to 7.
    pub arousal: Option<f64>,
    /// Whether each is painted over in oil.
    pub oil: bool,
    /// Pixels of a side, 16 to 2048; none is the generator's own, or 1,024 after the brush.
    pub size: Option<u32>,
    /// One moving picture in place of many: each turns into the next.
    pub turn: bool,
    /// A feeling, for a moving picture from the wish to the same in that.
    pub to: Option<String>,
}

impl Default for Paint {
    fn default() -> Self {
        let usual = PaintOptions::default();
        Self {
            words: String::new(),
            count: usual.count,
            seed: usual.seed,
            truncation: usual.truncation,
            emotion: None,
            valence: None,
            arousal: None,
            oil: false,
            size: None,
            turn: false,
            to: None,
        }
    }
}

/// A picture painted over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brush {
    /// Pixels of the longer side, 64 to 2048.
    pub size: u32,
    /// Of the strokes.
    pub seed: u64,
    /// `png` or `svg`.
    pub format: Painted,
}

impl Default for Brush {
    fn default() -> Self {
        Self {
            size: 1024,
            seed: 0,
            format: Painted::Png,
        }
    }
}

/// A collection that is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// Its name in addresses.
    pub collection: String,
}

/// Pictures of a collection that are copied into folders by feeling; which ones, says the text that comes with
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Export {
    /// The collection's name in addresses.
    pub collection: String,
    /// Whether the pictures themselves are copied.
    pub copies: bool,
    /// Whether an XMP sidecar is written beside each.
    pub sidecars: bool,
}

impl Default for Export {
    fn default() -> Self {
        Self {
            collection: String::new(),
            copies: true,
            sidecars: true,
        }
    }
}

/// In what form a painted picture comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Painted {
    /// Pixels.
    Png,
    /// Strokes.
    Svg,
}

/// All verbs, as addresses name them.
pub const VERBS: [&str; 9] = [
    "feel", "regions", "read", "say", "sketch", "paint", "brush", "index", "export",
];

impl Order {
    /// The order of `verb` with the settings of a query, such as `strokes=8&color=true`.
    ///
    /// # Errors
    /// An unknown verb or setting, a value that is none; and as [`check`](Self::check).
    pub fn of_query(verb: &str, query: &str) -> Result<Self, Fault> {
        fn read<'a, T: Deserialize<'a>>(query: &'a str) -> Result<T, Fault> {
            serde_urlencoded::from_str(query).map_err(wrong)
        }
        let order = match verb {
            "feel" => Self::Feel(read(query)?),
            "regions" => Self::Regions(read(query)?),
            "read" => Self::Read(read(query)?),
            "say" => Self::Say(read(query)?),
            "sketch" => Self::Sketch(read(query)?),
            "paint" => Self::Paint(read(query)?),
            "brush" => Self::Brush(read(query)?),
            "index" => Self::Index(read(query)?),
            "export" => Self::Export(read(query)?),
            other => {
                return Err(wrong(format!(
                    "no verb {other:?}; there are {}",
                    VERBS.join(", ")
                )));
            }
        };
        order.check()?;
        Ok(order)
    }

    /// Its verb.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Feel(_) => "feel",
            Self::Regions(_) => "regions",
            Self::Read(_) => "read",
            Self::Say(_) => "say",
            Self::Sketch(_) => "sketch",
            Self::Paint(_) => "paint",
            Self::Brush(_) => "brush",
            Self::Index(_) => "index",
            Self::Export(_) => "export",
        }
    }

    /// Whether it is about a picture or a text that has to come with it.
    #[must_use]
    pub const fn needs_input(&self) -> bool {
        !matches!(self, Self::Paint(_) | Self::Index(_))
    }

    /// Whether the file that it makes is the answer, rather than kept beside it.
    #[must_use]
    pub const fn is_one_file(&self) -> bool {
        match self {
            Self::Paint(paint) => paint.moves(),
            _ => true,
        }
    }

    /// Values that are out of range, told before any work.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Regions(_) | Self::Read(_) | Self::Index(_) => Ok(()),
            Self::Export(export) if export.copies || export.sidecars => Ok(()),
            Self::Export(_) => Err(wrong("copies=false and sidecars=false leave nothing to do")),
            Self::Feel(feel) => feel.target().map(drop),
            Self::Say(say) => {
                within("n", say.n as f64, 1.0, 8.0)?;
                say.expressed().map(drop)
            }
            Self::Sketch(sketch) => {
                within("strokes", sketch.strokes as f64, 1.0, 2000.0)?;
                within("width", f64::from(sketch.width), 0.1, 40.0)?;
                within("size", f64::from(sketch.size), 32.0, 4096.0)?;
                let pulled = sketch.emotion.as_deref();
                pulled.map(emotion_named).transpose().map(drop)
            }
            Self::Paint(paint) => paint.check(),
            Self::Brush(brush) => within("size", f64::from(brush.size), 64.0, 2048.0),
        }
    }
}

impl Feel {
    /// What it is held against.
    ///
    /// # Errors
    /// What is no target.
    pub fn target(&self) -> Result<Option<Target>, Fault> {
        let target = self.intend.as_deref().filter(|text| !text.is_empty());
        target.map(|text| text.parse().map_err(wrong)).transpose()
    }
}

impl Say {
    /// Which emotions.
    ///
    /// # Errors
    /// What is no emotion.
    pub fn expressed(&self) -> Result<affetti::Expressed, Fault> {
        Ok(match self.emotion.as_deref() {
            None | Some("") => affetti::Expressed::Dominant,
            Some("all") => affetti::Expressed::All,
            Some(name) => affetti::Expressed::Given(emotion_named(name)?),
        })
    }
}

impl Paint {
    fn check(&self) -> Result<(), Fault> {
        let asked = self.asked();
        asked.check()?;
        asked.feeling(Feeling::Any)?;
        self.toward()?;
        let size = self.size.map(f64::from);
        size.map_or(Ok(()), |size| within("size", size, 16.0, 2048.0))?;
        if !self.moves() {
            return Ok(());
        }
        if self.oil {
            return Err(wrong("no brush for moving pictures"));
        }
        match (&self.to, self.count) {
            (None, count) => within("count", count as f64, 2.0, MOST_TURNS)?,
            (Some(_), 1) => {}
            (Some(_), _) => {
                return Err(wrong(
                    "to= goes from one picture to the same in another feeling: count=1",
                ));
            }
        }
        self.size.map_or(Ok(()), |size| self.turns_fit(size))
    }

    /// Whether the frames of a moving picture of `side` pixels fit into memory.
    ///
    /// # Errors
    /// More pixels than such a file has.
    pub fn turns_fit(&self, side: u32) -> Result<(), Fault> {
        let pixels = self.frames() * u64::from(side) * u64::from(side);
        if pixels <= MOST_PIXELS {
            return Ok(());
        }
        let told = format!(
            "{} frames of {side} pixels are too much for one file; ask for fewer or smaller pictures",
            self.frames()
        );
        Err(wrong(told))
    }

    /// Frames of a moving picture.
    #[must_use]
    pub fn frames(&self) -> u64 {
        let stations = if self.to.is_some() { 2 } else { self.count };
        stations.saturating_mul(TURN_FRAMES)
    }

    /// Words and settings as the facade knows them.
    #[must_use]
    pub fn asked(&self) -> PaintWords {
        PaintWords {
            words: self.words.clone(),
            emotion: self.emotion.clone().filter(|name| !name.is_empty()),
            valence: self.valence,
            arousal: self.arousal,
            truncation: self.truncation,
            size: self.size,
            oil: self.oil,
        }
    }

    /// Whether one moving picture is wanted.
    #[must_use]
    pub const fn moves(&self) -> bool {
        self.turn || self.to.is_some()
    }

    /// The feeling at the other end.
    ///
    /// # Errors
    /// A word that is none.
    pub fn toward(&self) -> Result<Option<Feeling>, Fault> {
        self.to.as_deref().map(feeling_named).transpose()
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<(), Fault> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(wrong(format!(
        "{name} is {value}, it has to be {low} to {high}"
    )))
}

fn wrong(message: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::Parameter, message)
}

#[cfg(test)]
mod tests {
    use super::{Mask, Order, VERBS, Work};

    #[test]
    fn queries_become_orders() {
        let order = Order::of_query("sketch", "strokes=8&mask=object&color=true&quality=draft");
        let Ok(Order::Sketch(sketch)) = order else {
            panic!("{order:?}");
        };
        assert_eq!((sketch.strokes, sketch.color, sketch.ink), (8, true, false));
        assert_eq!((sketch.mask, sketch.quality), (Mask::Object, Work::Draft));
        for verb in VERBS {
            let order = Order::of_query(verb, "").expect("all have usual settings");
            assert_eq!(order.verb(), verb);
            let json = serde_json::to_string(&order).unwrap();
            assert_eq!(
                serde_json::from_str::<Order>(&json).unwrap(),
                order,
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (verb, query, told) in [
            ("feel", "region=true", "region"),
            ("feel", "regions=maybe", "provided string was not"),
            ("feel", "intend=awee", "awe"),
            ("say", "n=0", "n is 0, it has to be 1 to 8"),
            ("say", "emotion=feer", "fear"),
            ("sketch", "strokes=9999", "strokes is 9999"),
            ("sketch", "format=exe", "exe"),
            ("paint", "valence=8", "valence is 8"),
            ("paint", "emotion=awe&valence=3", "ask for an emotion, or"),
            ("brush", "size=1", "size is 1"),
            ("paint", "turn=true", "count is 1, it has to be 2 to 24"),
            ("paint", "turn=true&count=3&oil=true", "no brush"),
            (
                "paint",
                "turn=true&count=24&size=2048",
                "too much for one file",
            ),
            ("paint", "to=fear&size=2048", "too much for one file"),
            ("paint", "to=feer", "fear"),
            ("paint", "to=fear&count=2", "count=1"),
            ("export", "copies=false&sidecars=false", "nothing to do"),
            ("steal", "", "no verb \"steal\""),
        ] {
            let fault = Order::of_query(verb, query).expect_err(query);
            assert!(
                fault.message.contains(told),
                "{verb}?{query}: {}",
                fault.message
            );
            assert!(!fault.message.contains('\n'));
        }
        // A job of a file that somebody has changed.
        assert!(serde_json::from_str::<Order>(r#"{"verb":"feel","evil":1}"#).is_err());
    }
}
