//! Names of files in an output folder: the tree of the inputs again.

use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
};

use affetti::{Input, STDIN};
use anyhow::Result;

use crate::out_file::cannot_write;

/// Names that were given so far.
#[derive(Debug)]
pub(crate) struct Mirror {
    out: PathBuf,
    /// The folders among the inputs.
    roots: Vec<PathBuf>,
    /// In lower case, for file systems that do not tell cases apart.
    taken: HashSet<String>,
    /// Ways of pictures so far, likewise.
    ways: HashSet<String>,
}

impl Mirror {
    /// Of a run that writes into the folder `out`.
    pub(crate) fn new(out: &Path, inputs: &[Input]) -> Self {
        let folder = |input: &Input| match input {
            Input::Path(path) if path.is_dir() => Some(path.clone()),
            _ => None,
        };
        Self {
            out: out.to_owned(),
            roots: inputs.iter().filter_map(folder).collect(),
            taken: HashSet::new(),
            ways: HashSet::new(),
        }
    }

    /// Where files about the picture at `path` go, without their endings: below a folder that was
    /// given, the way of the picture there, in a folder of its name where several were given. Where two
    /// pictures differ in their extension only, the second keeps it; where they do not differ, it gets a
    /// number. The folder of the files is made.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub(crate) fn place(&mut self, path: &Path) -> Result<PathBuf> {
        let way = self.free(&self.way(path));
        let place = self.out.join(way);
        let folder = place.parent().unwrap_or(&self.out);
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        Ok(place)
    }

    /// The way of a picture in the folder, with its extension.
    fn way(&self, path: &Path) -> PathBuf {
        if path == STDIN {
            return "stdin".into();
        }
        for root in &self.roots {
            // Nothing may lead out again.
            let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
            if let Ok(way) = path.strip_prefix(root)
                && way.file_name().is_some()
                && way.components().all(inside)
            {
                let name = root.file_name().filter(|_| self.roots.len() > 1);
                return Path::new(name.unwrap_or_default()).join(way);
            }
        }
        path.file_name().unwrap_or("picture".as_ref()).into()
    }

    fn free(&mut self, way: &Path) -> PathBuf {
        let stem = way.with_extension("");
        let numbered = (2..).map(|n| {
            let mut name = stem.clone().into_os_string();
            name.push(format!("-{n}"));
            name.into()
        });
        let lower = |name: &Path| name.to_string_lossy().to_lowercase();
        let whole = self.ways.insert(lower(way)).then(|| way.to_owned());
        let mut names = [stem.clone()].into_iter().chain(whole).chain(numbered);
        let taken = &mut self.taken;
        let mut is_free = |name: &PathBuf| taken.insert(lower(name));
        names.find(&mut is_free).unwrap_or(stem)
    }
}

#[cfg(test)]
mod tests {
    use super::Mirror;
    use affetti::Input;
    use std::{fs, path::Path};

    #[test]
    fn the_tree_stays() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path();
        for folder in ["in/2019", "in/2020", "more"] {
            fs::create_dir_all(at.join(folder)).unwrap();
        }
        let input = |name: &str| Input::Path(at.join(name));
        let placed = |inputs: &[Input], paths: &[&str]| -> Vec<String> {
            let out = at.join("out");
            let mut mirror = Mirror::new(&out, inputs);
            let mut place = |path: &&str| {
                let place = mirror.place(&at.join(path)).unwrap();
                assert!(place.parent().unwrap().is_dir());
                let place = place.strip_prefix(&out).unwrap();
                place.to_str().unwrap().to_owned()
            };
            paths.iter().map(&mut place).collect()
        };
        assert_eq!(
            placed(
                &[input("in")],
                &[
                    "in/2019/a.jpg",
                    "in/2020/a.jpg",
                    "in/a.jpg",
                    "in/a.png",
                    "in/A.PNG"
                ]
            ),
            ["2019/a", "2020/a", "a", "a.png", "A-2"]
        );
        assert_eq!(
            placed(
                &[input("in"), input("more")],
                &["in/2019/a.jpg", "more/a.jpg", "x/b.jpg"]
            ),
            ["in/2019/a", "more/a", "b"]
        );
        // A way out of the folder is none in it.
        assert_eq!(placed(&[input("in")], &["in/../more/c.jpg"]), ["c"]);
        let mut mirror = Mirror::new(at, &[]);
        assert_eq!(mirror.place(Path::new("-")).unwrap(), at.join("stdin"));
        assert_eq!(
            mirror.place(Path::new("../../x.jpg")).unwrap(),
            at.join("x")
        );
        assert_eq!(mirror.place(Path::new("..")).unwrap(), at.join("picture"));
    }
}
