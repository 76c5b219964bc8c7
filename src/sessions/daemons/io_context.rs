//! Adds the operation and the path to an error of the file system.

use std::io;
use std::path::Path;

/// Returns a function for `map_err` that turns `No space left` into `write /path: No space left`.
pub fn with_path<'a>(operation: &'a str, path: &'a Path) -> impl Fn(io::Error) -> io::Error + 'a {
    move |error| io::Error::new(error.kind(), format!("{operation} {}: {error}", path.display()))
}
