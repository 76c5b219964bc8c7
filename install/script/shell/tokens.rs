//! The smallest parts of a shell script.

/// The rest of a script.
pub type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// What the next word of a command is.
#[derive(Clone, Copy, PartialEq)]
pub enum WordRole {
    /// A word of the command itself.
    Argument,
    /// The file from which input is redirected.
    Input,
    /// The file to which output is redirected.
    Output,
    /// The word that ends a here-document.
    End,
}

/// Returns whether a word is the name of a variable.
pub fn is_name(word: &str) -> bool {
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads a redirection operator, and returns what the next word is. After `>&2` it is a word of the command.
pub fn read_redirection(chars: &mut Chars) -> WordRole {
    let first = chars.next();
    if chars.peek() == Some(&'(') {
        return WordRole::Argument;
    }
    let mut length = 1;
    let mut is_output = first == Some('>');
    while let Some(c) = chars.next_if(|c| matches!(c, '<' | '>' | '|')) {
        is_output |= c == '>';
        length += 1;
    }
    if chars.next_if_eq(&'&').is_some() {
        let mut is_descriptor = false;
        while chars.next_if(|c| c.is_ascii_digit() || *c == '-').is_some() {
            is_descriptor = true;
        }
        if is_descriptor {
            return WordRole::Argument;
        }
    }
    match (is_output, length) {
        (true, _) => WordRole::Output,
        (false, 2) => {
            chars.next_if_eq(&'-');
            WordRole::End
        }
        _ => WordRole::Input,
    }
}

/// Reads up to the closing bracket. Brackets and quotes inside are respected.
pub fn read_enclosed(chars: &mut Chars, open: char, close: char) -> String {
    let mut inner = String::new();
    let (mut depth, mut quote) = (1, None);
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, c) if c == open => depth += 1,
            (None, c) if c == close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        inner.push(c);
        if c == '\\' {
            inner.extend(chars.next());
        }
    }
    inner
}

/// Skips a here-document, up to the line that ends it.
pub fn skip_document(chars: &mut Chars, end: &str) {
    loop {
        let mut line = String::new();
        while let Some(c) = chars.next_if(|c| *c != '\n') {
            line.push(c);
        }
        if chars.next().is_none() || line.trim_start_matches('\t').trim_end_matches('\r') == end {
            return;
        }
    }
}
