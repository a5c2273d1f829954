//! The published lists of words.
//!
//! The order of each list is part of its contract: index `i` of a
//! [`Distribution`](crate::Distribution), of a network's output and of a table
//! column is `ALL[i]`.

use crate::label::taxonomy;

taxonomy! {
    /// The nine ArtEmis emotions, in the order of the released data:
    /// 0..=3 positive, 4..=7 negative, 8 neither.
    ///
    /// The first eight are Mikels' categories; the ninth is the annotator's way
    /// out ("bored", "curious", "nothing").
    Emotion("emotion", "ArtEmis, Achlioptas et al., CVPR 2021") {
        /// Index 0, positive.
        Amusement = "amusement",
        /// Index 1, positive.
        Awe = "awe",
        /// Index 2, positive.
        Contentment = "contentment",
        /// Index 3, positive.
        Excitement = "excitement",
        /// Index 4, negative.
        Anger = "anger",
        /// Index 5, negative.
        Disgust = "disgust",
        /// Index 6, negative.
        Fear = "fear",
        /// Index 7, negative.
        Sadness = "sadness",
        /// Index 8, neither positive nor negative; its name holds a space.
        SomethingElse = "something else",
    }
}

taxonomy! {
    /// The three-way sentiment used everywhere in the house.
    Sentiment("sentiment", "ArtEmis, positive / negative / something else") {
        /// Index 0.
        Positive = "positive",
        /// Index 1.
        Negative = "negative",
        /// Index 2; "neutral" is read as this.
        Other = "other" | "neutral",
    }
}

taxonomy! {
    /// Mikels' eight categories, in the order in which ArtEmis lists them.
    ///
    /// "content" and "sad" are also read: the Abstract set (Machajdik and
    /// Hanbury 2010) heads its columns so.
    Mikels("mikels", "Mikels et al., Behavior Research Methods 37(4), 2005") {
        /// Index 0, positive.
        Amusement = "amusement",
        /// Index 1, positive.
        Awe = "awe",
        /// Index 2, positive.
        Contentment = "contentment" | "content",
        /// Index 3, positive.
        Excitement = "excitement",
        /// Index 4, negative.
        Anger = "anger",
        /// Index 5, negative.
        Disgust = "disgust",
        /// Index 6, negative.
        Fear = "fear",
        /// Index 7, negative.
        Sadness = "sadness" | "sad",
    }
}

taxonomy! {
    /// The six categories of EmotionROI, positive ones first.
    ///
    /// Six are in the set although texts about it speak of seven: the seventh,
    /// neutral, has no pictures there. The order is this project's.
    EmotionRoi("emotion-roi", "EmotionROI, Peng et al., ICIP 2016") {
        /// Index 0, positive.
        Joy = "joy",
        /// Index 1, positive in the affective-regions article.
        Surprise = "surprise",
        /// Index 2, negative.
        Anger = "anger",
        /// Index 3, negative.
        Disgust = "disgust",
        /// Index 4, negative.
        Fear = "fear",
        /// Index 5, negative.
        Sadness = "sadness",
    }
}

taxonomy! {
    /// The twenty categories of WikiArt-Emotions: 6 positive, then 8 negative,
    /// then 6 other or mixed, as its authors group them.
    ///
    /// A piece may carry several. Names are the first word of each published
    /// category ("happiness, calmness, pleasure, or ecstasy" is `happiness`).
    WikiArtEmotion("wikiart-emotions", "WikiArt-Emotions, Mohammad and Kiritchenko, LREC 2018") {
        /// Index 0, positive.
        Gratitude = "gratitude",
        /// Index 1, positive.
        Happiness = "happiness",
        /// Index 2, positive.
        Humility = "humility",
        /// Index 3, positive.
        Love = "love",
        /// Index 4, positive.
        Optimism = "optimism",
        /// Index 5, positive.
        Trust = "trust",
        /// Index 6, negative.
        Anger = "anger",
        /// Index 7, negative.
        Arrogance = "arrogance",
        /// Index 8, negative.
        Disgust = "disgust",
        /// Index 9, negative.
        Fear = "fear",
        /// Index 10, negative.
        Pessimism = "pessimism",
        /// Index 11, negative.
        Regret = "regret",
        /// Index 12, negative.
        Sadness = "sadness",
        /// Index 13, negative.
        Shame = "shame",
        /// Index 14, other.
        Agreeableness = "agreeableness",
        /// Index 15, other.
        Anticipation = "anticipation",
        /// Index 16, other.
        Disagreeableness = "disagreeableness",
        /// Index 17, other.
        Surprise = "surprise",
        /// Index 18, other.
        Shyness = "shyness",
        /// Index 19, other; the annotator felt no emotion.
        Neutral = "neutral",
    }
}

taxonomy! {
    /// The eight classes to which CGAN-Emotion-Art first merges the twenty
    /// categories of WikiArt-Emotions. See [`WikiArtEmotion::cgan`].
    CganEmotion("cgan-emotion", "CGAN-Emotion-Art, 2020, intermediate merge of WikiArt-Emotions") {
        /// Index 0, positive.
        Happiness = "happiness",
        /// Index 1, positive.
        Love = "love",
        /// Index 2, negative.
        Anger = "anger",
        /// Index 3, negative.
        Fear = "fear",
        /// Index 4, negative.
        Sadness = "sadness",
        /// Index 5, other.
        Neutral = "neutral",
        /// Index 6, other.
        Shyness = "shyness",
        /// Index 7, other.
        Surprise = "surprise",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmotionError, Label};

    fn keeps_its_promises<L: Label>(size: usize) {
        assert_eq!(L::ALL.len(), size);
        for (i, &label) in L::ALL.iter().enumerate() {
            assert_eq!(label.index(), i);
            assert_eq!(L::from_index(i), Some(label));
            assert_eq!(L::parse(label.name()), Ok(label));
            assert_eq!(L::parse(&label.name().to_uppercase()), Ok(label));
            for alias in label.aliases() {
                assert_eq!(L::parse(alias), Ok(label));
            }
        }
        assert_eq!(L::from_index(size), None);
    }

    #[test]
    fn every_taxonomy_keeps_its_promises() {
        keeps_its_promises::<Emotion>(9);
        keeps_its_promises::<Sentiment>(3);
        keeps_its_promises::<Mikels>(8);
        keeps_its_promises::<EmotionRoi>(6);
        keeps_its_promises::<WikiArtEmotion>(20);
        keeps_its_promises::<CganEmotion>(8);
    }

    #[test]
    fn the_artemis_order_is_the_published_one() {
        let names: Vec<&str> = Emotion::ALL.iter().map(|e| e.name()).collect();
        let published = "amusement awe contentment excitement anger disgust fear sadness";
        assert_eq!(names[..8].join(" "), published);
        assert_eq!(names[8], "something else");
    }

    #[test]
    fn spellings_are_forgiven_but_words_are_not() {
        for text in ["Something Else", " something_else ", "SOMETHING-ELSE"] {
            assert_eq!(Emotion::parse(text), Ok(Emotion::SomethingElse));
        }
        assert_eq!(Sentiment::parse("Neutral"), Ok(Sentiment::Other));
        assert_eq!("content".parse::<Mikels>(), Ok(Mikels::Contentment));
        assert!(Emotion::parse("content").is_err());
        assert!(Emotion::parse("").is_err());
    }

    #[test]
    fn an_unknown_word_is_cut_and_the_allowed_ones_are_listed() {
        let error = Emotion::parse(&"é".repeat(10_000)).expect_err("not an emotion");
        let EmotionError::UnknownLabel { given, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(given.chars().count(), 60);
        assert!(error.to_string().contains("awe, contentment"));
        assert_eq!(error.kind().name(), "input");
    }

    #[test]
    fn labels_travel_as_their_names() {
        let json = serde_json::to_string(&Emotion::SomethingElse).expect("serializes");
        assert_eq!(json, "\"something else\"");
        let back: Emotion = serde_json::from_str("\"AWE\"").expect("parses");
        assert_eq!(back, Emotion::Awe);
        assert!(serde_json::from_str::<Emotion>("\"joy\"").is_err());
        assert_eq!(format!("{:>5}", Emotion::Awe), "  awe");
    }
}
