//! One cue from a picture and its regions, in several ways.
//!
//! | name | cue |
//! |---|---|
//! | sum | (1 − β)·global + β·mean of the best K regions; α, β and K chosen |
//! | sum, published | the same with the article's α .6, β .3, K 8 |
//! | max | the one farthest from neutral |
//! | recalibrated | a logistic curve of the global cue alone: what the next two would be without regions |
//! | concatenation | a logistic curve of the global cue and of what the best K regions differ from it |
//! | own heads | a logistic curve of the global cue and of what heads fitted on regions differ from it |
//!
//! In the last two the penalty is on the differences only: with a strong one they are the recalibrated
//! cue, so that regions which say nothing do little harm. α, K and penalty are chosen inside of the
//! other four folds.

use affetti_feel::FOLDS;
use rayon::prelude::*;

use super::case::{Case, Question};
use crate::{
    affective::{ar_score, top},
    error::RegionsError,
    linear::Model,
};

/// Settings that are tried.
pub(super) const ALPHAS: [f32; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
pub(super) const BETAS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
pub(super) const COUNTS: [usize; 6] = [1, 2, 4, 8, 16, 32];
const PENALTIES: [f64; 6] = [0.003, 0.01, 0.03, 0.1, 0.3, 10.0];
/// The article's.
pub(super) const PUBLISHED: (f32, usize, f64) = (0.6, 8, 0.3);

/// The name of what regressions are without regions.
pub(super) const RECALIBRATED: &str = "recalibrated";

/// The cues of all pictures by one way of fusion.
pub(super) struct Answer {
    pub(super) name: &'static str,
    pub(super) cues: Vec<f64>,
    /// Whether it moves the global cue's scale too, as [`RECALIBRATED`] does.
    pub(super) recalibrates: bool,
    /// Chosen in each fold; none where nothing was chosen.
    pub(super) settings: Vec<String>,
}

/// All ways, and every sum for the sweeps.
pub(super) struct Fused {
    pub(super) answers: Vec<Answer>,
    /// By α, K and β.
    pub(super) sums: Vec<((f32, usize, f64), Vec<f64>)>,
}

impl Fused {
    /// The cues of one setting of the sum.
    pub(super) fn sum(&self, wanted: (f32, usize, f64)) -> &[f64] {
        let found = self.sums.iter().find(|s| s.0 == wanted);
        found.map_or(&[], |s| &s.1)
    }
}

/// One way of choosing regions, and the cues of the best of every picture.
struct Choice {
    alpha: f32,
    k: usize,
    regions: Vec<Vec<f64>>,
}

pub(super) fn all(question: Question, cases: &[Case]) -> Result<Fused, RegionsError> {
    let mut choices = Vec::new();
    for alpha in ALPHAS {
        for k in COUNTS {
            let regions = best(cases, alpha, k)?;
            choices.push(Choice { alpha, k, regions });
        }
    }
    let mut sums = Vec::new();
    let mut maxima = Vec::new();
    for Choice { alpha, k, regions } in &choices {
        let both = || cases.iter().zip(regions);
        maxima.push(((*alpha, *k), both().map(|(c, r)| strongest(c, r)).collect()));
        for beta in BETAS {
            let cues = both().map(|(c, r)| sum(c, r, beta)).collect();
            sums.push(((*alpha, *k, beta), cues));
        }
    }
    let (by_sum, picks) = chosen(cases, &sums);
    let settings = |p: &usize| {
        let (alpha, k, beta) = sums[*p].0;
        format!("α {alpha} K {k} β {beta}")
    };
    let mut answers = vec![Answer {
        name: "sum",
        cues: by_sum,
        recalibrates: false,
        settings: picks.iter().map(settings).collect(),
    }];
    let fused = Fused {
        answers: Vec::new(),
        sums,
    };
    answers.push(Answer {
        name: "sum, published",
        cues: fused.sum(PUBLISHED).to_vec(),
        recalibrates: false,
        settings: Vec::new(),
    });
    let (by_max, picks) = chosen(cases, &maxima);
    let settings = |p: &usize| format!("α {} K {}", maxima[*p].0.0, maxima[*p].0.1);
    answers.push(Answer {
        name: "max",
        cues: by_max,
        recalibrates: false,
        settings: picks.iter().map(settings).collect(),
    });
    let alone = Table {
        name: String::new(),
        rows: cases.iter().map(|c| vec![c.global]).collect(),
    };
    let (cues, _) = regressed(question, cases, &[alone])?;
    answers.push(Answer {
        name: RECALIBRATED,
        cues,
        recalibrates: false,
        settings: Vec::new(),
    });
    let tables: Vec<Table> = choices
        .iter()
        .map(|choice| Table {
            name: format!("α {} K {} ", choice.alpha, choice.k),
            rows: cases
                .iter()
                .zip(&choice.regions)
                .map(|(c, r)| side_by_side(c, r, choice.k))
                .collect(),
        })
        .collect();
    let (cues, settings) = regressed(question, cases, &tables)?;
    answers.push(Answer {
        name: "concatenation",
        cues,
        recalibrates: true,
        settings,
    });
    let own: Option<Vec<Vec<f64>>> = cases
        .iter()
        .map(|c| Some(vec![c.global, c.refit? - c.global]))
        .collect();
    if let Some(rows) = own {
        let own = Table {
            name: String::new(),
            rows,
        };
        let (cues, settings) = regressed(question, cases, &[own])?;
        answers.push(Answer {
            name: "own heads",
            cues,
            recalibrates: true,
            settings,
        });
    }
    Ok(Fused { answers, ..fused })
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
pub(super) fn sum(case: &Case, regions: &[f64], beta: f64) -> f64 {
    if regions.is_empty() {
        return case.global;
    }
    let mean = regions.iter().sum::<f64>() / regions.len() as f64;
    (1.0 - beta) * case.global + beta * mean
}

/// The cue farthest from neutral: what the elementwise maximum decides by.
pub(super) fn strongest(case: &Case, regions: &[f64]) -> f64 {
    regions.iter().copied().fold(
        case.global,
        |best, cue| {
            if cue.abs() > best.abs() { cue } else { best }
        },
    )
}

/// The global cue and what each region differs from it; a region that is missing does not:
/// the global one stands in (`docs/facts.md`, "Affective regions: fusion").
pub(super) fn side_by_side(case: &Case, regions: &[f64], k: usize) -> Vec<f64> {
    let padded = (0..k).map(|i| regions.get(i).map_or(0.0, |cue| cue - case.global));
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
    for fold in 0..FOLDS {
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

/// Rows of a regression, one a picture, the global cue first.
struct Table {
    name: String,
    rows: Vec<Vec<f64>>,
}

/// Logistic regression from rows to what people said; table and penalty are chosen inside of the
/// other four folds.
fn regressed(
    question: Question,
    cases: &[Case],
    tables: &[Table],
) -> Result<(Vec<f64>, Vec<String>), RegionsError> {
    let range = question.range();
    let fit = |rows: &[Vec<f64>], seen: &[usize], penalty: f64| {
        let x: Vec<Vec<f64>> = seen.iter().map(|&i| rows[i].clone()).collect();
        let share = |truth: f64| (truth / range + 1.0) / 2.0;
        let y: Vec<f64> = seen.iter().map(|&i| share(cases[i].truth)).collect();
        Model::fit(&x, &y, penalty, 1)
    };
    let apply = |model: &Model, row: &[f64]| (2.0 * model.apply(row) - 1.0) * range;
    let tried: Vec<(&Table, f64)> = tables
        .iter()
        .flat_map(|table| PENALTIES.map(|penalty| (table, penalty)))
        .collect();
    let mut predicted = vec![0.0; cases.len()];
    let mut named = Vec::new();
    for fold in 0..FOLDS {
        let (held, seen) = parted(cases, fold);
        let errors: Vec<f64> = tried
            .par_iter()
            .map(|(table, penalty)| {
                let mut error = 0.0;
                for inner in (0..FOLDS).filter(|&inner| inner != fold) {
                    let (out, rest): (Vec<usize>, Vec<usize>) =
                        seen.iter().partition(|&&i| cases[i].fold == inner);
                    if out.is_empty() || rest.is_empty() {
                        continue;
                    }
                    let model = fit(&table.rows, &rest, *penalty)?;
                    let off = |&i: &usize| cases[i].truth - apply(&model, &table.rows[i]);
                    error += out.iter().map(|i| off(i).powi(2)).sum::<f64>();
                }
                Ok(error)
            })
            .collect::<Result<_, RegionsError>>()?;
        let Some(pick) = (0..tried.len()).min_by(|&a, &b| errors[a].total_cmp(&errors[b])) else {
            continue;
        };
        let (table, penalty) = tried[pick];
        named.push(format!("{}λ {penalty}", table.name));
        let model = fit(&table.rows, &seen, penalty)?;
        for i in held {
            predicted[i] = apply(&model, &table.rows[i]);
        }
    }
    Ok((predicted, named))
}
