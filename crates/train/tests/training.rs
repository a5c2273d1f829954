//! Whole trainings of one and of two tiny networks: progress, resume, stop, kill, divergence, what is
//! left behind.

mod common;

use affetti_train::checkpoint::Checkpoint;
use affetti_train::order::mix;
use affetti_train::settings::Settings;
use affetti_train::{ErrorKind, Metric, RunFolder, Task, TrainError, freeze, restore, values};
use burn::tensor::{Device, Tensor};
use common::{
    Adversaries, Example, Line, Lines, Quiet, Texts, files, go, origin, settings, train, until,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folder")
}

#[test]
fn learns_and_leaves_everything_behind() {
    let folder = folder();
    let mut longer = settings();
    longer.epochs = 60;
    let mut watch = Quiet::default();
    let outcome = go(
        &mut Lines::new(None),
        Lines::begin(),
        &longer,
        folder.path(),
        false,
        &mut watch,
    );
    let found = values(&outcome.expect("trains").model);
    let expected = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0];
    for (found, expected) in found.map["weight"].data.iter().zip(expected) {
        assert!((found - expected).abs() < 0.02, "{found} not {expected}");
    }
    let table = std::fs::read_to_string(folder.path().join("metrics.csv")).expect("there");
    assert_eq!(table.lines().next(), Some("epoch,loss,score"));
    assert_eq!(table.lines().count(), 61);
    let curves = std::fs::read_to_string(folder.path().join("curves.svg")).expect("there");
    assert!(curves.contains("polyline") && curves.contains("score"));
    let last = watch.last.expect("told");
    assert_eq!((last.epoch, last.step, last.steps), (60, 4, 4));
}

#[test]
fn two_networks_learn_against_each_other_and_show_what_they_make() {
    let folder = folder();
    let mut settings = settings();
    settings.epochs = 40;
    let mut timid = settings.optimizer;
    timid.rate = 0.02;
    settings.optimizers.insert("generator".into(), timid);
    let go = |settings: &Settings, folder: &Path| {
        let mut task = Adversaries::new(None);
        let begin = Adversaries::begin();
        go(
            &mut task,
            begin,
            settings,
            folder,
            false,
            &mut Quiet::default(),
        )
        .expect("trains")
    };
    let outcome = go(&settings, folder.path());
    let found = values(&outcome.model);
    for name in ["generator.bias", "discriminator.weight"] {
        assert!(found.map[name].data.iter().any(|w| *w != 0.0), "{name}");
    }
    // From (0, 0) the points come nearer to (2, −1).
    let rows = &outcome.history.rows;
    let (first, best) = (rows[0][2], rows[outcome.history.best_epoch - 1][2]);
    assert!(best > 0.5 * first, "{best} after {first}");
    let sheet = |n: usize| {
        let path = folder.path().join(format!("samples/{n:03}-points.txt"));
        std::fs::read(path).expect("a sheet of each epoch")
    };
    assert_ne!(sheet(1), sheet(40));
    // Each part has the rate that was given to it.
    settings.optimizers.clear();
    let alike = go(&settings, self::folder().path());
    assert_ne!(values(&alike.model).map, found.map);
}

fn resume_equals_an_uninterrupted_run<T: Example>() {
    let [whole, parts] = [folder(), folder()];
    let expected = train::<T>(whole.path(), false, &mut Quiet::default());
    assert!(!expected.stopped);
    // Stopped in the middle of the third epoch, which begins again.
    let early = train::<T>(parts.path(), false, &mut until(10));
    assert!(early.stopped && early.history.epochs == 2);
    let found = train::<T>(parts.path(), true, &mut Quiet::default());
    assert_eq!(values(&found.model), values(&expected.model));
    assert_eq!(found.history, expected.history);
    assert!(files(whole.path()) == files(parts.path()));
}

#[test]
fn resume_equals_an_uninterrupted_run_of_one() {
    resume_equals_an_uninterrupted_run::<Lines>();
}

#[test]
fn resume_equals_an_uninterrupted_run_on_texts() {
    resume_equals_an_uninterrupted_run::<Texts>();
}

#[test]
fn resume_equals_an_uninterrupted_run_of_two() {
    resume_equals_an_uninterrupted_run::<Adversaries>();
}

/// Where the child trains, and that there is one.
const CHILD: &str = "AFFETTI_TEST_CHILD";

fn child<T: Example>() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let mut slow = Quiet {
            sleep: Duration::from_millis(30),
            ..Quiet::default()
        };
        train::<T>(folder.as_ref(), false, &mut slow);
    }
}

#[test]
#[ignore = "a process of its own, which another test kills"]
fn child_of_one() {
    child::<Lines>();
}

#[test]
#[ignore = "a process of its own, which another test kills"]
fn child_of_two() {
    child::<Adversaries>();
}

/// Killed right after an epoch, or while it writes one: what is there is whole, and resumes.
fn killed<T: Example>(name: &str) {
    let [whole, parts] = [folder(), folder()];
    train::<T>(whole.path(), false, &mut Quiet::default());
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", name, "--ignored"])
        .env(CHILD, parts.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let last = RunFolder::new(parts.path()).last();
    let begun = Instant::now();
    while !last.exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("runs still");
    child.wait().expect("ends");
    let left = Checkpoint::read(&last, &origin(&settings()), &settings()).expect("whole");
    assert!((1..6).contains(&left.history.epochs));
    train::<T>(parts.path(), true, &mut Quiet::default());
    let parts = files(parts.path());
    // A killed process may leave a temporary file, never a half one under its name.
    let named = |(name, _): &&(String, Vec<u8>)| !name.contains(".tmp");
    let parts: Vec<_> = parts.iter().filter(named).collect();
    assert!(parts == files(whole.path()).iter().collect::<Vec<_>>());
}

#[test]
fn a_killed_training_of_one_resumes() {
    killed::<Lines>("child_of_one");
}

#[test]
fn a_killed_training_of_two_resumes() {
    killed::<Adversaries>("child_of_two");
}

fn divergence_keeps_the_last_good_checkpoint<T: Example>(told: &str) {
    let folder = folder();
    let outcome = go(
        &mut T::new(Some((2, 1))),
        T::begin(),
        &settings(),
        folder.path(),
        false,
        &mut Quiet::default(),
    );
    let error = outcome.map(|_| ()).expect_err("diverges");
    assert!(
        matches!(
            error,
            TrainError::Diverged {
                epoch: 3,
                step: 2,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(error.kind(), ErrorKind::Model);
    // The two good epochs are there and can be resumed.
    let resumed = train::<T>(folder.path(), true, &mut Quiet::default());
    assert_eq!(resumed.history.epochs, 6);
}

#[test]
fn divergence_of_one() {
    divergence_keeps_the_last_good_checkpoint::<Lines>("the loss is not finite");
}

#[test]
fn divergence_on_texts() {
    divergence_keeps_the_last_good_checkpoint::<Texts>("the loss is not finite");
}

#[test]
fn divergence_of_two() {
    divergence_keeps_the_last_good_checkpoint::<Adversaries>("the loss of generator");
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let folder = folder();
    train::<Lines>(folder.path(), false, &mut until(5));
    let last = RunFolder::new(folder.path()).last();
    let told = |origin| {
        let error = Checkpoint::read(&last, &origin, &settings()).expect_err("another");
        assert_eq!(error.kind(), ErrorKind::Model);
        error.to_string()
    };
    let mut other = settings();
    other.optimizer.rate = 0.2;
    let rate = told(origin(&other));
    assert!(
        rate.contains("last.safetensors: belongs to a training with"),
        "{rate}"
    );
    assert!(
        rate.contains("training.optimizer.rate = 0.1, not 0.2"),
        "{rate}"
    );
    let mut other = origin(&settings());
    other.kind = "other".into();
    assert!(told(other.clone()).contains("recipe tiny, not other"));
    other.kind = "tiny".into();
    other.config.insert("crop".into(), 3.into());
    assert!(told(other).contains("crop = nothing, not 3"));
    // More epochs are no other training.
    let mut longer = settings();
    longer.epochs = 7;
    let resume = |folder: &Path| {
        let mut task = Lines::new(None);
        let begin = Lines::begin();
        go(
            &mut task,
            begin,
            &longer,
            folder,
            true,
            &mut Quiet::default(),
        )
    };
    assert_eq!(resume(folder.path()).expect("resumes").history.epochs, 7);
    std::fs::write(&last, b"damaged").expect("writable");
    let error = resume(folder.path()).map(|_| ()).expect_err("damaged");
    assert!(error.to_string().contains("last.safetensors"), "{error}");
}

/// Whatever is changed in a checkpoint: an error, or a training that goes on.
#[test]
fn changed_checkpoints_never_panic() {
    let folder = folder();
    train::<Adversaries>(folder.path(), false, &mut until(9));
    let last = RunFolder::new(folder.path()).last();
    let whole = std::fs::read(&last).expect("there");
    // The header is text that says what the rest is: half of all changes go there.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().expect("eight")) as usize;
    let mut taken = 0;
    for round in 0..20_000_u64 {
        let draw = |k: u64| mix(&[round, k]) as usize;
        let mut bytes = whole.clone();
        for change in 0..1 + draw(0) as u64 % 3 {
            let end = if draw(1) % 2 == 0 {
                header
            } else {
                bytes.len()
            };
            let at = draw(2 + 4 * change) % end.min(bytes.len());
            match draw(3 + 4 * change) % 8 {
                // A digit for a digit keeps the text readable.
                0..=4 if bytes[at].is_ascii_digit() => {
                    bytes[at] = b'0' + (draw(4 + 4 * change) % 10) as u8;
                }
                5 => bytes.truncate(at.max(1)),
                _ => bytes[at] = draw(4 + 4 * change) as u8,
            }
        }
        std::fs::write(&last, &bytes).expect("writable");
        let resumed = go(
            &mut Adversaries::new(None),
            Adversaries::begin(),
            &settings(),
            folder.path(),
            true,
            &mut until(1),
        );
        if let Err(error) = &resumed {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
        taken += usize::from(resumed.is_ok());
    }
    assert!((1..20_000).contains(&taken), "{taken}");
}

/// One step of nothing much.
struct Flat;

impl Task for Flat {
    type Model = Line;

    fn steps(&self) -> usize {
        1
    }

    fn loss(&mut self, model: &Line, _: usize, _: usize) -> Result<Tensor<1>, TrainError> {
        Ok(Lines::error(model, &[0, 1], &Device::flex().autodiff()))
    }

    fn validate(&mut self, _: &Line) -> Result<Vec<Metric>, TrainError> {
        Ok(vec![Metric {
            name: "score",
            value: 1.0,
        }])
    }
}

#[test]
fn patience_ends_a_training() {
    let patient = Settings {
        epochs: 50,
        patience: 3,
        ..settings()
    };
    let outcome = go(
        &mut Flat,
        Lines::begin(),
        &patient,
        folder().path(),
        false,
        &mut Quiet::default(),
    );
    let history = outcome.expect("trains").history;
    assert_eq!((history.best_epoch, history.epochs), (1, 4));
}

#[test]
fn frozen_values_stay() {
    let model = freeze(Lines::begin(), &|name| name == "bias");
    let outcome = go(
        &mut Lines::new(None),
        model,
        &settings(),
        folder().path(),
        false,
        &mut Quiet::default(),
    );
    let found = values(&outcome.expect("trains").model);
    assert_eq!(found.map["bias"].data, [0.0, 0.0]);
    assert!(found.map["weight"].data.iter().any(|w| *w != 0.0));
}

#[test]
fn values_that_do_not_fit_are_all_named() {
    let mut wrong = values(&Lines::begin());
    wrong.map.get_mut("weight").expect("there").shape = vec![4, 2];
    wrong.map.remove("bias");
    let error = restore(Lines::begin(), &wrong)
        .expect_err("does not fit")
        .to_string();
    assert!(
        error.contains("bias is missing") && error.contains("weight is [4, 2]"),
        "{error}"
    );
}
