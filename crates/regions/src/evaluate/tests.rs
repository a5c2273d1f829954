//! Fusion on made-up cues.

use affetti_emotion::Bootstrap;
use affetti_feel::FOLDS;

use super::{
    case::{Case, Part, Question},
    figures::{Figure, Report},
    fuse::{side_by_side, strongest, sum},
    judge,
};

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
                fold: i % FOLDS,
                truth,
                global,
                refit: Some(if knowing { truth } else { 0.0 } + noise()),
                regions,
            }
        })
        .collect()
}

fn report(question: Question, cases: &[Case]) -> Report {
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
    judge(question, cases, &bootstrap, &mut report).expect("judged");
    report
}

#[test]
fn regions_that_know_help_and_others_do_no_harm() {
    let gain = |report: &Report, fusion: &str| {
        let wanted = |f: &&Figure| f.fusion == fusion && f.metric == "Pearson r";
        let figure = report.figures.iter().find(wanted).expect("measured");
        figure.gain
    };
    let helped = report(Question::Polarity, &made(true));
    for fusion in ["sum", "concatenation", "own heads"] {
        assert!(gain(&helped, fusion)[0] > 0.0, "{fusion}");
    }
    let same = report(Question::Polarity, &made(false));
    // Choosing among ways to add noise costs a little: the interval of 300 cases is that wide.
    for fusion in ["sum", "concatenation", "own heads"] {
        assert!(gain(&same, fusion)[0] > -0.1, "{fusion}: {same:?}");
    }
    // A curve changes no order within a fold, and little between folds.
    let [low, high] = gain(&same, "recalibrated");
    assert!(low > -0.03 && high < 0.03, "{low} {high}");
    assert_eq!(helped.plots.len(), 3);
    assert!(helped.table().contains("sum"));
}

#[test]
fn arousal_has_no_sides() {
    let report = report(Question::Arousal, &made(true));
    assert!(report.figures.iter().all(|f| f.metric == "Pearson r"));
}

#[test]
fn a_picture_without_regions_keeps_its_own_cue() {
    let case = Case {
        fold: 0,
        truth: 0.0,
        global: 0.4,
        refit: Some(0.4),
        regions: Vec::new(),
    };
    assert_eq!(sum(&case, &[], 0.7), 0.4);
    assert_eq!(strongest(&case, &[]), 0.4);
    assert_eq!(side_by_side(&case, &[], 2), [0.4, 0.0, 0.0]);
    // .7·.4 + .3·mean(−.2, .6).
    assert!((sum(&case, &[-0.2, 0.6], 0.3) - 0.34).abs() < 1e-12);
    assert_eq!(strongest(&case, &[-0.9, 0.6]), -0.9);
    let row = side_by_side(&case, &[-0.2, 0.6], 1);
    assert!((row[1] + 0.6).abs() < 1e-12 && row.len() == 2);
}
