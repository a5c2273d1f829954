//! The pipeline: a stream of inputs becomes a stream of readings, in the same order.
//!
//! Every worker reads, decodes and predicts one picture at a time, so that decoding and inference
//! overlap on all cores without a hand-over between them. With fewer pictures than threads, the
//! threads left over work inside the networks.
//!
//! Memory: decoded pictures are at most one per worker and at most
//! [`FeelOptions::pixel_bytes`] together; finished readings (a few kB each) wait in a window of
//! twice the workers and four.

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use affetti_feel::{Predictor, Scratch, index::Stamp};
use affetti_picture::{DecodeOptions, Filter, Picture, decode, dimensions, measures};

use crate::{
    budget::{Budget, Permit},
    failure::{ErrorKind, Failure},
    inputs::{Found, Job, Source},
    load, ordered,
    reading::{Reading, Trace},
    regions::Fusion,
};

/// Name of the threads that feel. A panic there is caught and becomes a [`Failure`], so that a
/// program may keep the panic hook quiet on threads of this name.
pub const WORKER_THREAD: &str = "feel-worker";
/// Longest side of a thumbnail, in pixels: sharp at 120 CSS pixels on a dense screen.
const THUMBNAIL_SIDE: u32 = 240;
/// JPEG qualities to try until a thumbnail fits; the first is good, the last still decent.
const THUMBNAIL_QUALITIES: [u8; 4] = [78, 66, 54, 42];
/// A report of 2,000 pictures stays below 30 MB, base64 included.
const THUMBNAIL_BYTES: usize = 10_000;

/// How a collection is felt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeelOptions {
    /// Threads in all; 0, the default, is one per core.
    pub threads: usize,
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// Whether readings carry a thumbnail. Default false.
    pub thumbnails: bool,
    /// Whether readings carry what an index keeps of them. Default false.
    pub traces: bool,
    /// Decoded pixels that may be alive at once, in bytes; a larger picture is felt when no other
    /// one is. Default 512 MiB: fourteen pictures of 12 megapixels.
    pub pixel_bytes: u64,
    /// Whether and how regions take part. Default none.
    pub regions: Option<Fusion>,
}

impl Default for FeelOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            decode: DecodeOptions::default(),
            thumbnails: false,
            traces: false,
            pixel_bytes: 512 << 20,
            regions: None,
        }
    }
}

/// What became of one find of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<R = Reading> {
    /// An answer.
    Felt(Box<R>),
    /// No answer, and why.
    Failed(Failure),
    /// A note of the stream, in its place.
    Note(String),
}

/// One thread per core that this process may use.
#[must_use]
pub fn available_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Feels every picture of `inputs` and hands the outcomes to `sink`, on this thread and in the
/// order of the inputs, until the sink breaks.
///
/// A picture that makes the program panic becomes a [`Failure`] like any other.
pub fn feel(
    predictor: &Predictor,
    inputs: impl Iterator<Item = Found> + Send,
    options: &FeelOptions,
    sink: impl FnMut(Outcome) -> ControlFlow<()>,
) {
    let budget = Budget::new(options.pixel_bytes);
    let one = |job: &Job, scratch: &mut Scratch, threads| {
        feel_one(predictor, job, options, &budget, scratch, threads)
    };
    stream(inputs, options.threads, one, sink);
}

/// Answers every picture of `inputs` by `one`, which gets the threads for its own use, and hands
/// the outcomes to `sink` as [`feel`] does.
pub(crate) fn stream<R: Send>(
    mut inputs: impl Iterator<Item = Found> + Send,
    threads: usize,
    one: impl Fn(&Job, &mut Scratch, usize) -> Result<R, Failure> + Sync,
    sink: impl FnMut(Outcome<R>) -> ControlFlow<()>,
) {
    let threads = match threads {
        0 => available_threads(),
        wanted => wanted,
    };
    // A look ahead tells whether there is work for every thread.
    let head: Vec<Found> = inputs.by_ref().take(threads).collect();
    let pictures = head
        .iter()
        .filter(|found| matches!(found, Found::Picture(_)))
        .count();
    let workers = pictures.max(1);
    let inside = (threads / workers).max(1);
    let work = |found: Found, scratch: &mut Scratch| match found {
        Found::Failed(failure) => Outcome::Failed(failure),
        Found::Note(note) => Outcome::Note(note),
        Found::Picture(job) => {
            match catch_unwind(AssertUnwindSafe(|| one(&job, scratch, inside))) {
                Ok(Ok(reading)) => Outcome::Felt(Box::new(reading)),
                Ok(Err(failure)) => Outcome::Failed(failure),
                Err(_) => {
                    // Whatever the panic left half done in there must not reach the next picture.
                    *scratch = Scratch::default();
                    Outcome::Failed(gave_up(&job))
                }
            }
        }
    };
    let all = head.into_iter().chain(inputs);
    ordered::map(all, workers, 2 * workers + 4, Scratch::default, work, sink);
}

fn gave_up(job: &Job) -> Failure {
    let message = "the program gave up on this picture: a bug of affetti; please report it";
    Failure::new(job.source.name(), ErrorKind::Model, message)
}

fn feel_one(
    predictor: &Predictor,
    job: &Job,
    options: &FeelOptions,
    budget: &Budget,
    scratch: &mut Scratch,
    threads: usize,
) -> Result<Reading, Failure> {
    let path = job.source.name();
    // Asked before the file is read: one that changes meanwhile will be read again next time.
    let stamp = match &job.source {
        Source::File(file) if options.traces => Stamp::of(file),
        _ => None,
    };
    let (picture, permit) = open(job, &options.decode, budget)?;
    let (mut prediction, components) = predictor
        .predict_with_description(&picture, scratch, threads)
        .map_err(|error| Failure::from_feel(path.clone(), &error))?;
    let regions = match &options.regions {
        Some(fusion) => Some(
            fusion
                .apply(&picture, predictor, &mut prediction, scratch, threads)
                .map_err(|error| Failure::from_regions(path.clone(), &error))?,
        ),
        None => None,
    };
    let reading = Reading {
        width: picture.width(),
        height: picture.height(),
        prediction,
        measures: measures(&picture),
        thumbnail: options.thumbnails.then(|| thumbnail(&picture)),
        caption: job.caption.clone(),
        regions,
        intention: None,
        trace: options.traces.then_some(Trace { components, stamp }),
        path,
    };
    drop((picture, permit));
    Ok(reading)
}

/// Reads and decodes a picture once there is room for it.
pub(crate) fn open<'a>(
    job: &Job,
    options: &DecodeOptions,
    budget: &'a Budget,
) -> Result<(Picture, Permit<'a>), Failure> {
    let bad = |error| Failure::from_picture(job.source.name(), &error);
    let bytes = load::bytes(&job.source, &options.limits)?;
    let (width, height) = dimensions(&bytes).map_err(bad)?;
    // Sizes beyond the limits are refused by `decode`; until then they must not block the others.
    options.limits.check_size(width, height, 0).map_err(bad)?;
    let permit = budget.take(u64::from(width) * u64::from(height) * 3);
    Ok((decode(&bytes, options).map_err(bad)?, permit))
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
