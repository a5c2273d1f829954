//! Classes by hand; the two recipes on replicas of a dozen pictures, with random weights.

use super::samples::samples;
use super::{Config, DataSet, Judged, Labels, Start, divergence};
use crate::backbones::affect::tests::replica;
use crate::backbones::scores::Scores;
use affetti_picture::Picture;
use affetti_train::{History, Places, Progress, Trained, Watch, train};
use std::path::Path;

fn config(name: &str, change: impl FnOnce(&mut Config)) -> Result<Config, String> {
    let path = affetti_testkit::workspace().join(format!("configs/{name}.toml"));
    Config::read(&path, change).map_err(|error| error.to_string())
}

#[test]
fn the_published_settings() {
    // Achlioptas et al. 2021 and their code.
    let Config { common, own, .. } = config("artemis-resnet34", |_| ()).expect("good");
    let t = &common.training;
    assert_eq!(
        (own.side, own.hidden, own.dropout, own.learning_stages),
        (256, 100, 0.3, 1)
    );
    assert_eq!(
        (t.epochs, t.patience, t.batch, t.optimizer.rate),
        (25, 5, 128, 5e-4)
    );
    for name in ["wikiart-vgg16", "artemis-vgg16"] {
        config(name, |_| ()).expect(name);
    }
}

#[test]
fn settings_that_cannot_be_are_named() {
    let told = |change: &dyn Fn(&mut Config)| {
        let told = config("wikiart-vgg16", change).expect_err("a wrong setting");
        let (_, what) = told.split_once("command line: ").expect("the options");
        what.to_owned()
    };
    assert!(told(&|c| c.own.labels = Labels::Emotions).starts_with("labels"));
    assert!(told(&|c| c.own.learning_stages = 1).starts_with("learning_stages"));
    assert!(told(&|c| c.common.start = Start::ResNet34).starts_with("start"));
}

#[test]
fn majorities_and_divergences_by_hand() {
    let truth = [
        vec![0.6, 0.4, 0.0],
        vec![0.5, 0.5, 0.0],
        vec![0.0, 0.5, 0.25],
    ];
    let answers = vec![
        vec![0.2, 0.7, 0.1],
        vec![0.9, 0.1, 0.0],
        vec![0.1, 0.8, 0.1],
    ];
    let judged = Judged::new(truth.iter(), &answers, &[0.5, 0.3, 0.2]);
    // Only the first has more than half; the second's halves are two; the third has one half.
    assert_eq!(judged.hits, [[0.0, 1.0]]);
    assert_eq!(judged.half_hits, [[0.0, 1.0], [1.0, 0.0]]);
    // .5 ln(.5 / .25) + .5 ln(.5 / .75) = .1438
    assert!((divergence(&[0.5, 0.5], &[0.25, 0.75]) - 0.143_841).abs() < 1e-5);
    assert!(divergence(&[1.0, 0.0], &[0.0, 1.0]).is_finite());
}

/// Stops after so many steps.
struct Until(usize);

impl Watch for Until {
    fn progress(&mut self, _: &Progress) {
        self.0 = self.0.saturating_sub(1);
    }

    fn epoch(&mut self, _: &History) {}

    fn stop(&self) -> bool {
        self.0 == 0
    }
}

fn run(
    config: &Config,
    data: &Path,
    run: &Path,
    resume: bool,
    steps: usize,
) -> Option<Trained<Scores>> {
    let places = Places {
        data,
        models: data,
        run,
        resume,
        stage: &|_, _, _| (),
    };
    train(config, &places, &mut Until(steps)).expect("trains")
}

/// Twice, once stopped in the third epoch and resumed: the loss falls and the checkpoints agree.
fn learns(config: &Config, data: &Path) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let trained = run(config, data, &whole, false, usize::MAX).expect("to the end");
    let losses: Vec<f64> = trained.history.rows.iter().map(|row| row[1]).collect();
    let last = losses[losses.len() - 1];
    assert!(last < 0.9 * losses[0], "{losses:?}");
    assert!(trained.figures.scores.iter().any(|s| s.set == "test"));
    let steps = trained.figures.pictures[0] / config.common.training.batch;
    assert!(run(config, data, &parts, false, 2 * steps + 1).is_none());
    let resumed = run(config, data, &parts, true, usize::MAX).expect("to the end");
    assert_eq!(resumed.history, trained.history);
    let last = |run: &Path| std::fs::read(run.join("checkpoint/last.safetensors")).expect("kept");
    assert!(last(&whole) == last(&parts));
}

/// Random weights, small pictures, ten short epochs.
fn small(Config { common, own, .. }: &mut Config) {
    common.start = Start::None;
    own.side = 32;
    let training = &mut common.training;
    (training.batch, training.epochs, training.patience) = (4, 10, 0);
    training.optimizer.rate = 2e-3;
}

#[test]
fn artemis_learns_with_its_last_residual_stage() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let config = config("artemis-resnet34", |config| {
        small(config);
        config.own.dropout = 0.0;
    });
    learns(&config.expect("good"), folder.path());
}

/// The table of WikiArt-Emotions in its layout, with pictures: red ones bring anger, the others
/// love and, in every fourth, optimism by the title.
fn pieces(folder: &Path) {
    use affetti_emotion::{Label, WikiArtEmotion};
    let mut head = vec!["ID".to_owned(), "Title".into(), "Ave. art rating".into()];
    for emotion in WikiArtEmotion::ALL {
        for question in ["Art (image+title)", "ImageOnly", "TitleOnly"] {
            head.push(format!("{question}: {}", emotion.name()));
        }
    }
    let mut table = head.join("\t") + "\n";
    std::fs::create_dir_all(folder.join("images")).expect("writable");
    for n in 0..24_u8 {
        let red = n % 2 == 0;
        let mut row = vec![format!("w{n}"), "t".into(), "1".into()];
        for emotion in WikiArtEmotion::ALL {
            let image = if red { "anger" } else { "love" };
            let title = n % 4 == 1 && emotion.name() == "optimism";
            let cell = |yes: bool| if yes { "1" } else { "0" }.to_owned();
            row.extend([cell(title), cell(emotion.name() == image), cell(false)]);
        }
        table += &(row.join("\t") + "\n");
        let color = if red { [200, 20, 20] } else { [20, 60, 200] };
        let pixels = (0..40 * 36).flat_map(|i| {
            if i % 40 == usize::from(n) {
                [9; 3]
            } else {
                color
            }
        });
        let picture = Picture::new(40, 36, pixels.collect()).expect("sizes fit");
        let path = folder.join(format!("images/w{n}.jpg"));
        std::fs::write(path, picture.encode_jpeg(90)).expect("writable");
    }
    std::fs::write(folder.join("WikiArt-Emotions-Ag4.tsv"), table).expect("writable");
}

#[test]
fn three_sentiments_are_learned_on_a_frozen_vgg16() {
    let folder = tempfile::tempdir().expect("temporary folder");
    pieces(&folder.path().join("wikiart-emotions"));
    let config = config("wikiart-vgg16", |config| {
        small(config);
        (config.own.views, config.own.dropout) = (2, 0.2);
    });
    let config = config.expect("good");
    assert_eq!(config.own.data, DataSet::WikiartEmotions);
    let all = samples(&config.own, folder.path()).expect("reads");
    let shares = |n: usize| all[n].shares.clone();
    // Positive, negative, other: anger is negative, love positive, and so with optimism.
    assert_eq!(
        (all.len(), shares(0), shares(1)),
        (24, vec![0.0, 1.0, 0.0], vec![1.0, 0.0, 0.0])
    );
    learns(&config, folder.path());
}

#[test]
fn nine_shares_merge_to_three() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let config = config("artemis-resnet34", |config| {
        config.own.labels = Labels::Sentiments
    });
    let config = config.expect("good");
    let all = samples(&config.own, folder.path()).expect("reads");
    // Three votes for sadness and one for awe.
    assert_eq!(all[0].shares, [0.25, 0.75, 0.0]);
}
