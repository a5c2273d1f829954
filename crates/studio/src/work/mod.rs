//! Orders carried out: the one place where the studio asks the models.
//!
//! | order | where |
//! |---|---|
//! | pictures in, answers out: feel, regions, say, sketch | `pictures` |
//! | new pictures, and pictures painted over | `painting` |
//! | a collection that is read | `collections` |
//! | copies in folders by feeling, and sidecars | `export` |
//! | the emotion of a sentence | here |

mod collections;
mod export;
mod painting;
mod pictures;

pub use export::wanted;
pub use painting::repertoire;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock},
};

use affetti::{
    Cancel, Control, Models, Progress, ReadSentence,
    feel::Reference,
    picture::{DecodeOptions, Picture, decode, dimensions},
    pipeline::{Budget, ErrorKind, Fault, Permit},
};
use serde_json::{Value, json};

use crate::{collections::Collections, order::Order, settings::Bounds};

/// Bytes of a sentence: explaining reads it once for each of its words.
const LONGEST_TEXT: usize = 16 << 10;

/// What carries out orders, shared by all who work.
#[derive(Debug)]
pub struct Workshop {
    /// The models; each answer says how many threads it may use.
    pub models: Models,
    /// Folders of this machine.
    pub collections: Collections,
    bounds: Bounds,
    pixels: Budget,
    /// Held while a collection is read: two at once would write over each other.
    indexing: Mutex<()>,
    reference: OnceLock<Reference>,
}

/// One order with what belongs to it.
pub struct Commission<'a> {
    /// What is wanted.
    pub order: &'a Order,
    /// A picture, or a text; empty where the order needs none.
    pub input: Arc<[u8]>,
    /// What the input is called in the answer.
    pub name: &'a str,
    /// Threads for its own use, at least 1.
    pub threads: usize,
    /// Stops it.
    pub cancel: Cancel,
    /// Told how many pictures are done.
    pub progress: &'a dyn Progress,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What it may be called on disk: letters, digits, `-`, `.`.
    pub name: String,
    /// What it is.
    pub media: Media,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// A picture in pixels.
    Png,
    /// A vector drawing.
    Svg,
    /// A page.
    Pdf,
    /// For plotters and cutters.
    Dxf,
    /// A moving picture.
    Gif,
    /// What a visitor has brought; never shown as a page.
    Brought,
}

impl Media {
    const ALL: [Self; 6] = [
        Self::Png,
        Self::Svg,
        Self::Pdf,
        Self::Dxf,
        Self::Gif,
        Self::Brought,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Dxf => "image/vnd.dxf",
            Self::Gif => "image/gif",
            Self::Brought => "application/octet-stream",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn of_mime(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.mime() == name)
    }
}

/// Takes files as they are made; what it gives back stands for the file in the answer.
pub type Keep<'a> = dyn FnMut(Made) -> Result<Value, Fault> + 'a;

impl Workshop {
    /// With `models`, within `bounds`.
    #[must_use]
    pub fn new(models: Models, collections: Collections, bounds: Bounds) -> Self {
        Self {
            models,
            collections,
            bounds,
            pixels: Budget::new(bounds.pixel_bytes),
            indexing: Mutex::default(),
            reference: OnceLock::new(),
        }
    }

    /// Carries out one order. The answer is the line of the command line, or an object with several.
    ///
    /// # Errors
    /// Why there is no answer; a bug is one, too, and ends nothing else.
    pub fn perform(
        &self,
        commission: &Commission<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<Value, Fault> {
        let performed = catch_unwind(AssertUnwindSafe(|| match commission.order {
            Order::Feel(order) => self.feel(order, commission),
            Order::Regions(_) => self.regions(commission),
            Order::Read(order) => self.read(order.explain, commission),
            Order::Say(order) => self.say(order, commission),
            Order::Sketch(order) => self.sketch(order, commission, keep),
            Order::Paint(order) => self.paint(order, commission, keep),
            Order::Brush(order) => self.brush(order, commission, keep),
            Order::Index(order) => self.index(self.collections.get(&order.collection)?, commission),
            Order::Export(order) => self.export(order, commission),
        }));
        performed.unwrap_or_else(|_| {
            let message = "the program gave up on this: a bug of affetti; please report it";
            Err(Fault::new(ErrorKind::Model, message))
        })
    }

    fn read(&self, explain: bool, commission: &Commission<'_>) -> Result<Value, Fault> {
        if commission.input.len() > LONGEST_TEXT {
            let message = format!("a sentence of more than {} KiB", LONGEST_TEXT >> 10);
            return Err(Fault::new(ErrorKind::Limit, message));
        }
        let text = str::from_utf8(&commission.input)
            .map_err(|_| Fault::new(ErrorKind::Input, "the text is no UTF-8"))?;
        let (reader, model) = self.models.reader()?;
        let felt = reader.read(&[text]).pop();
        let felt = felt.ok_or_else(|| Fault::new(ErrorKind::Input, "no text"))??;
        let words = explain
            .then(|| reader.explain(text, felt.emotions.dominant()))
            .transpose()?;
        let own = |(word, weight): (&str, f64)| (word.to_owned(), weight);
        let read = ReadSentence {
            text: text.to_owned(),
            felt,
            words: words.map(|words| words.into_iter().map(own).collect()),
            model: model.clone(),
        };
        value(&read)
    }

    /// Waits until so many bytes of decoded pixels have room.
    pub fn room(&self, bytes: u64) -> Permit<'_> {
        self.pixels.take(bytes)
    }

    /// A picture, decoded once there is room for it and for `more` bytes beside it; the room is free again when the
    /// permit is dropped.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn opened(&self, bytes: &[u8], more: u64) -> Result<(Picture, Permit<'_>), Fault> {
        let options = self.decode();
        let (width, height) = dimensions(bytes)?;
        // What is too large is refused by its header, and keeps nobody waiting.
        options.limits.check_size(width, height, 0)?;
        let room = self.room(u64::from(width) * u64::from(height) * 3 + more);
        Ok((decode(bytes, &options)?, room))
    }

    /// How pictures of visitors are decoded.
    #[must_use]
    pub fn decode(&self) -> DecodeOptions {
        DecodeOptions {
            limits: self.bounds.picture,
            ..DecodeOptions::default()
        }
    }
}

impl<'a> Commission<'a> {
    fn control(&self) -> Control<'a> {
        Control {
            cancel: self.cancel.clone(),
            progress: self.progress,
            ..Control::default()
        }
    }
}

fn value(answer: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(answer).map_err(|error| Fault::new(ErrorKind::Model, error))
}

/// What stands in an answer for a file that is kept nowhere.
#[must_use]
pub fn unkept(made: &Made) -> Value {
    json!({"name": made.name, "type": made.media.mime(), "bytes": made.bytes.len()})
}
