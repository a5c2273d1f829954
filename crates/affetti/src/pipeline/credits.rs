//! Credit lines: `credits.csv` beside pictures becomes their captions.
//!
//! Layout: a header with `file` (relative to the CSV's folder) and any of `title`, `artist`,
//! `date`; further columns are ignored. The file is a courtesy: whatever is wrong with it, the
//! pictures are felt, and a note says why they have no captions.

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// The file that is looked for.
const NAME: &str = "credits.csv";
/// A file longer than this is nobody's list of credits.
const MAX_BYTES: u64 = 2 << 20;
/// Rows after this many are left out.
const MAX_ROWS: usize = 100_000;
/// A caption is cut here, in characters: it stands in one or two lines of the report.
const MAX_CAPTION: usize = 300;
/// A field is cut here, in bytes, before anything is done with it. No system has longer paths, and
/// no caption room for more.
const MAX_FIELD: usize = 4096;

/// The credits of the folder that the user named and of the one that is being read. Older ones
/// are forgotten, so that memory stays bounded however many folders there are.
#[derive(Debug, Default)]
pub(super) struct Credits {
    root: Option<Page>,
    here: Option<Page>,
}

/// One folder's lines.
#[derive(Debug)]
struct Page {
    folder: PathBuf,
    captions: HashMap<String, String>,
}

impl Credits {
    /// A folder that the user named. Gives a note if its credits cannot be used.
    pub(super) fn enter(&mut self, root: &Path) -> Option<String> {
        let (page, note) = Page::read(root);
        self.root = Some(page);
        note
    }

    /// The caption of a file, from its own folder or from the one that the user named; and a
    /// note, the first time that a folder's credits cannot be used.
    pub(super) fn caption(&mut self, file: &Path) -> (Option<String>, Option<String>) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let root = self
            .root
            .as_ref()
            .filter(|page| file.starts_with(&page.folder));
        let mut note = None;
        if root.is_none_or(|page| page.folder != folder)
            && self.here.as_ref().is_none_or(|page| page.folder != folder)
        {
            let (page, problem) = Page::read(folder);
            self.here = Some(page);
            note = problem;
        }
        let here = self.here.as_ref().filter(|page| page.folder == folder);
        let caption = here
            .into_iter()
            .chain(root)
            .find_map(|page| page.caption(file));
        (caption, note)
    }
}

impl Page {
    /// A missing file is the usual case and no note.
    fn read(folder: &Path) -> (Self, Option<String>) {
        let file = folder.join(NAME);
        let (captions, note) = match captions(&file) {
            Ok(captions) => (captions, None),
            Err(why) => (
                HashMap::new(),
                Some(format!("{}: {why}; no captions from it", file.display())),
            ),
        };
        let folder = folder.to_owned();
        (Self { folder, captions }, note)
    }

    fn caption(&self, file: &Path) -> Option<String> {
        let below = file.strip_prefix(&self.folder).ok()?;
        self.captions.get(&key(&below.to_string_lossy())).cloned()
    }
}

/// `./a\b.jpg` and `a/b.jpg` are the same picture, whoever wrote the list.
fn key(name: &str) -> String {
    let name = name.trim().replace('\\', "/");
    name.trim_start_matches("./").to_owned()
}

fn captions(path: &Path) -> Result<HashMap<String, String>, String> {
    // A pipe of this name would block the whole run.
    if !path.is_file() {
        return Ok(HashMap::new());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("longer than {MAX_BYTES} bytes"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader
        .byte_headers()
        .map_err(|error| error.to_string())?
        .clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|field| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    };
    let file = column("file").ok_or("no column \"file\"")?;
    let parts = ["title", "artist", "date"].map(column);
    let mut captions = HashMap::new();
    for record in reader.byte_records().take(MAX_ROWS) {
        let record = record.map_err(|error| error.to_string())?;
        let text = |at: usize| {
            let field = record.get(at).unwrap_or_default();
            String::from_utf8_lossy(&field[..field.len().min(MAX_FIELD)])
        };
        let line: Vec<String> = parts
            .iter()
            .flatten()
            .map(|&at| text(at).split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|part| !part.is_empty())
            .collect();
        let line: String = line.join(", ").chars().take(MAX_CAPTION).collect();
        let name = key(&text(file));
        if !name.is_empty() && !line.is_empty() {
            captions.insert(name, line);
        }
    }
    Ok(captions)
}
