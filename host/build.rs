//! Builds in the pages that `serve` hands out: those of `pages/site.json`, and below `/peer/` the
//! package for web pages, where `PEER_PACKAGE` names its folder. Without that, as in a plain `cargo
//! build`, the slave page has no package; `build.sh` names it.

use serde::Deserialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[derive(Deserialize)]
struct Entry {
    path: String,
    file: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut files = pages(&root)?;
    files.extend(package()?);
    let mut rows = String::from("&[\n");
    for (path, file) in files {
        println!("cargo::rerun-if-changed={}", file.display());
        rows += &format!("({path:?}, include_bytes!({:?})),\n", file.canonicalize()?);
    }
    rows += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("site.rs"), rows)?;
    Ok(())
}

/// Paths without the slash, `index.html` for the start page.
fn pages(root: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let list = root.join("pages/site.json");
    println!("cargo::rerun-if-changed={}", list.display());
    let entries: Vec<Entry> = serde_json::from_str(&fs::read_to_string(&list)?)?;
    let row = |Entry { path, file }: Entry| {
        let name = match path.trim_start_matches('/') {
            "" => "index.html",
            name => name,
        };
        (name.to_owned(), root.join(file))
    };
    Ok(entries.into_iter().map(row).collect())
}

fn package() -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=PEER_PACKAGE");
    let Some(folder) = env::var_os("PEER_PACKAGE") else {
        return Ok(Vec::new());
    };
    println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|kind| kind == "js" || kind == "wasm")
        {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            files.push((format!("peer/{name}"), file.clone()));
        }
    }
    files.sort();
    Ok(files)
}
