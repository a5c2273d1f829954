//! Classes by hand; the two recipes on replicas of a dozen pictures, with random weights.

use super::samples::samples;
use super::{
    DataSet, Judged, Labels, RecipeConfig, RecipeOptions, RecipeTrained, divergence, train_recipe,
};
use crate::affect::tests::replica;
use affetti_picture::Picture;
use affetti_train::{History, Progress, Watch};
use std::path::Path;

fn config(text: &str) -> RecipeConfig {
    toml::from_str(text).expect("the config of the repository parses")
}

fn artemis() -> RecipeConfig {
    config(include_str!("../../../../configs/artemis-resnet34.toml"))
}

fn wikiart() -> RecipeConfig {
    config(include_str!("../../../../configs/wikiart-vgg16.toml"))
}

#[test]
fn the_published_settings() {
    // Achlioptas et al. 2021 and their code.
    let c = artemis();
    assert!(c.check().is_ok());
    let t = &c.training;
    assert_eq!(
        (c.side, c.hidden, c.dropout, c.learning_stages),
        (256, 100, 0.3, 1)
    );
    assert_eq!(
        (t.epochs, t.patience, t.batch, t.optimizer.rate),
        (25, 5, 128, 5e-4)
    );
    assert!(wikiart().check().is_ok());
    let stand_in = config(include_str!("../../../../configs/artemis-vgg16.toml"));
    assert!(stand_in.check().is_ok());
}

#[test]
fn settings_that_cannot_be_are_named() {
    let told = |change: &dyn Fn(&mut RecipeConfig)| {
        let mut config = wikiart();
        change(&mut config);
        config.check().expect_err("a wrong setting")
    };
    assert!(told(&|c| c.labels = Labels::Emotions).starts_with("labels"));
    assert!(told(&|c| c.learning_stages = 1).starts_with("learning_stages"));
    assert!(told(&|c| c.start = "resnet-34".into()).starts_with("start"));
    assert!(told(&|c| c.network = "alexnet".into()).starts_with("network"));
    assert!(told(&|c| c.filter = "soft".into()).starts_with("filter"));
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

fn train(
    config: &RecipeConfig,
    data: &Path,
    run: &Path,
    resume: bool,
    steps: usize,
) -> RecipeTrained {
    let options = RecipeOptions {
        data,
        run,
        resume,
        preparing: &|_, _| (),
    };
    train_recipe(config, &options, &mut Until(steps)).expect("trains")
}

/// Twice, once stopped in the third epoch and resumed: the loss falls and the checkpoints agree.
fn learns(config: &RecipeConfig, data: &Path) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let trained = train(config, data, &whole, false, usize::MAX);
    let losses: Vec<f64> = trained.history.rows.iter().map(|row| row[1]).collect();
    let last = losses[losses.len() - 1];
    assert!(last < 0.9 * losses[0], "{losses:?}");
    assert!(trained.scores.iter().any(|s| s.set == "test"));
    let steps = trained.pictures[0] / config.training.batch;
    assert!(train(config, data, &parts, false, 2 * steps + 1).stopped);
    let resumed = train(config, data, &parts, true, usize::MAX);
    assert_eq!(resumed.history, trained.history);
    let last = |run: &Path| std::fs::read(run.join("checkpoint/last.safetensors")).expect("kept");
    assert!(last(&whole) == last(&parts));
}

#[test]
fn artemis_learns_with_its_last_residual_stage() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let mut config = RecipeConfig {
        start: "none".into(),
        side: 32,
        dropout: 0.0,
        ..artemis()
    };
    config.training.batch = 4;
    config.training.epochs = 10;
    config.training.patience = 0;
    config.training.optimizer.rate = 2e-3;
    learns(&config, folder.path());
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
    let mut config = RecipeConfig {
        start: "none".into(),
        side: 32,
        views: 2,
        dropout: 0.2,
        ..wikiart()
    };
    assert_eq!(config.data, DataSet::WikiartEmotions);
    let all = samples(&config, folder.path()).expect("reads");
    let shares = |n: usize| all[n].shares.clone();
    // Positive, negative, other: anger is negative, love positive, and so with optimism.
    assert_eq!(
        (all.len(), shares(0), shares(1)),
        (24, vec![0.0, 1.0, 0.0], vec![1.0, 0.0, 0.0])
    );
    config.training.batch = 4;
    config.training.epochs = 10;
    config.training.patience = 0;
    config.training.optimizer.rate = 2e-3;
    learns(&config, folder.path());
}

#[test]
fn nine_shares_merge_to_three() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let config = RecipeConfig {
        labels: Labels::Sentiments,
        ..artemis()
    };
    let all = samples(&config, folder.path()).expect("reads");
    // Three votes for sadness and one for awe.
    assert_eq!(all[0].shares, [0.25, 0.75, 0.0]);
}
