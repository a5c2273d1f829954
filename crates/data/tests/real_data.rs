//! The real sets, where they are present: `AFFETTI_DATA`, else
//! `../shared/data` beside the workspace. Expected figures were computed
//! independently with Python 3 (`csv.DictReader`, `collections.Counter`,
//! `statistics`, `hashlib`), not with this crate.

use affetti_data::{
    Limits, Split, abstract_art, artemis, artgan,
    check::{CheckOptions, CheckSet, check, silent},
    folder::{Folder, FolderOptions},
    oasis, paintings, splits, stats,
    table::{self, TableOptions},
};
use affetti_emotion::Label;
use affetti_testkit::{assert_close, data};

fn close(ours: f64, python: f64) {
    assert_close(ours, python, 1e-9);
}

#[test]
fn artemis_figures() {
    let Some(path) = data("artemis.csv") else {
        return;
    };
    let set = artemis::read(&path, &Limits::default()).unwrap();
    assert_eq!((set.report.bad, set.report.lossy), (0, 0));
    let votes = artemis::group(&set.rows);
    // `repetition` is the number of rows of the painting.
    assert!(
        set.rows
            .iter()
            .all(|u| votes[&u.key()].total() == u64::from(u.repetition))
    );
    let s = stats::artemis(&set.rows);
    assert_eq!(
        (s.annotations.ours, s.artworks.ours, s.styles.ours),
        (36_274, 6_300, 27)
    );
    let chosen: Vec<usize> = s.emotions.iter().map(|e| e.annotations).collect();
    assert_eq!(
        chosen,
        [3647, 5775, 9968, 2947, 527, 1795, 3330, 4074, 4211]
    );
    assert_eq!(s.artworks_with_41.ours, 66);
    close(s.annotations_per_artwork.ours, 36_274.0 / 6_300.0);
    close(s.positive.ours, 0.615_785_411_038_209_2);
    close(s.negative.ours, 0.268_125_930_418_481_54);
    close(s.other.ours, 0.116_088_658_543_309_26);
    close(s.positive_and_negative.ours, 3950.0 / 6300.0);
    close(s.mixed.ours, 5033.0 / 6300.0);
    close(s.half.ours, 2866.0 / 6300.0);
    close(s.majority.ours, 2848.0 / 6300.0);
    close(s.strict_majority.ours, 2406.0 / 6300.0);
    close(s.metaphors.ours, 7490.0 / 36_274.0);
    // The same token rule written in Python.
    assert_eq!((s.unique_tokens.ours, s.max_length.ours), (17_020, 170));
    close(s.mean_length.ours, 15.779_015_272_647_076);
    close(s.median_length.ours, 14.0);
    assert_eq!(s.entropy_by_style["Impressionism"].artworks, 1024);
    let entropy = |style: &str| s.entropy_by_style[style].entropy.ours;
    close(entropy("Impressionism"), 0.994_129_663_811_853_1);
    close(entropy("Action_painting"), 1.066_246_770_439_171);
}

#[test]
fn artemis_splits_and_paintings_agree() {
    let (Some(texts), Some(split_file), Some(labelled)) = (
        data("artemis.csv"),
        data("artemis-splits.csv"),
        data("paintings/labelled.csv"),
    ) else {
        return;
    };
    let limits = Limits::default();
    let votes = artemis::group(&artemis::read(&texts, &limits).unwrap().rows);
    let rows = artemis::read_splits(&split_file, &limits).unwrap().rows;
    let count = |split| rows.iter().filter(|row| row.split == split).count();
    assert_eq!(
        (count(Split::Train), count(Split::Val), count(Split::Test)),
        (4985, 659, 656)
    );
    let split_of = artemis::splits(&rows);
    assert!(votes.keys().all(|key| split_of.contains_key(key.as_str())));

    let set = paintings::read(&labelled, &limits).unwrap();
    let joined = paintings::join(&set.rows, &votes);
    assert_eq!((joined.pairs.len(), joined.keyless), (2125, 190));
    assert!(joined.without_votes.is_empty());
    assert_eq!(joined.without_painting, 6300 - 2125);
    // A painting and its utterances are on the same side.
    for (painting, _) in &joined.pairs {
        let key = painting.artemis_key.as_deref().unwrap();
        assert_eq!(split_of[key], painting.split, "{key}");
    }
}

#[test]
fn paintings_figures() {
    let Some(path) = data("paintings/labelled.csv") else {
        return;
    };
    let set = paintings::read(&path, &Limits::default()).unwrap();
    assert_eq!(set.report.bad, 0);
    let s = stats::paintings(&set.rows);
    assert_eq!((s.paintings, s.artists, s.stretched), (2315, 493, 139));
    assert_eq!(
        (s.by_split["train"], s.by_split["val"], s.by_split["test"]),
        (1810, 261, 244)
    );
    assert_eq!(
        (s.by_style["Symbolism"], s.by_style["Art_Nouveau_Modern"]),
        (345, 314)
    );
    assert_eq!((s.by_genre["portrait"], s.by_genre[""]), (377, 469));
    assert_eq!(s.with_artemis_key, 2125);
    assert_eq!(
        (s.by_dvisa_emotion["fear"], s.by_dvisa_emotion["anger"]),
        (47, 9)
    );
    assert!(
        set.rows
            .iter()
            .all(|p| p.dvisa_emotion.is_some() == p.emotion().is_some())
    );
    let (valence, arousal) = (s.valence.unwrap(), s.arousal.unwrap());
    assert_eq!(valence.n, 209);
    close(valence.mean, 3.365_023_923_444_976);
    close(valence.sd, 1.485_706_942_710_178_1);
    close(arousal.mean, 4.518_803_827_751_197);
    close(arousal.sd, 1.135_888_759_444_088_7);
    let groups = set.rows.iter().map(|p| (p.group.as_str(), p.split));
    assert!(splits::spanning(groups).is_empty());
}

#[test]
fn small_paintings_have_the_same_columns() {
    let Some(path) = data("paintings/wikiart-128.csv") else {
        return;
    };
    let set = paintings::read(&path, &Limits::default()).unwrap();
    assert_eq!((set.rows.len(), set.report.bad), (26_472, 0));
    let s = stats::paintings(&set.rows);
    assert_eq!((s.by_style["Romanticism"], s.by_style[""]), (3612, 1405));
    assert_eq!((s.by_split["train"], s.stretched), (21_285, 2223));
    assert!(
        set.rows
            .iter()
            .all(|p| p.style.as_deref() != Some("Art_Nouveau"))
    );
}

#[test]
fn oasis_figures() {
    let Some(path) = data("oasis/oasis.csv") else {
        return;
    };
    let set = oasis::read(&path, &Limits::default()).unwrap();
    assert_eq!(set.report.bad, 0);
    let s = stats::oasis(&set.rows);
    assert_eq!(s.photos, 679);
    assert_eq!(
        (s.by_split["train"], s.by_split["val"], s.by_split["test"]),
        (539, 73, 67)
    );
    assert_eq!(
        (s.by_category["Person"], s.by_category["Animal"]),
        (221, 108)
    );
    let (valence, arousal) = (s.valence.unwrap(), s.arousal.unwrap());
    close(valence.mean, 4.416_360_982_577_32);
    close(valence.sd, 1.196_668_629_353_698_6);
    close(valence.max, 6.490_196_078);
    close(arousal.mean, 3.582_120_427_344_624_3);
    close(arousal.sd, 0.818_768_221_370_136_7);
    close(s.valence_sd.unwrap().mean, 1.075_538_800_643_593_5);
}

#[test]
fn oasis_pictures_are_sound() {
    let Some(path) = data("oasis/oasis.csv") else {
        return;
    };
    let photos = oasis::read(&path, &Limits::default()).unwrap().rows;
    let mut set: CheckSet = photos.iter().collect();
    set.keys = photos.iter().map(|photo| photo.id.clone()).collect();
    let report = check(&set, &CheckOptions::default(), &silent).unwrap();
    // No two files share a SHA-256.
    assert!(
        report.is_clean() && report.duplicates.is_empty(),
        "{report:?}"
    );
    assert_eq!(report.good, 679);
}

#[test]
fn paintings_are_sound_and_sizes_are_true() {
    let Some(path) = data("paintings/labelled.csv") else {
        return;
    };
    let paintings = paintings::read(&path, &Limits::default()).unwrap().rows;
    let set: CheckSet = paintings.iter().collect();
    let report = check(&set, &CheckOptions::default(), &silent).unwrap();
    assert!(report.is_clean(), "{report:?}");
    // No two files share a SHA-256.
    assert!(report.duplicates.is_empty());
    for painting in &paintings {
        let options = affetti_picture::DecodeOptions::default();
        let picture = affetti_picture::read(&painting.file, &options).unwrap();
        assert_eq!(
            (picture.width(), picture.height()),
            (painting.width, painting.height)
        );
    }
}

#[test]
fn artgan_lists() {
    let Some(root) = data("artgan") else { return };
    let limits = Limits::default();
    // Classes, then rows per list, by Python's csv.reader.
    for (classes_file, classes, list_file, rows) in [
        ("style_class.txt", 27, "style_val.csv", 24_421),
        ("genre_class", 10, "genre_val.csv", 19_492),
        ("artist_class", 23, "artist_train", 13_346),
        ("artist_class", 23, "artist_val", 5_706),
    ] {
        let names = artgan::read_classes(&root.join(classes_file), &limits).unwrap();
        assert_eq!(names.len(), classes);
        let list = artgan::read_list(&root.join(list_file), classes, &limits).unwrap();
        assert_eq!((list.rows.len(), list.report.bad), (rows, 0), "{list_file}");
        if classes_file == "style_class.txt" {
            // With the folder's spelling, every path lies in its class's folder.
            let at_home =
                |row: &artgan::Listed| row.file.split('/').next() == Some(&names[row.class]);
            assert!(list.rows.iter().all(at_home));
        }
    }
}

#[test]
fn abstract_votes() {
    let Some(path) = data("abstract/ABSTRACT_groundTruth.csv") else {
        return;
    };
    let set = abstract_art::read(&path, &Limits::default()).unwrap();
    assert_eq!((set.rows.len(), set.report.bad), (280, 0));
    // In the file's order: amusement, anger, awe, content, disgust, excitement, fear, sad.
    let sum = |name: &str| -> u32 {
        let emotion = affetti_emotion::Mikels::parse(name).unwrap();
        set.rows.iter().map(|row| row.votes.get(emotion)).sum()
    };
    let names = [
        "amusement",
        "anger",
        "awe",
        "content",
        "disgust",
        "excitement",
        "fear",
        "sad",
    ];
    assert_eq!(names.map(sum), [396, 246, 477, 729, 424, 550, 557, 583]);
}

#[test]
fn folders_and_tables() {
    if let Some(root) = data("bsds500") {
        let walk = Folder::open(&root, &FolderOptions::default()).unwrap();
        let found: Result<Vec<_>, _> = walk.collect();
        // 300 photographs and 300 masks.
        assert_eq!(found.unwrap().len(), 600);
    }
    if let Some(path) = data("met/met.csv") {
        let set = table::read(&path, &TableOptions::default()).unwrap();
        assert!(set.rows.iter().all(|entry| entry.file.is_file()));
        let s = stats::table(&set.rows);
        // Splits by hashing the column `file`, in hashlib.
        assert_eq!(
            (s.by_split["train"], s.by_split["val"], s.by_split["test"]),
            (142, 18, 14)
        );
    }
}

/// Paintings of the published file with one leading emotion, counted by a few lines of Python: 140
/// positive, 89 negative, 51 tied. The article on affective regions (Yang et al. 2018, Table 1) has
/// one positive painting less.
#[test]
fn abstract_paintings_without_ties_are_nearly_those_of_the_article() {
    let Some(path) = data("abstract/ABSTRACT_groundTruth.csv") else {
        return;
    };
    let set = abstract_art::labelled(&path, &Limits::default()).unwrap();
    let figures = affetti_data::labelled::stats(&set.rows, Some([139, 89, 228]));
    assert_eq!(figures.by_sentiment["positive"], 140);
    assert_eq!(figures.by_sentiment["negative"], 89);
    assert_eq!(set.rows.len() - figures.by_label[""], 229);
}
