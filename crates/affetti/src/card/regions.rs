//! The terminal card of a picture's regions.

use affetti_regions::find::most_of_each;

use super::CardStyle;
use crate::{
    answers::RegionsReading,
    printable::{printable, printable_ascii},
    shares::leading,
};

/// A few lines about the `shown` best regions of a picture, each ending in a line feed.
#[must_use]
pub fn regions_card(reading: &RegionsReading, style: &CardStyle, shown: usize) -> String {
    let name = if style.unicode {
        printable(&reading.path)
    } else {
        printable_ascii(&reading.path)
    };
    let times = if style.unicode { "×" } else { "x" };
    let bold = |text: &str| {
        if style.color {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let regions = &reading.found.regions;
    let mut text = format!(
        "{}  {} {times} {}\n",
        bold(&name),
        reading.width,
        reading.height
    );
    if regions.is_empty() {
        text += "  no regions: nothing stands out from the rest\n";
        return text;
    }
    text += &format!(
        "  {} regions of {} proposals; the best:\n",
        regions.len(),
        reading.found.proposals
    );
    text += "    AR    obj  senti  box (x, y, w, h)         evokes\n";
    for region in regions.iter().take(shown) {
        let [x, y, w, h] = region.region;
        let place = format!("{x}, {y}, {w}, {h}");
        text += &format!(
            "  {:>5.2} {:>6.2} {:>6.2}  {place:<24} {}\n",
            region.score,
            region.objectness,
            region.sentiment,
            leading(&region.emotions)
        );
    }
    text += "  where each emotion is strongest:\n";
    for (emotion, place) in most_of_each(regions) {
        let region = &regions[place];
        let [x, y, w, h] = region.region;
        let share = region.emotions.get(emotion) * 100.0;
        let name = emotion.to_string();
        text += &format!("    {name:<15} {share:>3.0} %  {x}, {y}, {w}, {h}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{CardStyle, regions_card as card};
    use crate::{answers::regions::tests::reading, drawings::tests::found};
    use affetti_regions::find::Found;

    #[test]
    fn the_card_names_the_best_and_hides_tricks() {
        let text = card(&reading(found()), &CardStyle::default(), 1);
        assert!(text.contains("2 regions of 1234 proposals"), "{text}");
        assert!(
            text.contains("20, 10, 100, 60          fear 60 %"),
            "{text}"
        );
        assert!(!text.contains('\u{202e}'));
        let none = card(&reading(Found::default()), &CardStyle::default(), 8);
        assert!(none.contains("no regions"), "{none}");
    }
}
