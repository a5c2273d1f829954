//! From one list of words to a smaller one, each with its source.
//!
//! A map is a plain function from label to label, so that it merges single
//! labels and, through [`Distribution::merge`], whole distributions.

use crate::{CganEmotion, Distribution, Emotion, EmotionRoi, Mikels, Sentiment, WikiArtEmotion};
use crate::{Label, Scale};

/// A taxonomy whose words are published as positive, negative or neither.
pub trait HasSentiment: Label {
    /// The sentiment of the word.
    fn sentiment(self) -> Sentiment;
}

/// A taxonomy whose words are ordered from unpleasant to pleasant.
pub trait ValenceOrder: Label {
    /// Position on the 1..7 valence scale; larger is more pleasant.
    fn valence(self) -> f64;
}

impl Emotion {
    /// ArtEmis: the first four are positive, the next four negative, "something
    /// else" is other.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        match self {
            Self::Amusement | Self::Awe | Self::Contentment | Self::Excitement => {
                Sentiment::Positive
            }
            Self::Anger | Self::Disgust | Self::Fear | Self::Sadness => Sentiment::Negative,
            Self::SomethingElse => Sentiment::Other,
        }
    }

    /// The *rank* of the word by published valence, spread evenly over 1..7.
    ///
    /// Only the order is published, the distances are not: ranks are used
    /// because the lexicon may not be redistributed and because ratings of
    /// words in isolation say little about how far apart pictures are.
    ///
    /// The order is that of the NRC Valence, Arousal and Dominance lexicon 1.0
    /// (Mohammad, ACL 2018), most pleasant first: amusement, excitement,
    /// contentment, awe, anger, fear, disgust and sadness. Checked against a
    /// stored copy of the lexicon for amusement and anger, and against a public
    /// transcription of its rows for the rest. The lexicon rates disgust and
    /// sadness alike: they keep the ArtEmis order. "Something else" is no
    /// rated word: it takes the middle, 4.
    #[must_use]
    pub fn valence(self) -> f64 {
        let rank = match self {
            Self::Sadness => 0.0,
            Self::Disgust => 1.0,
            Self::Fear => 2.0,
            Self::Anger => 3.0,
            Self::SomethingElse => 4.0,
            Self::Awe => 5.0,
            Self::Contentment => 6.0,
            Self::Excitement => 7.0,
            Self::Amusement => 8.0,
        };
        Scale::Oasis.low() + rank / 8.0 * Scale::Oasis.width()
    }

    /// Mikels' word of the same name; `None` for "something else".
    #[must_use]
    pub fn mikels(self) -> Option<Mikels> {
        Mikels::from_index(self.index())
    }
}

impl Mikels {
    /// The ArtEmis emotion of the same name. ArtEmis took Mikels' eight
    /// categories and added "something else", so that no meaning is lost.
    #[must_use]
    pub fn emotion(self) -> Emotion {
        match self {
            Self::Amusement => Emotion::Amusement,
            Self::Awe => Emotion::Awe,
            Self::Contentment => Emotion::Contentment,
            Self::Excitement => Emotion::Excitement,
            Self::Anger => Emotion::Anger,
            Self::Disgust => Emotion::Disgust,
            Self::Fear => Emotion::Fear,
            Self::Sadness => Emotion::Sadness,
        }
    }

    /// Affective regions (Yang et al., TMM 20(9), 2018): amusement, awe,
    /// contentment, excitement are positive, the others negative.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        self.emotion().sentiment()
    }
}

impl EmotionRoi {
    /// Affective regions (Yang et al., TMM 20(9), 2018): joy and surprise are
    /// positive, the others negative.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        match self {
            Self::Joy | Self::Surprise => Sentiment::Positive,
            Self::Anger | Self::Disgust | Self::Fear | Self::Sadness => Sentiment::Negative,
        }
    }
}

impl WikiArtEmotion {
    /// The grouping of the data set's authors (Mohammad and Kiritchenko, LREC
    /// 2018): six positive, eight negative, six other or mixed.
    ///
    /// Not to be confused with the CGAN merge, [`cgan`](Self::cgan), which
    /// counts humility as other, agreeableness as positive and disagreeableness
    /// as negative.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        match self.index() {
            0..=5 => Sentiment::Positive,
            6..=13 => Sentiment::Negative,
            _ => Sentiment::Other,
        }
    }

    /// The first of the two merges of CGAN-Emotion-Art (2020), from twenty
    /// categories to eight.
    #[must_use]
    pub fn cgan(self) -> CganEmotion {
        match self {
            Self::Agreeableness
            | Self::Gratitude
            | Self::Happiness
            | Self::Optimism
            | Self::Trust => CganEmotion::Happiness,
            Self::Love => CganEmotion::Love,
            Self::Anger | Self::Arrogance | Self::Disagreeableness => CganEmotion::Anger,
            Self::Disgust | Self::Fear => CganEmotion::Fear,
            Self::Pessimism | Self::Regret | Self::Sadness | Self::Shame => CganEmotion::Sadness,
            Self::Anticipation | Self::Neutral => CganEmotion::Neutral,
            Self::Humility | Self::Shyness => CganEmotion::Shyness,
            Self::Surprise => CganEmotion::Surprise,
        }
    }
}

impl CganEmotion {
    /// The second merge of CGAN-Emotion-Art (2020): happiness and love are
    /// positive; anger, fear and sadness negative; neutral, shyness and
    /// surprise other.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        match self {
            Self::Happiness | Self::Love => Sentiment::Positive,
            Self::Anger | Self::Fear | Self::Sadness => Sentiment::Negative,
            Self::Neutral | Self::Shyness | Self::Surprise => Sentiment::Other,
        }
    }
}

/// One sentiment for a piece that carries several WikiArt-Emotions labels, as
/// in CGAN-Emotion-Art (2020).
///
/// The labels are first merged by [`WikiArtEmotion::cgan`], each merged class
/// counting once however many labels led to it (the published merge ORs
/// columns). The sentiment with the most classes wins; a tie for the most, and
/// an empty set ("no emotion"), give [`Sentiment::Other`]. The article states
/// the classes of each sentiment and that ties are neutral; counting classes
/// rather than labels is this project's reading, as the code of that step was
/// not published.
///
/// ```
/// use affetti_emotion::{Sentiment, WikiArtEmotion as W, cgan_sentiment};
///
/// // Gratitude and trust are one class, sadness another: a tie.
/// assert_eq!(cgan_sentiment(&[W::Gratitude, W::Trust, W::Sadness]), Sentiment::Other);
/// assert_eq!(cgan_sentiment(&[W::Love, W::Trust, W::Sadness]), Sentiment::Positive);
/// ```
#[must_use]
pub fn cgan_sentiment(labels: &[WikiArtEmotion]) -> Sentiment {
    let mut votes = [0_u32; 3];
    for &class in CganEmotion::ALL {
        if labels.iter().any(|label| label.cgan() == class) {
            votes[class.sentiment().index()] += 1;
        }
    }
    let most = votes.into_iter().max().unwrap_or(0);
    let mut leaders = Sentiment::ALL.iter().filter(|s| votes[s.index()] == most);
    match (leaders.next(), leaders.next()) {
        (Some(&only), None) => only,
        _ => Sentiment::Other,
    }
}

macro_rules! has_sentiment {
    ($($type:ty),+) => {$(
        impl HasSentiment for $type {
            fn sentiment(self) -> Sentiment {
                <$type>::sentiment(self)
            }
        }
    )+};
}

has_sentiment!(Emotion, Mikels, EmotionRoi, WikiArtEmotion, CganEmotion);

impl HasSentiment for Sentiment {
    fn sentiment(self) -> Sentiment {
        self
    }
}

impl ValenceOrder for Emotion {
    fn valence(self) -> f64 {
        Emotion::valence(self)
    }
}

impl ValenceOrder for Mikels {
    fn valence(self) -> f64 {
        self.emotion().valence()
    }
}

impl ValenceOrder for Sentiment {
    /// The ends and the middle of the scale.
    fn valence(self) -> f64 {
        match self {
            Self::Positive => Scale::Oasis.high(),
            Self::Negative => Scale::Oasis.low(),
            Self::Other => Scale::Oasis.middle(),
        }
    }
}

impl<L: HasSentiment> Distribution<L> {
    /// The probabilities of positive, negative and other.
    #[must_use]
    pub fn polarity(&self) -> Distribution<Sentiment> {
        self.merge(HasSentiment::sentiment)
    }

    /// P(positive) − P(negative), −1 to 1.
    #[must_use]
    pub fn balance(&self) -> f64 {
        let polarity = self.polarity();
        polarity.get(Sentiment::Positive) - polarity.get(Sentiment::Negative)
    }
}

impl Distribution<Mikels> {
    /// The same probabilities over the ArtEmis words; "something else" gets 0.
    #[must_use]
    pub fn emotions(&self) -> Distribution<Emotion> {
        self.merge(Mikels::emotion)
    }
}
