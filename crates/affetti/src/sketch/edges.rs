//! The edges that drawings follow: the embedded edge network's, or without weights the gradient's.

use std::sync::OnceLock;

use affetti_picture::Picture;
use affetti_regions::edges::{EMBEDDED, EdgeNetwork};
use affetti_sketch::{Detector, EdgeSource};

/// The network's strengths are low: its best threshold on photographs is .2 (its card). Doubled,
/// what people draw is above the tracer's half.
const GAIN: f32 = 2.0;

/// Parts of the long side: photographs of paintings show a rim of canvas or frame, and a stroke
/// spent on it is one less for the picture.
const RIM: usize = 40;

/// The embedded edge network as the tracer asks it.
#[derive(Debug)]
struct Learned(EdgeNetwork);

impl Detector for Learned {
    fn edges(&self, picture: &Picture) -> Vec<f32> {
        let strength = self.0.strength(picture);
        let (width, height) = strength.size();
        let rim = width.max(height) / RIM;
        let inside = |at: usize, length: usize| at >= rim && at + rim < length;
        let value = |(i, v): (usize, &f32)| {
            if inside(i % width, width) && inside(i / width, height) {
                (GAIN * v).min(1.0)
            } else {
                0.0
            }
        };
        strength.values().iter().enumerate().map(value).collect()
    }
}

/// Loaded once; nothing in a build without weights.
fn learned() -> Option<&'static Learned> {
    static NETWORK: OnceLock<Option<Learned>> = OnceLock::new();
    let load = || {
        EdgeNetwork::embedded(crate::available_threads())
            .ok()
            .map(Learned)
    };
    NETWORK.get_or_init(load).as_ref()
}

/// The best source there is.
pub(super) fn source() -> EdgeSource<'static> {
    learned().map_or(EdgeSource::Gradient, |network| {
        EdgeSource::Detector(network)
    })
}

/// Its name, for the metadata of drawings.
pub(super) fn name() -> &'static str {
    if learned().is_some() {
        EMBEDDED
    } else {
        "gradient"
    }
}
