//! Finds the session whose id begins as the user has typed.

use crate::display_text::make_harmless;

/// Finds the one id that is `begin` or begins with it; `None` if there is none. An id that is `begin` wins over longer ones.
///
/// # Errors
/// A sentence, if several ids begin so.
pub fn find_by_prefix<'a>(ids: impl Iterator<Item = &'a str>, begin: &str) -> Result<Option<&'a str>, String> {
    let matching: Vec<_> = ids.filter(|id| id.starts_with(begin)).collect();
    match matching[..] {
        [] => Ok(None),
        [id] => Ok(Some(id)),
        _ => match matching.iter().find(|id| **id == begin) {
            Some(id) => Ok(Some(id)),
            None => Err(format!(
                "the ids of {} sessions begin with {}: give more of it",
                matching.len(),
                make_harmless(begin)
            )),
        },
    }
}
