//! The files served over HTTP: built in, or read from a directory at the start.

use crate::Error;
use anyhow::{Context, anyhow};
use broadcaster::link::Command;
use bytes::Bytes;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// The pages that the extension's package hands over too (`pages/site.json`), and the package they use.
pub(super) fn built_in() -> Vec<Command> {
    BUILT_IN
        .iter()
        .map(|&(path, bytes)| file(path, Bytes::from_static(bytes)))
        .collect()
}

/// Paths without the slash, and contents; `build.rs` collects them.
const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// Every file below a directory, except hidden ones; `index.html` becomes its directory's own path.
///
/// # Errors
///
/// When the directory or a file cannot be read, all together are too large, or a name would need
/// escapes in a URL.
pub(super) fn read(directory: &Path) -> Result<Vec<Command>, Error> {
    if !directory.is_dir() {
        return Err(Error::Usage(format!(
            "--site {}: no such directory",
            directory.display()
        )));
    }
    let mut site = Vec::new();
    let mut room = SITE_BYTES;
    read_below(directory, "", &mut room, &mut site)?;
    if site.is_empty() {
        return Err(Error::Usage(format!(
            "--site {}: no files in it",
            directory.display()
        )));
    }
    Ok(site)
}

/// Reads one directory, in the order of names, and those in it; `prefix` is its path with a slash.
fn read_below(
    directory: &Path,
    prefix: &str,
    room: &mut u64,
    site: &mut Vec<Command>,
) -> Result<(), Error> {
    let at = |error: io::Error| anyhow!(error).context(format!("reading {}", directory.display()));
    let mut entries = fs::read_dir(directory)
        .map_err(at)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(at)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let below = format!("{prefix}{}", url_name(&name.to_string_lossy(), &path)?);
        // A link to a directory may lead round in a circle, so it is not followed; `file_type` does not.
        if entry.file_type().map_err(at)?.is_dir() {
            read_below(&path, &format!("{below}/"), room, site)?;
        } else if path.is_file() {
            site.push(file(&below, read_file(&path, room)?));
        }
    }
    Ok(())
}

/// A name that stands in a URL as it is (RFC 3986 §2.3).
fn url_name<'n>(name: &'n str, path: &Path) -> Result<&'n str, Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if name.bytes().all(is_plain) {
        return Ok(name);
    }
    Err(Error::Usage(format!(
        "{}: rename it with letters, digits and - . _ ~ only, so that it can stand in a URL",
        path.display()
    )))
}

fn read_file(path: &Path, room: &mut u64) -> Result<Bytes, Error> {
    let too_large = || {
        Error::Usage(format!(
            "{}: the site is over {} MiB with it",
            path.display(),
            SITE_BYTES >> 20
        ))
    };
    let length = fs::metadata(path)
        .with_context(|| format!("reading {}", path.display()))?
        .len();
    *room = room.checked_sub(length).ok_or_else(too_large)?;
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(bytes.into())
}

fn file(path: &str, body: Bytes) -> Command {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let directory = path
        .strip_suffix("index.html")
        .filter(|rest| rest.is_empty() || rest.ends_with('/'));
    Command::Site {
        path: format!("/{}", directory.unwrap_or(path)),
        content_type: content_type(path).to_owned(),
        etag: format!("{:016x}", hasher.finish()),
        body,
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Bytes of all files together; more is an error at the start, since they are kept in memory.
const SITE_BYTES: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn paths(site: &[Command]) -> Vec<(&str, &str)> {
        site.iter()
            .map(|file| (parts(file).0, parts(file).1))
            .collect()
    }

    /// Path, type and tag.
    fn parts(file: &Command) -> (&str, &str, &str) {
        let Command::Site {
            path,
            content_type,
            etag,
            ..
        } = file
        else {
            panic!("{file:?} is no file");
        };
        (path, content_type, etag)
    }

    #[test]
    fn the_built_in_site_is_the_extension_s() {
        #[derive(serde::Deserialize)]
        struct Entry {
            path: String,
            #[serde(rename = "type")]
            content_type: String,
        }
        let listed = include_str!("../../../pages/site.json");
        let listed: Vec<Entry> = serde_json::from_str(listed).unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|one| (one.path.as_str(), one.content_type.as_str()))
            .collect();
        let site = built_in();
        assert_eq!(paths(&site)[..listed.len()], listed);
        let package = &paths(&site)[listed.len()..];
        assert!(package.iter().all(|(path, _)| path.starts_with("/peer/")));
    }

    #[test]
    fn files_get_their_paths_and_types() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("sub")).unwrap();
        for name in [
            "index.html",
            "a.wasm",
            ".hidden",
            "sub/index.html",
            "sub/noindex.html",
            "sub/x",
        ] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        let site = read(directory.path()).unwrap();
        let html = "text/html; charset=utf-8";
        assert_eq!(
            paths(&site),
            [
                ("/a.wasm", "application/wasm"),
                ("/", html),
                ("/sub/", html),
                ("/sub/noindex.html", html),
                ("/sub/x", "application/octet-stream"),
            ]
        );
    }

    #[test]
    fn the_tag_follows_the_content() {
        let tag = |body: &'static str| parts(&file("x", body.into())).2.to_owned();
        assert_eq!(tag("one"), tag("one"));
        assert_ne!(tag("one"), tag("two"));
    }

    #[test]
    fn what_cannot_be_served_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let is_usage = |result: Result<_, Error>| matches!(result, Err(Error::Usage(_)));
        assert!(is_usage(read(directory.path())), "empty");
        assert!(is_usage(read(&directory.path().join("absent"))));
        let large = File::create(directory.path().join("large")).unwrap();
        large.set_len(SITE_BYTES).unwrap();
        assert!(read(directory.path()).is_ok(), "at the bound");
        large.set_len(SITE_BYTES + 1).unwrap();
        assert!(is_usage(read(directory.path())), "one past it");
        large.set_len(0).unwrap();
        fs::write(directory.path().join("with space"), "").unwrap();
        assert!(
            is_usage(read(directory.path())),
            "a name that needs escapes"
        );
    }
}
