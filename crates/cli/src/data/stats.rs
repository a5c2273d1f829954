//! `affetti data stats`: figures of a set, ours beside the published ones.

use std::{collections::BTreeMap, fmt::Display, path::Path};

use affetti::{
    data::{
        ReadReport,
        affective::shards,
        folder::FolderOptions,
        labelled::{self, LabelStats},
        stats::{
            self, ArtemisStats, Figure, FolderStats, Moments, OasisStats, PaintingStats, TableStats,
        },
    },
    emotion::Label,
    picture::Limits,
    printable,
};
use anyhow::Result;
use serde_json::{Value, json, to_value};

use super::{entries, name, painted, photos, published, tell, utterances};
use crate::{
    Exit,
    args::Set,
    out_file::spare,
    output::{self, FIGURES, Form},
    settings::Settings,
    table::{Side, csv, percent, row, table},
};

/// Groups of a tally that are named; the rest are counted.
const NAMED: usize = 12;

pub(super) fn run(set: Set, path: &Path, settings: &Settings) -> Result<Exit> {
    spare(settings.out.as_deref(), &[path])?;
    Form::of(&FIGURES, settings)?;
    match set {
        Set::Artemis => {
            let loaded = utterances(path)?;
            let stats = stats::artemis(&loaded.rows);
            let shown = Shown(to_value(&stats)?, artemis(&stats));
            show(set, path, shown, Some(&loaded.report), settings)
        }
        Set::Oasis => {
            let loaded = photos(path)?;
            let stats = stats::oasis(&loaded.rows);
            let shown = Shown(to_value(&stats)?, oasis(&stats));
            show(set, path, shown, Some(&loaded.report), settings)
        }
        Set::Paintings => {
            let loaded = painted(path)?;
            let stats = stats::paintings(&loaded.rows);
            let shown = Shown(to_value(&stats)?, paintings(&stats));
            show(set, path, shown, Some(&loaded.report), settings)
        }
        Set::Table => {
            let loaded = entries(path)?;
            let stats = stats::table(&loaded.rows);
            let shown = Shown(to_value(&stats)?, tabled(&stats));
            show(set, path, shown, Some(&loaded.report), settings)
        }
        Set::Shards => {
            let (rows, report) = shards::labelled(path, Limits::default().max_bytes)?;
            let stats = labelled::stats(&rows, None);
            let more = json!({"shards": report.shards, "skipped": report.skipped});
            let mut value = to_value(&stats)?;
            merge(&mut value, more);
            let text = format!(
                "{}\n{} tar files, {} members skipped\n",
                one_label(&stats).trim_end(),
                report.shards,
                report.skipped
            );
            show(set, path, Shown(value, text), None, settings)
        }
        Set::WikiartEmotions
        | Set::Artgan
        | Set::Abstract
        | Set::Artphoto
        | Set::Iapsa
        | Set::Twitter1
        | Set::Twitter2
        | Set::EmotionRoi
        | Set::Fi
        | Set::Flickr
        | Set::Classes => {
            let loaded = super::labelled(set, path, None)?;
            let stats = labelled::stats(&loaded.rows, published(set));
            let shown = Shown(to_value(&stats)?, one_label(&stats));
            show(set, path, shown, Some(&loaded.report), settings)
        }
        Set::Folder => {
            let stats = stats::folder(path, &FolderOptions::default())?;
            for link in &stats.links {
                settings.note(link);
            }
            for skipped in &stats.skipped {
                output::complain(skipped);
            }
            let exit = show(
                set,
                path,
                Shown(to_value(&stats)?, folder(&stats)),
                None,
                settings,
            )?;
            Ok(if stats.skipped.is_empty() {
                exit
            } else {
                Exit::SomeFailed
            })
        }
    }
}

/// Statistics for programs and for people.
struct Shown(Value, String);

fn show(
    set: Set,
    path: &Path,
    Shown(stats, text): Shown,
    report: Option<&ReadReport>,
    settings: &Settings,
) -> Result<Exit> {
    if let Some(report) = report {
        tell(path, report, settings);
    }
    let path = path.to_string_lossy();
    let text = match Form::of(&FIGURES, settings)? {
        Form::Json => {
            let line = json!({"set": name(set), "path": path, "stats": stats, "rows": report});
            format!("{line}\n")
        }
        Form::Csv => {
            let mut rows = vec![row(["figure", "value"])];
            flatten("", &stats, &mut rows);
            csv(&rows)?
        }
        Form::Table => format!("{}: {}\n\n{text}", name(set), printable(&path)),
    };
    output::emit(settings, &text)?;
    // A file without a good row is an error and does not come here.
    let clean = report.is_none_or(|report| report.bad == 0);
    Ok(if clean { Exit::Done } else { Exit::SomeFailed })
}

/// Nested figures as rows: `valence.mean`, and lists by number from 1.
fn flatten(key: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let below = |part: &str| match key {
        "" => part.to_owned(),
        _ => format!("{key}.{part}"),
    };
    match value {
        Value::Object(parts) => parts
            .iter()
            .for_each(|(part, value)| flatten(&below(part), value, rows)),
        Value::Array(values) => (1..)
            .zip(values)
            .for_each(|(n, value)| flatten(&below(&n.to_string()), value, rows)),
        Value::Null => {}
        Value::String(text) => rows.push(row([key, text])),
        figure => rows.push(row([key, &figure.to_string()])),
    }
}

fn artemis(s: &ArtemisStats) -> String {
    let count = |name: &str, f: &Figure<usize>| compared(name, f, |n| n.to_string());
    let number = |name: &str, f: &Figure<f64>| compared(name, f, |x| format!("{x:.2}"));
    let share = |name: &str, f: &Figure<f64>| compared(name, f, |&x| percent(x));
    let mut rows = vec![
        row(["", "ours", "published"]),
        count("annotations", &s.annotations),
        count("works", &s.artworks),
        count("styles", &s.styles),
        number("annotations per work", &s.annotations_per_artwork),
        count("works with 41 or more", &s.artworks_with_41),
        count("distinct tokens", &s.unique_tokens),
        number("tokens per utterance, mean", &s.mean_length),
        number("tokens per utterance, median", &s.median_length),
        count("tokens per utterance, most", &s.max_length),
        share("positive", &s.positive),
        share("negative", &s.negative),
        share("something else", &s.other),
        share(
            "works felt as positive and negative",
            &s.positive_and_negative,
        ),
        share("works with two sentiments or more", &s.mixed),
        share("works with half for one emotion", &s.half),
        share("the same without ties", &s.majority),
        share("works with a strict majority", &s.strict_majority),
        share("utterances with a metaphor", &s.metaphors),
    ];
    rows.push(Vec::new());
    rows.extend(s.emotions.iter().map(|e| {
        row([
            e.emotion,
            &percent(e.share),
            "",
            &format!("{} annotations", e.annotations),
        ])
    }));
    rows.push(Vec::new());
    rows.push(row(["entropy of the votes, in nats, by style"]));
    let mut styles: Vec<_> = s.entropy_by_style.iter().collect();
    styles.sort_by(|a, b| a.1.entropy.ours.total_cmp(&b.1.entropy.ours));
    rows.extend(styles.into_iter().map(|(style, entropy)| {
        let mut cells = compared(style, &entropy.entropy, |x| format!("{x:.3}"));
        cells[3] = format!("{} works", entropy.artworks);
        cells
    }));
    use Side::{Left, Right};
    table(&[Left, Right, Right, Left], &rows)
}

fn compared<T>(name: &str, figure: &Figure<T>, show: impl Fn(&T) -> String) -> Vec<String> {
    let published = figure.published.as_ref().map(&show).unwrap_or_default();
    let note = figure.note.unwrap_or_default();
    row([name, &show(&figure.ours), &published, note])
}

fn oasis(s: &OasisStats) -> String {
    let mut rows = vec![plain("photographs", s.photos)];
    rows.push(tally("by split", &s.by_split));
    rows.push(tally("by category", &s.by_category));
    rows.extend(moments("valence", s.valence));
    rows.extend(moments("arousal", s.arousal));
    rows.extend(moments("SD of valence among raters", s.valence_sd));
    rows.extend(moments("SD of arousal among raters", s.arousal_sd));
    lines(&rows)
}

fn paintings(s: &PaintingStats) -> String {
    let mut rows = vec![
        plain("paintings", s.paintings),
        plain("artists", s.artists),
        plain("in ArtEmis", s.with_artemis_key),
        plain("stretched", s.stretched),
        tally("by split", &s.by_split),
        tally("by source", &s.by_source),
        tally("by style", &s.by_style),
        tally("by genre", &s.by_genre),
        tally("by emotion (D-ViSA)", &s.by_dvisa_emotion),
    ];
    rows.extend(moments("valence (D-ViSA)", s.valence));
    rows.extend(moments("arousal (D-ViSA)", s.arousal));
    lines(&rows)
}

fn tabled(s: &TableStats) -> String {
    let mut rows = vec![
        plain("pictures", s.pictures),
        tally("by split", &s.by_split),
        plain("with emotion shares", s.with_emotions),
        tally("by emotion", &s.by_emotion),
    ];
    rows.extend(moments("valence", s.valence));
    rows.extend(moments("arousal", s.arousal));
    if let Some(mean) = &s.mean_emotions {
        let shares: Vec<String> = mean
            .iter()
            .map(|(emotion, share)| format!("{} {}", emotion.name(), percent(share)))
            .collect();
        rows.push(plain("mean shares", shares.join(", ")));
    }
    lines(&rows)
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

fn one_label(s: &LabelStats) -> String {
    let mut rows = vec![
        plain("pictures", s.pictures),
        tally("by label", &s.by_label),
        tally("by sentiment", &s.by_sentiment),
        tally("by split", &s.by_split),
    ];
    if s.majority > 0.0 {
        rows.push(plain("always the same reaches", percent(s.majority)));
    }
    if let Some([positive, negative, all]) = s.published {
        let text = format!("positive {positive}, negative {negative}, {all} in all");
        rows.push(plain("as published", text));
    }
    lines(&rows)
}

fn folder(s: &FolderStats) -> String {
    lines(&[
        plain("pictures", s.pictures),
        plain("size", format!("{:.1} MB", s.bytes as f64 / 1e6)),
        tally("by split", &s.by_split),
        tally("by folder", &s.by_folder),
        tally("by extension", &s.by_extension),
    ])
}

fn lines(rows: &[Vec<String>]) -> String {
    // What is counted zero times has no line.
    let filled: Vec<_> = rows
        .iter()
        .filter(|row| row.get(1).is_some_and(|cell| !cell.is_empty()))
        .cloned()
        .collect();
    table(&[Side::Left, Side::Left], &filled)
}

fn plain(name: &str, value: impl Display) -> Vec<String> {
    row([name, &value.to_string()])
}

fn moments(name: &str, moments: Option<Moments>) -> Option<Vec<String>> {
    let m = moments?;
    let text = format!(
        "{:.2} ± {:.2}, {:.2} to {:.2}, n {}",
        m.mean, m.sd, m.min, m.max, m.n
    );
    Some(plain(name, text))
}

/// The largest groups first.
fn tally(name: &str, counts: &BTreeMap<String, usize>) -> Vec<String> {
    let mut groups: Vec<_> = counts.iter().collect();
    groups.sort_by(|a, b| b.1.cmp(a.1));
    let named = groups.iter().take(NAMED).map(|(group, count)| {
        let group = if group.is_empty() { "(none)" } else { group };
        format!("{} {count}", printable(group))
    });
    let mut text = named.collect::<Vec<_>>().join(", ");
    if groups.len() > NAMED {
        text.push_str(&format!(" and {} more", groups.len() - NAMED));
    }
    plain(name, text)
}
