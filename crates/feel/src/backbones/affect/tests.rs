//! Labels, folds and weights by hand; a whole training on a replica of a dozen pictures.

use super::Config;
use super::samples::{Language, Sample, Scales, samples};
use crate::learning::config::LabelSettings;
use crate::learning::folds::FOLDS;
use affetti_data::Split;
use affetti_picture::Picture;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};
use std::path::Path;

const PAINTINGS: &str = "id,file,artist,title,year,style,genre,artemis_key,captions,dvisa_emotion,\
                         dvisa_vad,width,height,stretched,source,group,split\n";
const OASIS: &str = "id,theme,category,valence_mean,valence_sd,valence_n,arousal_mean,arousal_sd,\
                     arousal_n,split\n";

/// A picture of one color with a stripe: red ones are sad, the others content.
fn picture(red: bool, n: u8) -> Picture {
    let color = if red { [200, 20, 20] } else { [20, 60, 200] };
    let pixels = (0..48 * 40).flat_map(|i| {
        let striped = i % 48 == usize::from(n);
        if striped {
            [n.wrapping_mul(9); 3]
        } else {
            color
        }
    });
    Picture::new(48, 40, pixels.collect()).expect("sizes fit")
}

/// Eight photographs, twelve paintings with votes, two of D-ViSA alone; the last of each is a test
/// picture, and the D-ViSA painting `d1` is a near-copy of the painting `p0`.
pub(crate) fn replica(folder: &Path) {
    let write = |path: std::path::PathBuf, bytes: &[u8]| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, bytes).expect("writable");
    };
    let split = |n: u8, last: u8| match n {
        _ if n == last => "test",
        _ if n % 4 == 3 => "val",
        _ => "train",
    };
    let mut oasis = OASIS.to_owned();
    for n in 0..8_u8 {
        let red = n % 2 == 0;
        let (valence, arousal) = if red { (2.5, 5.0) } else { (5.5, 3.0) };
        let valence = valence + f64::from(n) / 10.0;
        oasis += &format!(
            "I{n},T {n},Object,{valence},1,9,{arousal},1,9,{}\n",
            split(n, 7)
        );
        let path = folder.join(format!("oasis/images/I{n}.jpg"));
        write(path, &picture(red, n).encode_jpeg(90));
    }
    write(folder.join("oasis/oasis.csv"), oasis.as_bytes());
    let mut paintings = PAINTINGS.to_owned();
    let mut votes = "art_style,painting,emotion,utterance,repetition\n".to_owned();
    for n in 0..12_u8 {
        let red = n % 2 == 0;
        let split = split(n, 11);
        paintings +=
            &format!("p{n},images/p{n}.png,a,t,,Cubism,,Cubism/p{n},5,,,48,40,0,s,g{n},{split}\n");
        let word = if red { "sadness" } else { "contentment" };
        for vote in 0..4 {
            let word = if vote == 3 { "awe" } else { word };
            votes += &format!("Cubism,p{n},{word},x y,4\n");
        }
        let path = folder.join(format!("paintings/images/p{n}.png"));
        write(path, &picture(red, 10 + n).encode_png());
    }
    for (n, group) in [(0_u8, "free"), (1, "g0")] {
        paintings += &format!(
            "d{n},images/d{n}.png,a,t,,Cubism,,,0,fear,\"[0.25, 0.5, 0.5]\",48,40,0,s,{group},train\n"
        );
        let path = folder.join(format!("paintings/images/d{n}.png"));
        write(path, &picture(true, 30 + n).encode_png());
    }
    write(folder.join("paintings/labelled.csv"), paintings.as_bytes());
    write(folder.join("artemis.csv"), votes.as_bytes());
}

#[test]
fn every_label_is_read_and_near_copies_share_a_fold() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let all = samples(
        folder.path(),
        &LabelSettings::default(),
        &Language::default(),
    )
    .expect("reads");
    let photos: Vec<&Sample> = all.iter().filter(|s| s.photo.is_some()).collect();
    let voted: Vec<&Sample> = all.iter().filter(|s| s.emotions.is_some()).collect();
    let rated: Vec<&Sample> = all.iter().filter(|s| s.painting.is_some()).collect();
    assert_eq!([photos.len(), voted.len(), rated.len()], [8, 12, 2]);
    assert_eq!(photos[1].photo, Some([5.6, 3.0]));
    // 0.25 and 0.5 of 0..1 are 2.5 and 4 of 1..7.
    assert_eq!(rated[0].painting, Some([2.5, 4.0]));
    // Three of four votes are sadness, the eighth word; one is awe, the second.
    let (shares, votes) = voted[0].emotions.as_ref().expect("votes");
    assert_eq!((shares[7], shares[1], *votes), (0.75, 0.25, 4.0));
    let copy = rated
        .iter()
        .find(|s| s.file.ends_with("d1.png"))
        .expect("d1");
    assert_eq!(copy.fold, voted[0].fold);
    for fold in 0..FOLDS {
        assert!(voted.iter().any(|s| s.fold == fold), "{fold}");
    }
    assert_eq!(photos.iter().filter(|s| s.split == Split::Test).count(), 1);
}

#[test]
fn scales_and_smoothing_by_hand() {
    let sample = |photo: [f64; 2], first: f64| Sample {
        file: "x".into(),
        split: Split::Train,
        fold: 0,
        emotions: Some((vec![first, 1.0 - first, 0., 0., 0., 0., 0., 0., 0.], 5.0)),
        photo: Some(photo),
        ..Sample::default()
    };
    let scales = Scales::of(&[sample([2.0, 4.0], 1.0), sample([6.0, 4.0], 0.0)]);
    assert_eq!(scales.prior[..3], [0.5, 0.5, 0.0]);
    // Mean 4 and deviation 2; a constant is not blown up.
    assert_eq!(scales.photo[0].standard(6.0), 1.0);
    assert_eq!(scales.photo[1].standard(4.0), 0.0);
    assert_eq!(scales.photo[0].rating(-1.0), 2.0);
    // (3 · 1 + 1 · .5) / 4
    let smoothed = scales.smoothed(&[1.0, 0., 0., 0., 0., 0., 0., 0., 0.], 3.0, 1.0);
    assert_eq!(smoothed[..3], [0.875, 0.125, 0.0]);
}

fn config(change: impl FnOnce(&mut Config)) -> Result<Config, String> {
    let path = affetti_testkit::workspace().join("configs/affect-1.toml");
    Config::read(&path, change).map_err(|error| error.to_string())
}

#[test]
fn settings_that_cannot_be_are_named() {
    let told = |change: &dyn Fn(&mut Config)| {
        let told = config(change).expect_err("a wrong setting");
        let (_, what) = told.split_once("command line: ").expect("the options");
        what.to_owned()
    };
    assert!(told(&|c| c.own.frozen_stages = 8).starts_with("frozen_stages"));
    assert!(told(&|c| c.own.fold = Some(6)).starts_with("fold"));
    assert!(told(&|c| c.own.learn_val = true).starts_with("training.patience"));
    assert!(told(&|c| c.own.objective.huber = 0.0).starts_with("objective.huber"));
    assert!(told(&|c| c.own.network = None).starts_with("start"));
    assert!(config(|_| ()).is_ok());
}

#[cfg(feature = "weights")]
mod trained {
    use super::{Config, replica};
    use affetti_nets::efficientnet_lite::{Variant, Weights};
    use affetti_train::schedule::Schedule;
    use affetti_train::{History, Places, Progress, Watch, train};
    use affetti_weights::store::{self, Precision};
    use std::path::Path;

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

    /// Stages above the fourth learn, on views of 64 pixels.
    fn config() -> Config {
        let config = super::config(|Config { common, own, .. }| {
            common.name = "tiny".to_owned().try_into().expect("a name");
            common.start = "begin".to_owned().try_into().expect("a name");
            own.network = Some(Variant::Lite0);
            (own.side, own.views, own.probe_epochs) = (64, 2, 1);
            own.trunk_rate = 0.3;
            own.fold = Some(2);
            let training = &mut common.training;
            (training.epochs, training.batch, training.patience) = (12, 4, 0);
            training.optimizer.rate = 3e-4;
            training.schedule = Schedule::Constant;
            training.average = 0.0;
        });
        config.expect("good")
    }

    /// The first backbone of the embedded predictor as a file of our own.
    fn begin(models: &Path) -> Weights {
        let cpu = affetti_nets::device::Device::Cpu;
        let predictor = crate::Predictor::embedded(&cpu).expect("embedded");
        let start = predictor.weights().backbones[0]
            .lite()
            .expect("ours")
            .clone();
        let bytes = store::to_bytes(&start.to_folded(), |_| Precision::Full).expect("stored");
        std::fs::write(models.join("begin.safetensors"), bytes).expect("writable");
        start
    }

    #[test]
    fn feelings_are_learned_above_the_frozen_stages_and_resume_changes_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let data = folder.path().join("data");
        replica(&data);
        let models = folder.path().join("models");
        std::fs::create_dir_all(&models).expect("writable");
        let start = begin(&models);
        let config = config();
        let run = |name: &str, resume: bool, steps: usize| {
            let run = folder.path().join(name);
            let places = Places {
                data: &data,
                models: &models,
                run: &run,
                resume,
                stage: &|_, _, _| (),
            };
            train(&config, &places, &mut Until(steps)).expect("trains")
        };
        let whole = run("whole", false, usize::MAX).expect("to the end");
        let (path, sha256) = whole.weights.expect("published");
        let bytes = store::read_file(&path).expect("written");
        assert!(path.ends_with("tiny-fold2.safetensors"));
        // The loss falls: colors are easily told apart.
        let losses: Vec<f64> = whole.history.rows.iter().map(|row| row[1]).collect();
        assert!(losses[11] < 0.8 * losses[0], "{losses:?}");
        // What is below stays, up to the half precision of the file; what is above moved.
        let file = store::from_bytes(&bytes, "x").expect("reads");
        assert!(file.note.contains("train affect"));
        let end = Weights::from_folded(Variant::Lite0, file)
            .expect("fits")
            .to_folded();
        let begun = start.to_folded();
        let moved = |name: &str| {
            let pairs = end.map[name].data.iter().zip(&begun.map[name].data);
            pairs
                .map(|(a, b)| (a - b).abs() / b.abs().max(1e-3))
                .fold(0.0, f32::max)
        };
        // Block 8 is the last of the fourth stage's, 9 the first of the fifth's.
        assert_eq!(Variant::Lite0.blocks_of(4), 8);
        assert!(moved("blocks.7.project.weight") < 1e-3);
        assert!(moved("stem.weight") < 1e-3);
        assert!(moved("blocks.8.depthwise.weight") > 1e-3);
        assert!(moved("head.weight") > 1e-3);
        // Held pictures are scored, and none of them is learned from: 8 + 12 + 2 pictures.
        let figures = whole.figures;
        let held = figures
            .scores
            .iter()
            .find(|s| s.set == "fold 2 of 5")
            .expect("held");
        assert!(held.n >= 2);
        assert!(figures.pictures.iter().sum::<usize>() <= 22);
        // Stopped in the third epoch: nothing is published. Resumed: the same bytes.
        std::fs::write(&path, "of before").expect("writable");
        assert!(run("parts", false, 2 * (figures.pictures[0] / 4) + 1).is_none());
        assert_eq!(std::fs::read(&path).expect("still there"), b"of before");
        let resumed = run("parts", true, usize::MAX).expect("to the end");
        assert_eq!(resumed.weights.expect("published").1, sha256);
    }
}

#[test]
fn vectors_of_texts_say_where_a_painting_differs_from_all() {
    let folder = tempfile::tempdir().expect("temporary folder");
    replica(folder.path());
    let mut tensors = Tensors::default();
    let mut put = |name: &str, data: [f32; 2]| {
        let tensor = Tensor {
            shape: vec![2],
            data: data.to_vec(),
        };
        tensors.map.insert(name.to_owned(), tensor);
    };
    put("utterances.p0", [1.0, 4.0]);
    put("utterances.p1", [1.0, 0.0]);
    put("facts.p1", [0.0, 1.0]);
    let bytes = store::to_bytes(&tensors, |_| Precision::Half).expect("shapes fit");
    std::fs::write(folder.path().join("words.safetensors"), bytes).expect("writable");
    let language = Language::read("words", folder.path()).expect("vectors");
    let all = samples(folder.path(), &LabelSettings::default(), &language).expect("reads");
    let of = |name: &str| all.iter().find(|s| s.file.ends_with(name)).expect("there");
    assert_eq!(of("p0.png").texts, [Some(vec![1.0, 4.0]), None]);
    assert_eq!(
        of("p1.png").texts,
        [Some(vec![1.0, 0.0]), Some(vec![0.0, 1.0])]
    );
    assert_eq!(of("p2.png").texts, [None, None]);
    assert_eq!(of("p0.png").style.as_deref(), Some("Cubism"));
    // The mean of both is (1, 2): one lies straight above it, the other below.
    let scales = Scales::of(&all);
    assert_eq!(scales.direction(0, &[1.0, 4.0]), [0.0, 1.0]);
    assert_eq!(scales.direction(0, &[1.0, 0.0]), [0.0, -1.0]);
    assert_eq!(scales.styles, ["Cubism"]);
    let missing = Language::read("none-such", folder.path()).expect_err("no file");
    assert!(
        missing.to_string().contains("none-such.safetensors"),
        "{missing}"
    );
}
