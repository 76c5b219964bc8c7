//! A file that is made from a command line.

/// A file of completions, or a man page.
pub struct GeneratedFile {
    /// Its path below a folder of shared data, such as `/usr/share`. There the shells and `man` look for it.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}
