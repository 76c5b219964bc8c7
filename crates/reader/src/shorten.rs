//! Shortens texts for display.

/// Returns the text, or its first `limit` characters and `…`.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Does the same in one line: each group of spaces and line breaks becomes one space.
pub fn shorten_line(text: &str, limit: usize) -> String {
    // What is cut off need not be looked at.
    let mut line = String::new();
    let mut len = 0;
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        len += word.chars().count() + 1;
        if len > limit + 1 {
            break;
        }
    }
    shorten(&line, limit)
}
