//! Judges the paths of a source by the tables: which modules may be used from where, and who alone may name what.

use std::collections::BTreeSet;
use std::path::Path;

use super::paths::{self, Named};

/// The two tables.
pub struct Rules {
    pub modules: &'static [(&'static str, &'static [&'static str])],
    pub owned: &'static [(&'static str, &'static [&'static str])],
}

impl Rules {
    /// The violations in the source `text` of `file`, a path below `src/`: each with its line and who may.
    pub fn check(&self, file: &Path, text: &str) -> Vec<String> {
        let module = module_of(file);
        let shown = format!("src/{}", file.display());
        let named = match paths::named(text, &module_path(file)) {
            Ok(named) => named,
            Err(error) => return vec![format!("{shown}: {error}")],
        };
        let judge = |path: &Named| {
            let words = [self.module_misused(&module, path), self.name_misused(&module, path)];
            words.into_iter().flatten().map(|words| (path.line, words)).collect::<Vec<_>>()
        };
        let violations: BTreeSet<(usize, String)> = named.iter().flat_map(judge).collect();
        violations.into_iter().map(|(line, words)| format!("{shown}:{line}: {words}")).collect()
    }

    fn module_misused(&self, module: &str, path: &Named) -> Option<String> {
        let used = self.module_used(module, &path.segments)?;
        let row = self.modules.iter().find(|(name, _)| *name == module);
        let may = row.map_or(&[][..], |(_, may)| may);
        if used == module || may.contains(&used) {
            return None;
        }
        let who =
            if may.is_empty() { "it may use no other".to_owned() } else { format!("it may use {}", may.join(", ")) };
        Some(format!("{module} may not use {used} ({who})"))
    }

    /// The module at the top of the crate that a path leads to, if it leads into the crate.
    fn module_used<'p>(&self, module: &str, segments: &'p [String]) -> Option<&'p str> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let top = match segments[..] {
            // An import of the crate's root or of all that is in it names all modules at once.
            ["crate"] | ["crate", "*"] => return Some("the whole crate"),
            ["crate", top, ..] => top,
            [top, _, ..] if module == "lib" => top,
            _ => return None,
        };
        self.modules.iter().any(|(module, _)| *module == top).then_some(top)
    }

    fn name_misused(&self, module: &str, path: &Named) -> Option<String> {
        let (name, owners) = self.owned.iter().find(|(name, _)| starts_with(&path.segments, name))?;
        let may = || owners.join(" and ");
        (!owners.contains(&module)).then(|| format!("{module} may not name {name} (only {} may)", may()))
    }
}

fn starts_with(segments: &[String], name: &str) -> bool {
    let mut segments = segments.iter();
    name.split("::").all(|word| segments.next().is_some_and(|segment| segment == word))
}

/// The module at the top of the crate that a file below `src/` belongs to.
pub fn module_of(file: &Path) -> String {
    let first = file.iter().next().expect("a file has a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Where a file below `src/` is in the tree of modules.
fn module_path(file: &Path) -> Vec<String> {
    let words = file.iter().map(|word| word.to_string_lossy().trim_end_matches(".rs").to_owned());
    let mut path: Vec<String> = words.collect();
    if path.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        path.pop();
    }
    path
}
