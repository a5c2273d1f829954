//! Line plots as SVG, for sweeps of a setting.

use std::fmt::Write;

/// One plot: the same places for every line.
pub(crate) struct Plot<'a> {
    /// Above the plot.
    pub(crate) title: &'a str,
    /// Below it.
    pub(crate) axis: &'a str,
    /// Names of the places, from left to right.
    pub(crate) places: Vec<String>,
    /// Lines with their names and one value a place.
    pub(crate) lines: Vec<(String, Vec<f64>)>,
    /// Level lines to compare with.
    pub(crate) levels: Vec<(String, f64)>,
}

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 90.0;
/// Told apart in gray too, by their brightness.
const COLORS: [&str; 4] = ["#1a95cf", "#cc4f0c", "#10835a", "#5d1678"];

impl Plot<'_> {
    pub(crate) fn svg(&self) -> String {
        let values = || {
            let lines = self.lines.iter().flat_map(|l| l.1.iter().copied());
            lines.chain(self.levels.iter().map(|l| l.1))
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let margin = ((high - low) * 0.1).max(1e-3);
        let (low, high) = (low - margin, high + margin);
        let last = self.places.len().saturating_sub(1).max(1) as f64;
        let x = |i: usize| LEFT + (WIDTH - LEFT - RIGHT) * i as f64 / last;
        let y = |v: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - v) / (high - low);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{}</text>\n",
            self.title
        );
        for tick in 0..=4 {
            let value = low + (high - low) * f64::from(tick) / 4.0;
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {0:.1}H{1}\" stroke=\"#ddd\"/>\
                 <text x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\">{value:.3}</text>",
                y(value),
                WIDTH - RIGHT,
                LEFT - 6.0,
                y(value) + 4.0
            );
        }
        let bottom = HEIGHT - BOTTOM;
        for (i, place) in self.places.iter().enumerate() {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{place}</text>",
                x(i),
                bottom + 16.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            bottom + 34.0,
            self.axis
        );
        let mut key = LEFT;
        let mut name = |svg: &mut String, text: &str, color: &str, dashes: &str| {
            let at = HEIGHT - 30.0;
            let _ = writeln!(
                svg,
                "<path d=\"M{key} {at}h18\" stroke=\"{color}\" stroke-width=\"2\" \
                 stroke-dasharray=\"{dashes}\"/><text x=\"{}\" y=\"{}\">{text}</text>",
                key + 22.0,
                at + 4.0
            );
            key += 40.0 + 7.0 * text.chars().count() as f64;
        };
        for ((text, values), color) in self.lines.iter().zip(COLORS) {
            let points: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(i, &v)| format!("{:.1},{:.1}", x(i), y(v)))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>",
                points.join(" ")
            );
            name(&mut svg, text, color, "none");
        }
        for ((text, value), color) in self.levels.iter().zip(COLORS) {
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {:.1}H{}\" stroke=\"{color}\" stroke-dasharray=\"5 4\"/>",
                y(*value),
                WIDTH - RIGHT
            );
            name(&mut svg, text, color, "5 4");
        }
        svg.push_str("</svg>\n");
        svg
    }
}
