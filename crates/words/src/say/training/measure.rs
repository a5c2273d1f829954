//! How a speaker does on paintings of the test split.
//!
//! - **Computes** CIDEr-D and BLEU, ROUGE-L, METEOR of a sentence for each painting, which expresses what the
//!   predictor sees, the first that is likeliest; beside one sentence for all paintings.
//! - **Deviations** figures with judges are those of `affetti eval speaker`.

use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::metrics::report::{Besides, measure};
use crate::say::speaker::{Judges, SayOptions, Speaker};
use crate::sight::paintings::Gallery;
use affetti_data::Split;
use affetti_data::captions::Captioned;
use affetti_feel::Predictor;
use affetti_nets::device::Device;
use affetti_train::Places;
use affetti_weights::registry::Metric;
use rayon::prelude::*;

pub(super) fn figures(
    seed: u64,
    places: &Places<'_>,
    speaker: &Speaker,
    gallery: &Gallery,
) -> Result<WordsFigures, WordsError> {
    let measured: Vec<_> = gallery
        .seen
        .iter()
        .filter(|seen| seen.split == Split::Test && !seen.said.is_empty())
        .collect();
    (places.stage)(
        "sentences about paintings of the test split",
        0,
        measured.len(),
    );
    let options = SayOptions {
        seed,
        ..SayOptions::default()
    };
    let predictor = Predictor::embedded(&Device::Cpu)?;
    let say = |seen: &&&crate::sight::paintings::Seen| -> Result<Captioned, WordsError> {
        let emotion = predictor.described_emotions(&seen.components)?.dominant();
        let said = speaker.say(&seen.sight, Some(emotion), &options, Judges::default())?;
        Ok(Captioned {
            picture: seen.key.clone(),
            caption: said
                .first()
                .map(|said| said.text.clone())
                .unwrap_or_default(),
            emotion: Some(emotion),
        })
    };
    let captions: Vec<Captioned> = measured
        .par_iter()
        .map(|seen| say(&seen))
        .collect::<Result<_, _>>()?;
    let references: Vec<Captioned> = measured
        .iter()
        .flat_map(|seen| {
            seen.said.iter().map(|(emotion, text)| Captioned {
                picture: seen.key.clone(),
                caption: text.clone(),
                emotion: Some(*emotion),
            })
        })
        .collect();
    let found = measure(&references, &captions, Besides::default())?;
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let metric = |f: &crate::metrics::report::CaptionFigure| {
        let baseline = f.constant?;
        Some(Metric {
            set: "paintings of ArtEmis, test split, one sentence each, no judge".into(),
            name: f.metric.clone(),
            value: round(f.value),
            baseline: round(baseline),
            against: "one sentence for all".into(),
            interval: f.interval?.map(round),
            n: f.n,
        })
    };
    Ok(WordsFigures(
        found.0.iter().filter_map(metric).collect(),
        None,
    ))
}
