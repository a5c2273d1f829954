//! What regions add to the prediction of the whole picture.
//!
//! - **Computes** polarity of OASIS photographs and of paintings from the whole picture alone and
//!   from picture and regions together, on the same pictures, with the paired difference.
//! - **Input** labelled pictures through [`Study`]: every head is asked only of pictures that it has
//!   not seen. A photograph is positive above valence 4; a painting where more viewers named a
//!   positive emotion than a negative one.
//! - **Output** a [`Report`]: accuracy with the majority class beside it, balanced accuracy, and the
//!   correlation with what people said; sweeps of α, β and K as SVG.
//! - **Source** Yang et al. 2018; facts G.1, and G.3 for what has to stand beside an accuracy.
//! - **Deviation** α, β, K, and the penalty of the concatenation are chosen anew for each of five
//!   folds, on the other four, by the squared error of the cue; what is reported is of the fold left
//!   out. The *cue* of a picture or region is its out-of-fold valence less 4 for photographs, and
//!   P(positive) − P(negative) for paintings. Where nothing is gained on the other four folds, β may
//!   be 0.

use std::{
    fmt::Write,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use affetti_emotion::{
    Bootstrap, CheckedBootstrap, Distribution, Emotion, Sentiment,
    metrics::{auc, pearson},
};
use affetti_feel::{
    Config, FeelError, Predictor, RegionWay, STUDY_FOLDS, Scratch, Step, Study, TrainOptions,
};
use affetti_picture::{DecodeOptions, Filter, read};
use serde::Serialize;

use crate::{
    affective::{Normalization, ar_score, normalize_objectness, sentiment_score, top},
    error::RegionsError,
    find::{self, Classes, Options, WORKING_SIDE},
    linear::Model,
    plot::Plot,
};

/// Settings that are tried.
const ALPHAS: [f32; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const BETAS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const COUNTS: [usize; 6] = [1, 2, 4, 8, 16, 32];
const PENALTIES: [f64; 4] = [0.003, 0.03, 0.3, 3.0];
/// The set whose cue is valence.
const PHOTOGRAPHS: &str = "photographs";
/// Middle of the valence scale.
const NEUTRAL: f64 = 4.0;

/// One picture, reduced to what fusion needs.
#[derive(Debug, Clone, PartialEq)]
struct Case {
    fold: usize,
    /// What people said, on the scale of the cue.
    truth: f64,
    /// Of the whole picture.
    global: f64,
    /// Of each region.
    regions: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    /// 0..=1.
    objectness: f32,
    /// 0..=1.
    sentiment: f32,
    cue: f64,
}

/// What is measured, with its uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Which pictures.
    pub set: String,
    /// How regions and picture were put together.
    pub fusion: String,
    /// What was measured.
    pub metric: String,
    /// With regions.
    pub value: f64,
    /// Of the whole picture alone.
    pub global: f64,
    /// Of the answer that is right most often, or 0 for a correlation.
    pub prior: f64,
    /// 95 % bootstrap interval of value − global, the same pictures drawn for both.
    pub gain: [f64; 2],
    /// Number of pictures.
    pub n: usize,
}

/// All figures, and plots by file name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The model behind all predictions.
    pub model: String,
    /// In the order of the table.
    pub figures: Vec<Figure>,
    /// The settings chosen in each fold.
    pub chosen: Vec<String>,
    /// Name and content of SVG files.
    #[serde(skip)]
    pub plots: Vec<(String, String)>,
}

impl Report {
    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{}\n", self.model);
        let _ = writeln!(
            text,
            "{:<12} {:<14} {:<18} {:>8} {:>8} {:>8}  {:<18} {:>5}",
            "pictures", "fusion", "metric", "regions", "global", "prior", "gain, 95 %", "n"
        );
        for f in &self.figures {
            let gain = format!("{:+.3}..{:+.3}", f.gain[0], f.gain[1]);
            let _ = writeln!(
                text,
                "{:<12} {:<14} {:<18} {:>8.3} {:>8.3} {:>8.3}  {gain:<18} {:>5}",
                f.set, f.fusion, f.metric, f.value, f.global, f.prior, f.n
            );
        }
        text += "settings by fold, chosen on the other folds:\n";
        for line in &self.chosen {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}

/// Measures fusion on the data of `config`. `limit` keeps the first so many pictures of each set, 0
/// all of them.
///
/// # Errors
/// Missing or unreadable data.
pub fn evaluate(
    config: &Config,
    predictor: &Predictor,
    way: RegionWay,
    limit: usize,
    options: &TrainOptions<'_>,
) -> Result<Report, RegionsError> {
    let mut report = Report {
        model: format!("{}, {}", predictor.model().name, way_name(way)),
        figures: Vec::new(),
        chosen: Vec::new(),
        plots: Vec::new(),
    };
    let bootstrap = Bootstrap::seeded(config.seed).check()?;
    for name in [PHOTOGRAPHS, "paintings"] {
        let study = if name == PHOTOGRAPHS {
            Study::photographs(config, predictor, options)?
        } else {
            Study::paintings(config, predictor, options)?
        };
        let cases = cases(&study, predictor, way, limit, name, options)?;
        judge(name, &cases, &bootstrap, &mut report)?;
    }
    Ok(report)
}

fn way_name(way: RegionWay) -> String {
    match way {
        RegionWay::Crop => "regions cut out".into(),
        RegionWay::Roi(side) => format!("regions pooled at {side} px"),
    }
}

fn cue(emotions: &Distribution<Emotion>) -> f64 {
    let polarity = emotions.polarity();
    polarity.get(Sentiment::Positive) - polarity.get(Sentiment::Negative)
}

fn cases(
    study: &Study<'_>,
    predictor: &Predictor,
    way: RegionWay,
    limit: usize,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Result<Vec<Case>, RegionsError> {
    let total = if limit == 0 {
        study.len()
    } else {
        limit.min(study.len())
    };
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let cases: Mutex<Vec<Option<Case>>> = Mutex::new(vec![None; total]);
    let failed: Mutex<Option<RegionsError>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= total || failed.lock().is_ok_and(|f| f.is_some()) {
                        break;
                    }
                    match case(study, predictor, way, i, &mut scratch) {
                        Ok(case) => {
                            if let Ok(mut cases) = cases.lock() {
                                cases[i] = Some(case);
                            }
                        }
                        Err(error) => {
                            if let Ok(mut failed) = failed.lock() {
                                failed.get_or_insert(error);
                            }
                        }
                    }
                    (options.progress)(Step {
                        stage: &format!("regions of {stage}"),
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        total,
                    });
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_default() {
        return Err(error);
    }
    let cases = cases.into_inner().unwrap_or_default();
    Ok(cases.into_iter().flatten().collect())
}

fn case(
    study: &Study<'_>,
    predictor: &Predictor,
    way: RegionWay,
    i: usize,
    scratch: &mut Scratch,
) -> Result<Case, RegionsError> {
    let picture = read(study.file(i), &DecodeOptions::default()).map_err(FeelError::from)?;
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let (_, screened) = find::candidates(&small, &Options::default())?;
    let places: Vec<[u32; 4]> = screened.iter().map(|p| p.region).collect();
    let rows = predictor
        .extractor()
        .region_features(&small, &places, way, scratch, 1)?;
    let raw: Vec<f32> = screened.iter().map(|p| p.objectness).collect();
    let objectness = normalize_objectness(&raw, Normalization::Max)?;
    let measure = |features: &[f32]| -> Result<(Distribution<Emotion>, f64), RegionsError> {
        let emotions = study.emotions(i, features)?;
        let cue = match study.valence(i, features)? {
            Some(valence) => valence - NEUTRAL,
            None => cue(&emotions),
        };
        Ok((emotions, cue))
    };
    let mut regions = Vec::new();
    for (row, objectness) in rows.iter().zip(objectness) {
        let (emotions, cue) = measure(row)?;
        regions.push(Part {
            objectness,
            sentiment: sentiment_score(&find::shares(&emotions, Classes::Two))?,
            cue,
        });
    }
    let target = study.target(i);
    let truth = if target.len() == 2 {
        target[0] - NEUTRAL
    } else {
        cue(&Distribution::from_counts(target)?)
    };
    Ok(Case {
        fold: study.fold(i),
        truth,
        global: measure(study.features(i))?.1,
        regions,
    })
}

/// Cues of the best `k` regions of every case at `alpha`, best first.
fn best(cases: &[Case], alpha: f32, k: usize) -> Result<Vec<Vec<f64>>, RegionsError> {
    cases
        .iter()
        .map(|case| {
            let scores = case
                .regions
                .iter()
                .map(|r| ar_score(r.objectness, r.sentiment, alpha))
                .collect::<Result<Vec<f32>, _>>()?;
            let order = top(&scores, k);
            Ok(order.into_iter().map(|i| case.regions[i].cue).collect())
        })
        .collect()
}

/// (1 − β)·global + β·mean of the regions.
fn sum(case: &Case, regions: &[f64], beta: f64) -> f64 {
    if regions.is_empty() {
        return case.global;
    }
    let mean = regions.iter().sum::<f64>() / regions.len() as f64;
    (1.0 - beta) * case.global + beta * mean
}

/// The cue farthest from neutral: what the elementwise maximum decides by.
fn strongest(case: &Case, regions: &[f64]) -> f64 {
    regions.iter().copied().fold(
        case.global,
        |best, cue| {
            if cue.abs() > best.abs() { cue } else { best }
        },
    )
}

/// Global and regions side by side; the global one stands in for what is missing (facts G.4, 12).
fn side_by_side(case: &Case, regions: &[f64], k: usize) -> Vec<f64> {
    let padded = (0..k).map(|i| regions.get(i).copied().unwrap_or(case.global));
    std::iter::once(case.global).chain(padded).collect()
}

fn squared_error(cases: &[Case], predicted: &[f64], rows: &[usize]) -> f64 {
    let errors = rows
        .iter()
        .map(|&i| (cases[i].truth - predicted[i]).powi(2));
    errors.sum::<f64>() / rows.len().max(1) as f64
}

/// Rows inside and outside of a fold.
fn parted(cases: &[Case], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..cases.len()).partition(|&i| cases[i].fold == fold)
}

/// For each fold the candidate with the least error on the others; its predictions on the fold.
fn chosen<S>(cases: &[Case], candidates: &[(S, Vec<f64>)]) -> (Vec<f64>, Vec<usize>) {
    let mut predicted = vec![0.0; cases.len()];
    let mut picks = Vec::new();
    for fold in 0..STUDY_FOLDS {
        let (held, seen) = parted(cases, fold);
        let pick = (0..candidates.len())
            .min_by(|&a, &b| {
                let error = |c: usize| squared_error(cases, &candidates[c].1, &seen);
                error(a).total_cmp(&error(b))
            })
            .unwrap_or(0);
        picks.push(pick);
        for i in held {
            predicted[i] = candidates[pick].1[i];
        }
    }
    (predicted, picks)
}

fn judge(
    set: &str,
    cases: &[Case],
    bootstrap: &CheckedBootstrap,
    report: &mut Report,
) -> Result<(), RegionsError> {
    let global: Vec<f64> = cases.iter().map(|c| c.global).collect();
    let mut sums = Vec::new();
    let mut maxima = Vec::new();
    for alpha in ALPHAS {
        for k in COUNTS {
            let regions = best(cases, alpha, k)?;
            let each = |fuse: &dyn Fn(&Case, &[f64]) -> f64| -> Vec<f64> {
                cases
                    .iter()
                    .zip(&regions)
                    .map(|(c, r)| fuse(c, r))
                    .collect()
            };
            maxima.push(((alpha, k), each(&strongest)));
            for beta in BETAS {
                sums.push(((alpha, k, beta), each(&|c, r| sum(c, r, beta))));
            }
        }
    }
    let fixed = |wanted: (f32, usize, f64)| {
        let found = sums.iter().find(|s| s.0 == wanted);
        found.map_or_else(|| global.clone(), |s| s.1.clone())
    };
    let published = fixed((0.6, 8, 0.3));
    let (by_sum, picks) = chosen(cases, &sums);
    let named: Vec<String> = picks
        .iter()
        .map(|&p| {
            let (alpha, k, beta) = sums[p].0;
            format!("α {alpha} K {k} β {beta}")
        })
        .collect();
    report
        .chosen
        .push(format!("{set}, sum: {}", named.join("; ")));
    let (by_max, picks) = chosen(cases, &maxima);
    let named: Vec<String> = picks
        .iter()
        .map(|&p| format!("α {} K {}", maxima[p].0.0, maxima[p].0.1))
        .collect();
    report
        .chosen
        .push(format!("{set}, max: {}", named.join("; ")));
    let (by_model, named) = concatenated(cases, if set == PHOTOGRAPHS { 3.0 } else { 1.0 })?;
    report
        .chosen
        .push(format!("{set}, concatenation: {}", named.join("; ")));
    for (fusion, predicted) in [
        ("sum", &by_sum),
        ("sum, published", &published),
        ("max", &by_max),
        ("concatenation", &by_model),
    ] {
        report.figures.extend(figures(
            (set, fusion),
            cases,
            predicted,
            &global,
            bootstrap,
        )?);
    }
    report.plots.extend(plots(set, cases, &global, &fixed));
    Ok(())
}

/// Logistic regression from the cues side by side to what people said; α, K and the penalty are
/// chosen inside of the other four folds. `range` is the largest cue there can be.
fn concatenated(cases: &[Case], range: f64) -> Result<(Vec<f64>, Vec<String>), RegionsError> {
    let mut tables = Vec::new();
    for alpha in ALPHAS {
        for k in COUNTS {
            let regions = best(cases, alpha, k)?;
            let rows: Vec<Vec<f64>> = cases
                .iter()
                .zip(&regions)
                .map(|(c, r)| side_by_side(c, r, k))
                .collect();
            tables.push(((alpha, k), rows));
        }
    }
    let fit = |rows: &[Vec<f64>], seen: &[usize], penalty: f64| {
        let x: Vec<Vec<f64>> = seen.iter().map(|&i| rows[i].clone()).collect();
        let share = |truth: f64| (truth / range + 1.0) / 2.0;
        let y: Vec<f64> = seen.iter().map(|&i| share(cases[i].truth)).collect();
        Model::fit(&x, &y, penalty)
    };
    let apply = |model: &Model, row: &[f64]| (2.0 * model.apply(row) - 1.0) * range;
    let mut predicted = vec![0.0; cases.len()];
    let mut named = Vec::new();
    for fold in 0..STUDY_FOLDS {
        let (held, seen) = parted(cases, fold);
        let mut least: Option<(f64, usize, f64)> = None;
        for (t, (_, rows)) in tables.iter().enumerate() {
            for penalty in PENALTIES {
                let mut error = 0.0;
                for inner in (0..STUDY_FOLDS).filter(|&inner| inner != fold) {
                    let (out, rest): (Vec<usize>, Vec<usize>) =
                        seen.iter().partition(|&&i| cases[i].fold == inner);
                    let model = fit(rows, &rest, penalty)?;
                    let errors = out
                        .iter()
                        .map(|&i| (cases[i].truth - apply(&model, &rows[i])).powi(2));
                    error += errors.sum::<f64>();
                }
                if least.is_none_or(|(e, ..)| error < e) {
                    least = Some((error, t, penalty));
                }
            }
        }
        let Some((_, t, penalty)) = least else {
            continue;
        };
        let ((alpha, k), rows) = &tables[t];
        named.push(format!("α {alpha} K {k} λ {penalty}"));
        let model = fit(rows, &seen, penalty)?;
        for i in held {
            predicted[i] = apply(&model, &rows[i]);
        }
    }
    Ok((predicted, named))
}

/// Pictures with a side: people were not evenly divided.
fn decided(cases: &[Case]) -> Vec<usize> {
    (0..cases.len())
        .filter(|&i| cases[i].truth.abs() > 1e-9)
        .collect()
}

fn figures(
    (set, fusion): (&str, &str),
    cases: &[Case],
    predicted: &[f64],
    global: &[f64],
    bootstrap: &CheckedBootstrap,
) -> Result<Vec<Figure>, RegionsError> {
    let rows = decided(cases);
    let positive = |i: usize| cases[i].truth > 0.0;
    let of = |draw: &[usize]| -> Vec<usize> { draw.iter().map(|&d| rows[d]).collect() };
    let accuracy = |cue: &[f64], draw: &[usize]| {
        let hits = of(draw)
            .into_iter()
            .filter(|&i| (cue[i] > 0.0) == positive(i));
        Some(hits.count() as f64 / draw.len() as f64)
    };
    let balanced = |cue: &[f64], draw: &[usize]| {
        let share = |side: bool| {
            let of: Vec<usize> = of(draw)
                .into_iter()
                .filter(|&i| positive(i) == side)
                .collect();
            let hits = of.iter().filter(|&&i| (cue[i] > 0.0) == side).count();
            (!of.is_empty()).then(|| hits as f64 / of.len() as f64)
        };
        Some((share(true)? + share(false)?) / 2.0)
    };
    let area = |cue: &[f64], draw: &[usize]| {
        let drawn = of(draw);
        let scores: Vec<f64> = drawn.iter().map(|&i| cue[i]).collect();
        let sides: Vec<bool> = drawn.iter().map(|&i| positive(i)).collect();
        auc(&scores, &sides).ok()
    };
    let r = |cue: &[f64], draw: &[usize]| {
        let drawn = of(draw);
        let told: Vec<f64> = drawn.iter().map(|&i| cue[i]).collect();
        let truth: Vec<f64> = drawn.iter().map(|&i| cases[i].truth).collect();
        pearson(&truth, &told).ok()
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    let most = rows.iter().filter(|&&i| positive(i)).count() as f64 / rows.len().max(1) as f64;
    type Measure<'a> = &'a dyn Fn(&[f64], &[usize]) -> Option<f64>;
    let metrics: [(&str, Measure<'_>, f64); 4] = [
        ("accuracy", &accuracy, most.max(1.0 - most)),
        ("balanced accuracy", &balanced, 0.5),
        ("AUC", &area, 0.5),
        ("Pearson r", &r, 0.0),
    ];
    metrics
        .into_iter()
        .map(|(metric, measure, prior)| {
            let gain = bootstrap.difference(
                rows.len(),
                |draw| measure(predicted, draw),
                |draw| measure(global, draw),
            )?;
            Ok(Figure {
                set: set.to_owned(),
                fusion: fusion.to_owned(),
                metric: metric.to_owned(),
                value: measure(predicted, &all).unwrap_or(f64::NAN),
                global: measure(global, &all).unwrap_or(f64::NAN),
                prior,
                gain: [gain.interval.low, gain.interval.high],
                n: rows.len(),
            })
        })
        .collect()
}

/// Correlation with what people said along each setting, the others at the published values.
fn plots(
    set: &str,
    cases: &[Case],
    global: &[f64],
    fused: &dyn Fn((f32, usize, f64)) -> Vec<f64>,
) -> Vec<(String, String)> {
    let truth: Vec<f64> = cases.iter().map(|c| c.truth).collect();
    let r = |cue: &[f64]| pearson(&truth, cue).unwrap_or(0.0);
    let sweep = |name: &str, axis: &str, places: Vec<String>, values: Vec<f64>| {
        let plot = Plot {
            title: &format!("Polarity of {set}: Pearson r, sum fusion"),
            axis,
            places,
            lines: vec![("with regions".into(), values)],
            levels: vec![("whole picture alone".into(), r(global))],
        };
        (format!("regions-{set}-{name}.svg"), plot.svg())
    };
    let text = |values: &[f64]| values.iter().map(|v| format!("{v:.1}")).collect();
    vec![
        sweep(
            "alpha",
            "α, weight of sentiment in the AR score (β .3, K 8)",
            ALPHAS.iter().map(|a| format!("{a:.1}")).collect(),
            ALPHAS.iter().map(|&a| r(&fused((a, 8, 0.3)))).collect(),
        ),
        sweep(
            "beta",
            "β, weight of the regions (α .6, K 8)",
            text(&BETAS),
            BETAS.iter().map(|&b| r(&fused((0.6, 8, b)))).collect(),
        ),
        sweep(
            "k",
            "K, number of regions (α .6, β .3)",
            COUNTS.iter().map(ToString::to_string).collect(),
            COUNTS.iter().map(|&k| r(&fused((0.6, k, 0.3)))).collect(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regions that know the truth, or nothing.
    fn made(knowing: bool) -> Vec<Case> {
        let mut rng = fastrand::Rng::with_seed(3);
        (0..300)
            .map(|i| {
                let truth = rng.f64() * 2.0 - 1.0;
                let mut noise = || (rng.f64() - 0.5) * 2.0;
                let global = truth + noise();
                let regions = (0..10)
                    .map(|_| Part {
                        objectness: 0.5,
                        sentiment: 0.5,
                        cue: if knowing { truth } else { 0.0 } + noise(),
                    })
                    .collect();
                Case {
                    fold: i % STUDY_FOLDS,
                    truth,
                    global,
                    regions,
                }
            })
            .collect()
    }

    fn report(cases: &[Case]) -> Report {
        let mut report = Report {
            model: "m".into(),
            figures: Vec::new(),
            chosen: Vec::new(),
            plots: Vec::new(),
        };
        let bootstrap = Bootstrap {
            resamples: 200,
            ..Bootstrap::seeded(1)
        };
        let bootstrap = bootstrap.check().expect("settings");
        judge("set", cases, &bootstrap, &mut report).expect("judged");
        report
    }

    #[test]
    fn regions_that_know_help_and_others_do_no_harm() {
        let gain = |report: &Report, fusion: &str| {
            let wanted = |f: &&Figure| f.fusion == fusion && f.metric == "Pearson r";
            let figure = report.figures.iter().find(wanted).expect("measured");
            figure.gain
        };
        let helped = report(&made(true));
        assert!(gain(&helped, "sum")[0] > 0.0);
        assert!(gain(&helped, "concatenation")[0] > 0.0);
        let same = report(&made(false));
        // Choosing among ways to add noise costs a little: the interval of 300 cases is that wide.
        assert!(gain(&same, "sum")[0] > -0.1, "{same:?}");
        assert_eq!(helped.plots.len(), 3);
        assert!(helped.table().contains("sum"));
    }

    #[test]
    fn a_picture_without_regions_keeps_its_own_cue() {
        let case = Case {
            fold: 0,
            truth: 0.0,
            global: 0.4,
            regions: Vec::new(),
        };
        assert_eq!(sum(&case, &[], 0.7), 0.4);
        assert_eq!(strongest(&case, &[]), 0.4);
        assert_eq!(side_by_side(&case, &[], 2), [0.4; 3]);
        // .7·.4 + .3·mean(−.2, .6).
        assert!((sum(&case, &[-0.2, 0.6], 0.3) - 0.34).abs() < 1e-12);
        assert_eq!(strongest(&case, &[-0.9, 0.6]), -0.9);
    }
}
