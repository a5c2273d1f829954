//! Correlation with what people said along each setting of the sum, the others at the published
//! values.

use affetti_emotion::metrics::pearson;

use super::{
    case::{Case, Question},
    fuse::{ALPHAS, BETAS, COUNTS, Fused, PUBLISHED},
};
use crate::plot::Plot;

/// Names and contents of SVG files.
pub(super) fn plots(question: Question, cases: &[Case], fused: &Fused) -> Vec<(String, String)> {
    let truth: Vec<f64> = cases.iter().map(|c| c.truth).collect();
    let global: Vec<f64> = cases.iter().map(|c| c.global).collect();
    let r = |cue: &[f64]| pearson(&truth, cue).unwrap_or(0.0);
    let sweep = |name: &str, axis: &str, places: Vec<String>, values: Vec<f64>| {
        let plot = Plot {
            title: &format!("{}: Pearson r, sum fusion", question.name()),
            axis,
            places,
            lines: vec![("with regions".into(), values)],
            levels: vec![("whole picture alone".into(), r(&global))],
        };
        (
            format!("regions-{}-{name}.svg", question.word()),
            plot.svg(),
        )
    };
    let (alpha, k, beta) = PUBLISHED;
    let at = |setting| r(fused.sum(setting));
    vec![
        sweep(
            "alpha",
            "α, weight of sentiment in the AR score (β .3, K 8)",
            ALPHAS.iter().map(|a| format!("{a:.1}")).collect(),
            ALPHAS.iter().map(|&alpha| at((alpha, k, beta))).collect(),
        ),
        sweep(
            "beta",
            "β, weight of the regions (α .6, K 8)",
            BETAS.iter().map(|b| format!("{b:.1}")).collect(),
            BETAS.iter().map(|&beta| at((alpha, k, beta))).collect(),
        ),
        sweep(
            "k",
            "K, number of regions (α .6, β .3)",
            COUNTS.iter().map(ToString::to_string).collect(),
            COUNTS.iter().map(|&k| at((alpha, k, beta))).collect(),
        ),
    ]
}
