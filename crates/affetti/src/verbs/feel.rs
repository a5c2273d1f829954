//! Feelings of a collection: a stream of inputs becomes a stream of readings.

use std::ops::ControlFlow;

use affetti_feel::{FeelError, Scratch, index::Stamp};
use affetti_picture::{DecodeOptions, Filter, Picture, measures};
use affetti_words::{say::speaker::SayOptions, sight::Work as Sighting};

use super::fusion::Fusion;
use super::say::{Seen, said};
use crate::{
    answers::{Reading, Trace},
    models::Models,
    pipeline::{self, Control, Fault, Found, Outcome, Source, Task, Work},
};

/// Longest side of a thumbnail, in pixels: sharp at 120 CSS pixels on a dense screen.
const THUMBNAIL_SIDE: u32 = 240;
/// JPEG qualities to try until a thumbnail fits; the first is good, the last still decent.
const THUMBNAIL_QUALITIES: [u8; 4] = [78, 66, 54, 42];
/// A report of 2,000 pictures stays below 30 MB, base64 included.
const THUMBNAIL_BYTES: usize = 10_000;

/// How a collection is felt.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeelOptions {
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// Whether readings carry a thumbnail. Default false.
    pub thumbnails: bool,
    /// Whether readings carry what an index keeps of them. Default false.
    pub traces: bool,
    /// Whether and how regions take part. Default none.
    pub regions: Option<Fusion>,
    /// Whether readings carry a sentence. Default false.
    pub said: bool,
}

/// Feels every picture of `inputs` and hands the outcomes to `sink`, on this thread and in the
/// order of the inputs, until the sink breaks.
///
/// # Errors
/// Missing or damaged weights of the predictor, told before the work; those of the edge detector are
/// the failure of each picture.
pub fn feel(
    models: &Models,
    inputs: impl Iterator<Item = Found> + Send,
    options: &FeelOptions,
    control: &Control<'_>,
    sink: impl FnMut(Outcome<Reading>) -> ControlFlow<()>,
) -> Result<(), FeelError> {
    // Before many workers ask for them at once.
    models.usual()?;
    if options.said {
        // What fails is told of each picture.
        let _ = models.speech();
    }
    if let Some(fusion) = &options.regions {
        // Before many workers ask for it at once; what fails is told of each picture.
        let _ = models.detector(fusion.edges);
    }
    pipeline::run(&Feeling { models, options }, inputs, control, sink);
    Ok(())
}

/// The work of [`feel`](fn@feel) on one picture.
pub struct Feeling<'a> {
    /// The predictor, and the edge detector where regions are asked for.
    pub models: &'a Models,
    /// How it is done.
    pub options: &'a FeelOptions,
}

impl Work for Feeling<'_> {
    type State = Scratch;
    type Answer = Reading;

    fn state(&self) -> Scratch {
        Scratch::default()
    }

    fn threads(&self) -> usize {
        self.models.threads()
    }

    fn answer(&self, task: &Task<'_>, scratch: &mut Scratch) -> Result<Reading, Fault> {
        let (options, threads) = (self.options, task.threads);
        let predictor = self.models.predictor()?;
        // Asked before the file is read: one that changes meanwhile will be read again next time.
        let stamp = match &task.job.source {
            Source::File(file) if options.traces => Stamp::of(file),
            _ => None,
        };
        let opened = task.open(&options.decode)?;
        let picture = &opened.picture;
        let (mut prediction, components) =
            predictor.predict_with_description(picture, scratch, threads)?;
        let regions = match &options.regions {
            Some(fusion) => {
                let detector = self.models.detector(fusion.edges)?;
                let felt = &mut prediction;
                Some(fusion.apply(picture, predictor, detector, felt, scratch, threads)?)
            }
            None => None,
        };
        let usual = self.models.usual()?;
        let ranks = usual.map(|usual| usual.ranks(&prediction.emotions));
        let said = if options.said {
            let seen = Seen {
                picture,
                components: &components,
            };
            let emotions = [prediction.emotions.dominant()];
            let saying = SayOptions::default();
            let (mut sentences, _) = said(
                self.models,
                seen,
                &emotions,
                &saying,
                &mut Sighting::default(),
                threads,
            )?;
            sentences.pop()
        } else {
            None
        };
        Ok(Reading {
            said,
            path: task.job.source.name(),
            width: picture.width(),
            height: picture.height(),
            model: predictor.model().clone(),
            prediction,
            ranks,
            measures: measures(picture),
            thumbnail: options.thumbnails.then(|| thumbnail(picture)),
            caption: task.job.caption.clone(),
            regions,
            intention: None,
            trace: options.traces.then_some(Trace { components, stamp }),
        })
    }
}

/// The whole picture, small, as JPEG.
fn thumbnail(picture: &Picture) -> Vec<u8> {
    let small = picture.fit_within(THUMBNAIL_SIDE, Filter::Bicubic);
    let mut jpeg = Vec::new();
    for quality in THUMBNAIL_QUALITIES {
        jpeg = small.encode_jpeg(quality);
        if jpeg.len() <= THUMBNAIL_BYTES {
            break;
        }
    }
    jpeg
}

#[cfg(test)]
mod tests {
    use super::{THUMBNAIL_BYTES, thumbnail};
    use affetti_picture::{DecodeOptions, Picture, decode};

    #[test]
    fn thumbnails_are_small_whatever_the_picture() {
        let mut noise = 1_u32;
        let pixels: Vec<u8> = (0..900 * 600 * 3)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        for (width, height) in [(900, 600), (1, 1), (60_000, 1)] {
            let bytes = width as usize * height as usize * 3;
            let picture = Picture::new(width, height, pixels[..bytes].to_vec()).unwrap();
            let jpeg = thumbnail(&picture);
            assert!(jpeg.len() < 2 * THUMBNAIL_BYTES, "{}", jpeg.len());
            let back = decode(&jpeg, &DecodeOptions::default()).unwrap();
            assert!(back.width() <= 240 && back.height() <= 240);
        }
    }
}
