//! Every metric against NumPy, SciPy and scikit-learn.
//!
//! The figures, their inputs and the versions are in
//! `fixtures/emotion_metrics.json`, printed by `peers/emotion_metrics.py`.

use affetti_emotion::metrics::{
    accuracy, auc, balanced_accuracy, concordance, cosine, earth_mover, expected_calibration_error,
    jensen_shannon, kl, kl_floored, macro_f1, mean_kl, mid_ranks, pearson, reliability, skill,
    spearman,
};
use affetti_emotion::{Bootstrap, Distribution, Emotion, Interval, Label};
use serde_json::Value;

/// Both sides compute in f64 with sums of at most a few hundred terms.
const TOLERANCE: f64 = 1e-12;

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/emotion_metrics.json")).expect("fixture")
}

fn cases<'a>(fixture: &'a Value, key: &str) -> &'a [Value] {
    fixture[key].as_array().expect("fixture")
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().expect("fixture")
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    let list = case[key].as_array().expect("fixture");
    list.iter().map(|v| v.as_f64().expect("fixture")).collect()
}

fn flags(case: &Value, key: &str) -> Vec<bool> {
    let list = case[key].as_array().expect("fixture");
    list.iter().map(|v| v.as_bool().expect("fixture")).collect()
}

fn emotions(case: &Value, key: &str) -> Vec<Emotion> {
    let list = case[key].as_array().expect("fixture");
    let index = |v: &Value| usize::try_from(v.as_u64().expect("fixture")).expect("fixture");
    list.iter()
        .map(|v| Emotion::from_index(index(v)).expect("fixture"))
        .collect()
}

#[track_caller]
fn close(ours: f64, peer: f64) {
    assert!((ours - peer).abs() <= TOLERANCE, "ours {ours}, peer {peer}");
}

#[track_caller]
fn all_close(ours: &[f64], peer: &[f64]) {
    assert_eq!(ours.len(), peer.len());
    ours.iter().zip(peer).for_each(|(&o, &p)| close(o, p));
}

fn human_and_predicted(case: &Value) -> (Distribution<Emotion>, Distribution<Emotion>) {
    let human = Distribution::from_counts(&numbers(case, "counts")).expect("fixture");
    let predicted = Distribution::from_logits(&numbers(case, "logits")).expect("fixture");
    (human, predicted)
}

#[test]
fn distributions_and_their_distances() {
    let fixture = fixture();
    let floor = number(&fixture, "floor");
    for case in cases(&fixture, "distributions") {
        let (human, predicted) = human_and_predicted(case);
        all_close(predicted.as_slice(), &numbers(case, "predicted"));
        all_close(predicted.polarity().as_slice(), &numbers(case, "polarity"));
        close(human.entropy(), number(case, "entropy"));
        close(kl(&human, &predicted), number(case, "kl"));
        let floored = kl_floored(&human, &predicted, floor).unwrap();
        close(floored, number(case, "kl_floored"));
        let divergence = jensen_shannon(&human, &predicted);
        close(divergence, number(case, "jensen_shannon"));
        close(cosine(&human, &predicted), number(case, "cosine"));
        close(earth_mover(&human, &predicted), number(case, "earth_mover"));
    }
}

#[test]
fn mean_kl_and_skill() {
    let fixture = fixture();
    let pairs = cases(&fixture, "distributions").iter();
    let (human, predicted): (Vec<_>, Vec<_>) = pairs.map(human_and_predicted).unzip();
    let prior = Distribution::mean(&human).unwrap();
    let model_kl = mean_kl(&human, &predicted, 0.0).unwrap();
    let prior_kl = mean_kl(&human, &vec![prior; human.len()], 0.0).unwrap();
    let peer = &fixture["skill"];
    close(model_kl, number(peer, "mean_kl"));
    close(prior_kl, number(peer, "prior_kl"));
    close(skill(model_kl, prior_kl).unwrap(), number(peer, "skill"));
}

#[test]
fn classification() {
    let fixture = fixture();
    for case in cases(&fixture, "classification") {
        let (truth, guess) = (emotions(case, "truth"), emotions(case, "predicted"));
        close(accuracy(&truth, &guess).unwrap(), number(case, "accuracy"));
        let balanced = balanced_accuracy(&truth, &guess).unwrap();
        close(balanced, number(case, "balanced_accuracy"));
        close(macro_f1(&truth, &guess).unwrap(), number(case, "macro_f1"));
    }
}

#[test]
fn area_under_the_curve() {
    let fixture = fixture();
    for case in cases(&fixture, "auc") {
        let area = auc(&numbers(case, "scores"), &flags(case, "positive"));
        close(area.unwrap(), number(case, "auc"));
    }
}

#[test]
fn calibration() {
    let fixture = fixture();
    let case = &fixture["calibration"];
    let (confidence, correct) = (numbers(case, "confidence"), flags(case, "correct"));
    let bins = usize::try_from(case["bins"].as_u64().unwrap()).unwrap();
    let table = reliability(&confidence, &correct, bins).unwrap();
    let filled = || table.iter().filter(|bin| bin.count > 0);
    let counts: Vec<f64> = filled().map(|bin| bin.count as f64).collect();
    all_close(&counts, &numbers(case, "bin_counts"));
    let accuracies: Vec<f64> = filled().map(|bin| bin.accuracy).collect();
    all_close(&accuracies, &numbers(case, "bin_accuracy"));
    let confidences: Vec<f64> = filled().map(|bin| bin.confidence).collect();
    all_close(&confidences, &numbers(case, "bin_confidence"));
    let error = expected_calibration_error(&confidence, &correct, bins).unwrap();
    close(error, number(case, "error"));
}

#[test]
fn correlations() {
    let fixture = fixture();
    for case in cases(&fixture, "ratings") {
        let (x, y) = (numbers(case, "x"), numbers(case, "y"));
        all_close(&mid_ranks(&x).unwrap(), &numbers(case, "ranks_x"));
        close(pearson(&x, &y).unwrap(), number(case, "pearson"));
        close(spearman(&x, &y).unwrap(), number(case, "spearman"));
        close(concordance(&x, &y).unwrap(), number(case, "concordance"));
    }
}

/// SciPy draws other resamples. With 20 000 of ours and 50 000 of theirs at the
/// 5 % point the ends differ by about 0.02 standard errors; five times that is
/// allowed.
#[test]
fn bootstrap_intervals() {
    let fixture = fixture();
    let case = &fixture["bootstrap"];
    let (first, second) = (numbers(case, "first"), numbers(case, "second"));
    let settings = Bootstrap {
        resamples: 20_000,
        level: number(case, "level"),
        seed: 1,
    };
    let bootstrap = settings.check().unwrap();
    let mean = |values: &[f64], draw: &[usize]| {
        Some(draw.iter().map(|&i| values[i]).sum::<f64>() / draw.len() as f64)
    };
    let single = bootstrap
        .estimate(first.len(), |draw| mean(&first, draw))
        .unwrap();
    near(&single.interval, &case["mean"]);
    let paired = bootstrap
        .difference(
            first.len(),
            |draw| mean(&first, draw),
            |draw| mean(&second, draw),
        )
        .unwrap();
    near(&paired.interval, &case["difference"]);
    assert_eq!(paired.interval.skipped, 0);
}

#[track_caller]
fn near(interval: &Interval, peer: &Value) {
    let allowed = 0.1 * number(peer, "standard_error");
    let (low, high) = (number(peer, "low"), number(peer, "high"));
    assert!((interval.low - low).abs() < allowed, "{interval:?} {peer}");
    assert!(
        (interval.high - high).abs() < allowed,
        "{interval:?} {peer}"
    );
}
