//! The pages served on the port, read from the extension's package, so that they are always its
//! version.

use broadcaster::sharing::SiteFile;
use serde::Deserialize;
use std::hash::{DefaultHasher, Hasher};
use web::file;

/// The list of files, named from the package's root.
const LIST: &str = "pages/site.json";

#[derive(Deserialize)]
struct Entry {
    path: String,
    file: String,
    #[serde(rename = "type")]
    content_type: String,
}

/// Reads all files of the list.
///
/// # Errors
/// The package is not whole.
pub(crate) async fn read() -> Result<Vec<SiteFile>, web::Error> {
    let list = file::read(LIST).await?;
    let entries: Vec<Entry> =
        serde_json::from_slice(&list).map_err(|error| web::Error::new(LIST, error.to_string()))?;
    let mut files = Vec::with_capacity(entries.len());
    for Entry {
        path,
        file,
        content_type,
    } in entries
    {
        let body = file::read(&file).await?;
        let etag = etag(&body);
        files.push(SiteFile {
            path,
            content_type,
            etag,
            body: body.into(),
        });
    }
    Ok(files)
}

/// Tells contents apart, which is all a browser's cache asks for.
fn etag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("{:016x}", hasher.finish())
}
