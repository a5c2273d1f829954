//! The merges, word for word, and the votes.

use affetti_emotion::WikiArtEmotion as W;
use affetti_emotion::{
    CganEmotion, Emotion, EmotionRoi, HasSentiment, Label, Mikels, Sentiment, ValenceOrder, Votes,
    cgan_sentiment, majority_share, mixed_shares,
};

fn names<L: HasSentiment>(sentiment: Sentiment) -> String {
    let words = L::ALL.iter().filter(|l| l.sentiment() == sentiment);
    words.map(|l| l.name()).collect::<Vec<_>>().join(" ")
}

/// `docs/facts.md`, "Sentiments of words" and "The merges of CGAN-Emotion-Art".
#[test]
fn sentiments_are_the_published_ones() {
    let (positive, negative, other) = (Sentiment::Positive, Sentiment::Negative, Sentiment::Other);
    let pleasant = "amusement awe contentment excitement";
    let unpleasant = "anger disgust fear sadness";
    assert_eq!(names::<Emotion>(positive), pleasant);
    assert_eq!(names::<Emotion>(negative), unpleasant);
    assert_eq!(names::<Emotion>(other), "something else");
    assert_eq!(names::<Mikels>(positive), pleasant);
    assert_eq!(names::<Mikels>(negative), unpleasant);
    assert_eq!(names::<EmotionRoi>(positive), "joy surprise");
    assert_eq!(names::<EmotionRoi>(negative), unpleasant);
    assert_eq!(names::<EmotionRoi>(other), "");
    assert_eq!(names::<Sentiment>(negative), "negative");
    assert_eq!(
        names::<W>(positive),
        "gratitude happiness humility love optimism trust"
    );
    assert_eq!(
        names::<W>(negative),
        "anger arrogance disgust fear pessimism regret sadness shame"
    );
    assert_eq!(
        names::<W>(other),
        "agreeableness anticipation disagreeableness surprise shyness neutral"
    );
    assert_eq!(names::<CganEmotion>(positive), "happiness love");
    assert_eq!(names::<CganEmotion>(negative), "anger fear sadness");
    assert_eq!(names::<CganEmotion>(other), "neutral shyness surprise");
}

/// `docs/facts.md`, "The merges of CGAN-Emotion-Art": each line is merged into its first word.
#[test]
fn the_cgan_merge_is_the_published_one() {
    let merges = [
        "happiness agreeableness gratitude optimism trust",
        "sadness shame regret pessimism",
        "anger arrogance disagreeableness",
        "fear disgust",
        "shyness humility",
        "neutral anticipation",
        "surprise",
        "love",
    ];
    let mut seen = 0;
    for line in merges {
        let class = CganEmotion::parse(line.split(' ').next().unwrap()).unwrap();
        for word in line.split(' ') {
            assert_eq!(W::parse(word).unwrap().cgan(), class, "{word}");
            seen += 1;
        }
    }
    assert_eq!(seen, W::ALL.len());
}

#[test]
fn pieces_with_several_labels_get_one_sentiment() {
    use Sentiment::{Negative, Other};
    assert_eq!(cgan_sentiment(&[]), Other);
    assert_eq!(cgan_sentiment(&[W::Regret]), Negative);
    assert_eq!(cgan_sentiment(&[W::Humility]), Other);
    // Disgust and fear are one class, against one of trust.
    assert_eq!(cgan_sentiment(&[W::Disgust, W::Fear, W::Trust]), Other);
    assert_eq!(cgan_sentiment(&[W::Fear, W::Anger, W::Trust]), Negative);
    // A tie with the neutral group is neutral too.
    assert_eq!(cgan_sentiment(&[W::Love, W::Surprise]), Other);
    // One of each is a three-way tie; repeating a label changes nothing.
    assert_eq!(cgan_sentiment(&[W::Love, W::Shame, W::Neutral]), Other);
    assert_eq!(cgan_sentiment(&[W::Love, W::Love, W::Shame]), Other);
}

#[test]
fn valence_orders_the_words() {
    let mut words = Emotion::ALL.to_vec();
    words.sort_by(|a, b| a.valence().total_cmp(&b.valence()));
    let order: Vec<&str> = words.iter().map(|e| e.name()).collect();
    assert_eq!(
        order.join(", "),
        "sadness, disgust, fear, anger, something else, awe, contentment, excitement, amusement"
    );
    assert_eq!(Emotion::SomethingElse.valence(), 4.0);
    assert_eq!(Emotion::Amusement.valence(), 7.0);
    assert_eq!(Emotion::Sadness.valence(), 1.0);
    for &word in Mikels::ALL {
        assert_eq!(word.emotion().mikels(), Some(word));
        assert_eq!(word.valence(), word.emotion().valence());
        assert_eq!(word.name(), word.emotion().name());
        assert_eq!(
            word.valence() > 4.0,
            word.sentiment() == Sentiment::Positive
        );
    }
    assert_eq!(Emotion::SomethingElse.mikels(), None);
    assert_eq!(ValenceOrder::valence(Sentiment::Other), 4.0);
}

fn votes(counts: [u32; 3]) -> Votes<Sentiment> {
    Votes::from_counts(&counts).expect("three counts")
}

#[test]
fn the_two_majority_rules_differ_at_one_half() {
    // 5 of 9, 4 of 8 against 2 and 2, 4 against 4, nobody.
    let majorities = [
        (
            [2, 5, 2],
            Some(Sentiment::Negative),
            Some(Sentiment::Negative),
        ),
        ([4, 2, 2], None, Some(Sentiment::Positive)),
        ([4, 0, 4], None, None),
        ([3, 2, 2], None, None),
        ([0, 0, 0], None, None),
        ([0, 0, 1], Some(Sentiment::Other), Some(Sentiment::Other)),
    ];
    for (counts, strict, half) in majorities {
        assert_eq!(votes(counts).strict_majority(), strict, "{counts:?}");
        assert_eq!(votes(counts).half_majority(), half, "{counts:?}");
    }
    assert_eq!(votes([u32::MAX, 0, u32::MAX]).half_majority(), None);
}

#[test]
fn votes_are_counted_and_merged() {
    let cast = [Emotion::Awe, Emotion::Fear, Emotion::Awe, Emotion::Anger];
    let mut votes: Votes<Emotion> = cast.into_iter().collect();
    assert_eq!((votes.total(), votes.get(Emotion::Awe)), (4, 2));
    assert_eq!(votes.distribution().unwrap().get(Emotion::Fear), 0.25);
    votes.add(Emotion::SomethingElse);
    let merged = votes.merge(Emotion::sentiment);
    assert_eq!(merged.as_slice(), [2, 2, 1]);
    assert!(Votes::<Emotion>::new().distribution().is_err());
    assert!(Votes::<Emotion>::from_counts(&[1, 2]).is_err());
    let mut full = Votes::<Sentiment>::from_counts(&[u32::MAX, 0, 0]).unwrap();
    full.add(Sentiment::Positive);
    assert_eq!(full.total(), u64::from(u32::MAX));
}

#[test]
fn shares_of_works_on_which_viewers_disagree() {
    // Five works, one without votes. Of the four: both signs in two (first and
    // fourth), any two groups in three (all but the second).
    let works = [
        votes([1, 3, 0]),
        votes([4, 0, 0]),
        votes([2, 0, 2]),
        votes([3, 3, 1]),
        votes([0, 0, 0]),
    ];
    let shares = mixed_shares(&works).unwrap();
    assert_eq!(shares.positive_and_negative, 0.5);
    assert_eq!((shares.any_two, shares.works), (0.75, 4));
    // More than half in the first two; at least half, alone, in no other.
    assert_eq!(majority_share(&works, Votes::strict_majority), Ok(0.5));
    assert_eq!(majority_share(&works, Votes::half_majority), Ok(0.5));
    assert!(mixed_shares::<Sentiment>(&[]).is_err());
    assert!(mixed_shares(&works[4..]).is_err());
    assert!(majority_share(&works[4..], Votes::half_majority).is_err());
}
