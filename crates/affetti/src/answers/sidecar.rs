//! What a picture evokes as an XMP sidecar, which programs for photographs read beside the picture.

use std::fmt::Write as _;

use affetti_emotion::{Emotion, Label};
use affetti_feel::{ModelId, index::Hit};

use crate::{report::escape::html, shares::round4};

/// Emotions with so much of the shares become keywords; the largest one always does.
const KEYWORD: f64 = 0.2;
/// What names of this project begin with.
const NAMESPACE: &str = "urn:affetti:feel:1#";

/// The sidecar of a picture: keywords (`dc:subject`, and below `feeling` in `lr:hierarchicalSubject`), and all
/// figures with the model's name and hash as properties of our own. It is called as the picture with `.xmp` behind.
#[must_use]
pub fn sidecar(hit: &Hit, model: &ModelId) -> String {
    let dominant = hit.emotions.dominant();
    let named: Vec<&str> = Emotion::ALL
        .iter()
        .filter(|emotion| **emotion == dominant || hit.emotions.get(**emotion) >= KEYWORD)
        .map(|emotion| emotion.name())
        .collect();
    let list = |before: &str| -> String {
        let line = |name: &&str| format!("     <rdf:li>{before}{name}</rdf:li>\n");
        named.iter().map(line).collect()
    };
    let mut figures = String::new();
    let mut add = |name: &str, value: &str| {
        let _ = write!(figures, "\n    affetti:{name}=\"{}\"", escaped(value));
    };
    for emotion in Emotion::ALL {
        let share = round4(hit.emotions.get(*emotion)).to_string();
        add(&emotion.name().replace(' ', "-"), &share);
    }
    add("valence", &round4(hit.valence).to_string());
    add("arousal", &round4(hit.arousal).to_string());
    add("model", &model.name);
    add("model-sha256", &model.sha256);
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Affetti {}\">\n \
<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  \
<rdf:Description rdf:about=\"\"\n    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n    \
xmlns:lr=\"http://ns.adobe.com/lightroom/1.0/\"\n    xmlns:affetti=\"{NAMESPACE}\"{figures}>\n   \
<dc:subject>\n    <rdf:Bag>\n{}    </rdf:Bag>\n   </dc:subject>\n   \
<lr:hierarchicalSubject>\n    <rdf:Bag>\n{}    </rdf:Bag>\n   </lr:hierarchicalSubject>\n  \
</rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n",
        env!("CARGO_PKG_VERSION"),
        list(""),
        list("feeling|"),
    )
}

/// Safe between quotes; control characters are none of XML.
fn escaped(text: &str) -> String {
    html(&text.replace(char::is_control, ""))
}

#[cfg(test)]
mod tests {
    use super::sidecar;
    use affetti_emotion::Distribution;
    use affetti_feel::{ModelId, index::Hit};

    #[test]
    fn keywords_and_figures() {
        let shares = [0.0, 0.5, 0.25, 0.05, 0.0, 0.0, 0.1, 0.1, 0.0];
        let hit = Hit {
            path: "a.jpg".into(),
            emotions: Distribution::from_probabilities(&shares).unwrap(),
            valence: 5.25,
            arousal: 3.0,
            measure: 0.0,
        };
        let model = ModelId {
            name: "a \"b\" <c>\u{1}".to_owned(),
            sha256: "00ff".to_owned(),
        };
        let told = sidecar(&hit, &model);
        for part in [
            "<rdf:li>awe</rdf:li>",
            "<rdf:li>feeling|contentment</rdf:li>",
            "affetti:something-else=\"0\"",
            "affetti:awe=\"0.5\"",
            "affetti:valence=\"5.25\"",
            "affetti:model=\"a &quot;b&quot; &lt;c&gt;\"",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("<rdf:li>fear</rdf:li>"), "{told}");
    }
}
