//! The metrics by hand, and what they say where there is nothing to say.

use affetti_emotion::metrics::{
    Confusion, accuracy, auc, concordance, earth_mover, earth_mover_along,
    expected_calibration_error, kl, kl_floored, majority_class_accuracy, mean_kl, mid_ranks,
    pearson, reliability, skill, spearman, top_one_accuracy,
};
use affetti_emotion::{
    Bootstrap, Distribution, Emotion, EmotionError, ErrorKind, Scored, Sentiment,
};

fn three(values: [f64; 3]) -> Distribution<Sentiment> {
    Distribution::from_counts(&values).expect("a test's counts are valid")
}

fn undefined<T: std::fmt::Debug>(result: Result<T, EmotionError>) -> bool {
    matches!(result, Err(EmotionError::Undefined { .. }))
}

#[test]
fn kl_by_hand() {
    // ½ ln(.5/.25) + ¼ ln(.25/.5) + ¼ ln(.25/.25) = (½ − ¼) ln 2.
    let (human, model) = (three([2.0, 1.0, 1.0]), three([1.0, 2.0, 1.0]));
    assert!((kl(&human, &model) - 0.25 * 2.0_f64.ln()).abs() < 1e-15);
    assert_eq!(kl(&human, &human), 0.0);
}

#[test]
fn kl_and_zeros() {
    let (certain, half) = (three([1.0, 0.0, 0.0]), three([1.0, 1.0, 0.0]));
    assert!((kl(&certain, &half) - 2.0_f64.ln()).abs() < 1e-15);
    assert_eq!(kl(&half, &certain), f64::INFINITY);
    // Floor .1 makes 1, .1, .1 over 1.2: ½ ln(.5·1.2/1) + ½ ln(.5·1.2/.1).
    let expected = 0.5 * 0.6_f64.ln() + 0.5 * 6.0_f64.ln();
    let floored = kl_floored(&half, &certain, 0.1).unwrap();
    assert!((floored - expected).abs() < 1e-15);
    let refused = kl_floored(&half, &certain, -0.1).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Parameter);
    // Between the smallest and the largest number the quotient would overflow.
    let tiny = three([5e-324, 1.0, 0.0]);
    assert!(kl(&half, &tiny).is_finite());
}

#[test]
fn mean_kl_and_skill_on_the_edges() {
    let (certain, half) = (three([1.0, 0.0, 0.0]), three([1.0, 1.0, 0.0]));
    let people = [certain.clone(), half.clone()];
    // (ln 2 + 0) / 2.
    let mean = mean_kl(&people, &[half.clone(), half.clone()], 0.0).unwrap();
    assert!((mean - 2.0_f64.ln() / 2.0).abs() < 1e-15);
    assert!(mean_kl(&people, &[half], 0.0).is_err());
    assert!(mean_kl::<Sentiment>(&[], &[], 0.0).is_err());
    assert_eq!(skill(0.0, 2.0), Ok(1.0));
    assert_eq!(skill(3.0, 2.0), Ok(-0.5));
    assert_eq!(skill(f64::INFINITY, 2.0), Ok(f64::NEG_INFINITY));
    assert!(undefined(skill(0.0, 0.0)));
    assert!(undefined(skill(1.0, f64::INFINITY)));
    assert!(skill(f64::NAN, 1.0).is_err());
    assert!(skill(-1.0, 1.0).is_err());
}

#[test]
fn earth_by_hand() {
    // Half of the mass moves from positive (7) to other (4): half of half the
    // range. Then half moves across all of it.
    let start = three([1.0, 0.0, 0.0]);
    assert_eq!(earth_mover(&start, &three([1.0, 0.0, 1.0])), 0.25);
    assert_eq!(earth_mover(&start, &three([1.0, 1.0, 0.0])), 0.5);
    let at = Distribution::<Emotion>::one_hot;
    // Awe has rank 5, fear 2: three of eight steps.
    assert_eq!(earth_mover(&at(Emotion::Awe), &at(Emotion::Fear)), 0.375);
}

#[test]
fn earth_along_other_lines() {
    let (a, b) = (three([1.0, 0.0, 0.0]), three([0.0, 1.0, 0.0]));
    assert_eq!(earth_mover_along(&a, &b, &[0.0, 1.0, 4.0]), Ok(0.25));
    assert!(earth_mover_along(&a, &b, &[0.0, 1.0]).is_err());
    assert!(earth_mover_along(&a, &b, &[0.0, f64::NAN, 1.0]).is_err());
    assert!(undefined(earth_mover_along(&a, &b, &[1.0; 3])));
    let far = [f64::MIN, 0.0, f64::MAX];
    assert!(undefined(earth_mover_along(&a, &b, &far)));
}

#[test]
fn confusion_by_hand() {
    use Sentiment::{Negative as N, Other as O, Positive as P};
    let confusion = Confusion::new(&[P, P, P, N], &[P, P, N, O]).unwrap();
    assert_eq!(confusion.get(P, N), 1);
    assert_eq!(confusion.accuracy(), 0.5);
    // Recalls: P 2/3, N 0/1; O is no truth.
    assert_eq!(confusion.balanced_accuracy(), 1.0 / 3.0);
    assert_eq!(
        (confusion.recall(O), confusion.precision(O)),
        (None, Some(0.0))
    );
    // F1: P 2·2/(3+2) = .8, N 0/2, O 0/1; the mean of three.
    assert!((confusion.macro_f1() - 0.8 / 3.0).abs() < 1e-15);
    let guesses = [three([2.0, 1.0, 0.0]), three([1.0, 1.0, 1.0])];
    assert_eq!(top_one_accuracy(&[P, N], &guesses), Ok(0.5));
    assert_eq!(majority_class_accuracy(&[P, N, N]), Ok(2.0 / 3.0));
}

#[test]
fn nothing_to_classify() {
    let none: [Sentiment; 0] = [];
    assert!(accuracy(&none, &none).is_err());
    assert!(majority_class_accuracy(&none).is_err());
    assert!(accuracy(&[Sentiment::Other], &none).is_err());
}

#[test]
fn auc_on_the_edges() {
    assert_eq!(auc(&[0.5; 4], &[true, false, true, false]), Ok(0.5));
    let ends = [f64::NEG_INFINITY, f64::INFINITY];
    assert_eq!(auc(&ends, &[false, true]), Ok(1.0));
    assert_eq!(auc(&[0.0, -0.0], &[false, true]), Ok(0.5));
    assert!(undefined(auc(&[], &[])));
    assert!(undefined(auc(&[0.1, 0.2], &[true, true])));
    assert!(auc(&[0.1], &[true, false]).is_err());
    assert!(auc(&[0.1, f64::NAN], &[true, false]).is_err());
}

#[test]
fn calibration_on_the_edges() {
    let table = reliability(&[0.0, 0.5, 0.500_1, 1.0], &[true; 4], 2).unwrap();
    assert_eq!((table[0].count, table[1].count), (2, 2));
    assert_eq!((table[0].low, table[0].high), (0.0, 0.5));
    assert_eq!(expected_calibration_error(&[1.0], &[true], 10), Ok(0.0));
    assert_eq!(expected_calibration_error(&[1.0], &[false], 10), Ok(1.0));
    assert!(expected_calibration_error(&[], &[], 10).is_err());
    assert!(expected_calibration_error(&[0.5], &[true], 0).is_err());
    assert!(expected_calibration_error(&[0.5], &[true], usize::MAX).is_err());
    assert!(expected_calibration_error(&[1.01], &[true], 10).is_err());
    assert!(expected_calibration_error(&[f64::NAN], &[true], 10).is_err());
    assert!(expected_calibration_error(&[0.5], &[], 10).is_err());
}

#[test]
fn correlation_by_hand() {
    // Deviations −1, 0, 1 and −1, 1, 0: 1 / (sqrt 2 · sqrt 2).
    let r = pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]).unwrap();
    assert!((r - 0.5).abs() < 1e-15);
    // 1, 1 and 3 share the ranks 1 and 2 as 1.5.
    assert_eq!(mid_ranks(&[3.0, 1.0, 1.0]), Ok(vec![3.0, 1.5, 1.5]));
    assert_eq!(mid_ranks(&[]), Ok(vec![]));
}

#[test]
fn constant_lists_have_no_correlation() {
    // The mean of three 0.1 is not 0.1 in f64; the answer must not be noise.
    let (constant, line) = ([0.1; 3], [1.0, 2.0, 3.0]);
    assert!(undefined(pearson(&constant, &line)));
    assert!(undefined(spearman(&line, &constant)));
    assert_eq!(concordance(&constant, &line), Ok(0.0));
    assert_eq!(concordance(&[0.1; 3], &[0.2; 3]), Ok(0.0));
    assert!(undefined(concordance(&constant, &constant)));
}

#[test]
fn correlations_refuse_what_they_cannot_use() {
    for metric in [pearson, spearman, concordance] {
        assert!(metric(&[], &[]).is_err());
        assert!(metric(&[1.0], &[1.0]).is_err());
        assert!(metric(&[1.0, 2.0], &[1.0]).is_err());
        assert!(metric(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }
    assert!(pearson(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
    assert_eq!(spearman(&[1.0, f64::INFINITY], &[1.0, 2.0]), Ok(1.0));
}

#[test]
fn correlations_at_the_ends_of_f64() {
    for scale in [1e300, 1e-300] {
        let x = [scale, 2.0 * scale, 4.0 * scale];
        let y = [2.0 * scale, 4.0 * scale, 8.0 * scale];
        assert!((pearson(&x, &y).unwrap() - 1.0).abs() < 1e-12);
        // Means 7/3 and 14/3, variances 14/9 and 56/9, covariance 28/9:
        // (56/9) / (70/9 + 49/9) = 56/119.
        assert!((concordance(&x, &y).unwrap() - 56.0 / 119.0).abs() < 1e-12);
    }
    let whole = [f64::MIN, f64::MAX, 0.0];
    assert!(pearson(&whole, &[1.0, 2.0, 1.5]).is_ok());
}

#[test]
fn bootstrap_by_hand() {
    // The mean of two draws from {0, 1} is 0, ½, 1 with chances ¼, ½, ¼: the
    // middle 40 % are ½, the middle 95 % reach both ends.
    let values = [0.0, 1.0];
    let mean = |draw: &[usize]| Some(draw.iter().map(|&i| values[i]).sum::<f64>() / 2.0);
    for (level, low, high) in [(0.4, 0.5, 0.5), (0.95, 0.0, 1.0)] {
        let settings = Bootstrap {
            level,
            ..Bootstrap::seeded(3)
        };
        let estimate = settings.check().unwrap().estimate(2, mean).unwrap();
        assert_eq!(estimate.value, 0.5);
        assert_eq!((estimate.interval.low, estimate.interval.high), (low, high));
    }
}

#[test]
fn bootstrap_counts_what_it_skips() {
    // Correlation needs two different pieces: of the four draws of two pieces
    // half are the same piece twice.
    let (x, y) = ([1.0, 2.0], [1.0, 3.0]);
    let r = |draw: &[usize]| {
        let pick = |v: &[f64]| -> Vec<f64> { draw.iter().map(|&i| v[i]).collect() };
        pearson(&pick(&x), &pick(&y)).ok()
    };
    let bootstrap = Bootstrap::seeded(11).check().unwrap();
    let interval = bootstrap.estimate(2, r).unwrap().interval;
    assert_eq!(interval.resamples + interval.skipped, 2000);
    // Standard deviation of the count: sqrt(2000/4) = 22.
    assert!(interval.skipped.abs_diff(1000) < 110, "{interval:?}");
    assert!(interval.contains(1.0));
}

#[test]
fn bootstrap_is_reproducible_and_paired() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
    let mean =
        |draw: &[usize]| Some(draw.iter().map(|&i| values[i]).sum::<f64>() / draw.len() as f64);
    let run = |seed| Bootstrap::seeded(seed).check().unwrap().estimate(40, mean);
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
    // One statistic against itself plus a constant: the draws are the same, so
    // that the difference never varies.
    let bootstrap = Bootstrap::seeded(5).check().unwrap();
    let shifted = |draw: &[usize]| Some(mean(draw)? + 0.5);
    let interval = bootstrap.difference(40, shifted, mean).unwrap().interval;
    assert!((interval.low - 0.5).abs() < 1e-12 && (interval.high - 0.5).abs() < 1e-12);
}

#[test]
fn bootstrap_refuses_the_impossible() {
    let settings = Bootstrap::seeded(1);
    let bootstrap = settings.check().unwrap();
    assert_eq!(bootstrap.settings(), settings);
    assert!(bootstrap.estimate(0, |_| Some(1.0)).is_err());
    assert!(undefined(bootstrap.estimate(3, |_| None)));
    assert!(undefined(bootstrap.estimate(3, |_| Some(f64::NAN))));
    let only_sample = |draw: &[usize]| (draw == [0, 1, 2]).then_some(1.0);
    let few = Bootstrap {
        resamples: 1,
        ..settings
    };
    assert!(undefined(few.check().unwrap().estimate(3, only_sample)));
    let single = bootstrap.estimate(1, |_| Some(2.0)).unwrap();
    assert_eq!((single.interval.low, single.interval.high), (2.0, 2.0));
    for level in [0.0, 1.0, f64::NAN] {
        assert!(Bootstrap { level, ..settings }.check().is_err());
    }
    for resamples in [0, 1_000_001] {
        assert!(
            Bootstrap {
                resamples,
                ..settings
            }
            .check()
            .is_err()
        );
    }
}

#[test]
fn a_score_stands_beside_its_baseline() {
    let bootstrap = Bootstrap::seeded(1).check().unwrap();
    let estimate = bootstrap.estimate(4, |_| Some(0.75)).unwrap();
    let scored = Scored::from_estimate(estimate, 0.5);
    assert_eq!(scored.gain(), 0.25);
    assert_eq!(
        format!("{scored:.2}"),
        "0.75 (baseline 0.50, 95 % interval 0.75..0.75, n 4)"
    );
    let text = serde_json::to_string(&scored).unwrap();
    assert_eq!(serde_json::from_str::<Scored>(&text).unwrap(), scored);
    let plain = serde_json::to_string(&Scored::new(0.5, 0.25, 7)).unwrap();
    assert_eq!(plain, r#"{"value":0.5,"baseline":0.25,"n":7}"#);
}

#[test]
fn pieces_of_a_group_are_drawn_together() {
    // Ten values, each five times: as much as ten say, not as fifty.
    let values: Vec<f64> = (0..50).map(|i| f64::from(i / 5)).collect();
    let mean =
        |draw: &[usize]| Some(draw.iter().map(|&i| values[i]).sum::<f64>() / draw.len() as f64);
    let bootstrap = Bootstrap::seeded(7).check().unwrap();
    let apart = bootstrap.estimate(50, mean).unwrap();
    let groups: Vec<Vec<usize>> = (0..10).map(|g| (5 * g..5 * g + 5).collect()).collect();
    let whole = bootstrap.estimate_groups(&groups, mean).unwrap();
    let width = |e: &affetti_emotion::Estimate| e.interval.high - e.interval.low;
    assert_eq!((whole.value, whole.n), (apart.value, 50));
    // √5 = 2.24 times as wide.
    let ratio = width(&whole) / width(&apart);
    assert!((1.9..2.6).contains(&ratio), "{ratio}");
    let single: Vec<Vec<usize>> = (0..50).map(|i| vec![i]).collect();
    assert_eq!(bootstrap.estimate_groups(&single, mean).unwrap(), apart);
}
