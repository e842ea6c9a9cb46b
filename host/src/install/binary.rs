//! The installed copy of the companion: a stable place, so that a moved or rebuilt original does not
//! break what browsers know; and the lists kept beside it.

use crate::origin::{self, ExtensionId};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where the binary is below one of our directories.
pub(super) fn path_in(ours: &Path) -> PathBuf {
    ours.join("bin")
        .join(format!("lan-broadcaster-host{}", env::consts::EXE_SUFFIX))
}

/// Copies the running program to `binary`, unless it is there already.
///
/// # Errors
///
/// When it cannot be read or written.
pub(super) fn place(binary: &Path) -> Result<()> {
    let running = env::current_exe().context("finding this program's own file")?;
    let bytes = fs::read(&running).with_context(|| format!("reading {}", running.display()))?;
    if fs::read(binary).is_ok_and(|installed| installed == bytes) {
        return Ok(());
    }
    write_whole(binary, &bytes, Mode::Executable)
}

/// Adds ids to those that the companion at `binary` obeys; tells all of them.
///
/// # Errors
///
/// When the list cannot be read or written.
pub(super) fn add_ids(binary: &Path, more: &[ExtensionId]) -> Result<Vec<ExtensionId>> {
    let mut ids = origin::accepted(binary)?;
    let known = ids.len();
    for id in more {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    if ids.len() > known {
        // Our own, the first, is built in.
        let lines: String = ids[1..].iter().map(|id| format!("{id}\n")).collect();
        write_whole(&origin::ids_file(binary), lines.as_bytes(), Mode::Plain)?;
    }
    Ok(ids)
}

/// The data directories that were named with `--user-data-dir`, which no table leads back to.
///
/// # Errors
///
/// When the list is there and cannot be read.
pub(super) fn data_directories(binary: &Path) -> Result<BTreeSet<PathBuf>> {
    let file = directories_file(binary);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text.lines().map(PathBuf::from).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}

/// Changes the list of data directories.
///
/// # Errors
///
/// When it cannot be read or written.
pub(super) fn change_data_directories(
    binary: &Path,
    change: impl FnOnce(&mut BTreeSet<PathBuf>),
) -> Result<()> {
    let mut directories = data_directories(binary)?;
    let before = directories.clone();
    change(&mut directories);
    if directories == before {
        return Ok(());
    }
    let lines: String = directories
        .iter()
        .map(|path| format!("{}\n", path.display()))
        .collect();
    write_whole(&directories_file(binary), lines.as_bytes(), Mode::Plain)
}

/// Removes the binary with its lists, and our directories that are empty then.
///
/// # Errors
///
/// When something is there and cannot be removed.
pub(super) fn remove(binary: &Path) -> Result<()> {
    for file in [
        binary.to_owned(),
        origin::ids_file(binary),
        directories_file(binary),
    ] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", file.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    for directory in binary.ancestors().skip(1).take(2) {
        // Not empty means that something is in it which is not ours to remove.
        let _ = fs::remove_dir(directory);
    }
    Ok(())
}

/// Whether a file may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Plain,
    Executable,
}

/// Writes a file so that nobody ever sees half of it; makes its directory.
///
/// # Errors
///
/// When the directory does not take it.
pub(super) fn write_whole(file: &Path, bytes: &[u8], mode: Mode) -> Result<()> {
    let directory = file.parent().context("a file has a directory")?;
    fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    let mut name = file.file_name().context("a file has a name")?.to_owned();
    name.push(".new");
    let beside = directory.join(name);
    write_and_rename(&beside, file, bytes, mode)
        .with_context(|| format!("writing {}", file.display()))
}

fn write_and_rename(beside: &Path, file: &Path, bytes: &[u8], mode: Mode) -> std::io::Result<()> {
    let mut to = File::create(beside)?;
    to.write_all(bytes)?;
    set_mode(&to, mode)?;
    to.sync_all()?;
    drop(to);
    fs::rename(beside, file)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = match mode {
        Mode::Plain => 0o644,
        Mode::Executable => 0o755,
    };
    file.set_permissions(fs::Permissions::from_mode(bits))
}

/// Elsewhere a file's name says whether it may be run.
#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: Mode) -> std::io::Result<()> {
    Ok(())
}

fn directories_file(binary: &Path) -> PathBuf {
    binary.with_file_name("user-data-dirs")
}
