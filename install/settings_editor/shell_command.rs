//! Takes a command line that runs exactly one program apart, as a POSIX shell would.

/// A program and its arguments, as a command line or a hook's `args` give them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// The program's path without quotes. `~` and `$VARIABLES` are not replaced.
    pub program: String,
    /// The arguments, in the same form.
    pub args: Vec<String>,
    /// Whether the line has more than that: assignments, a redirection, `|| true`, `env`, `exec`.
    pub decorated: bool,
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    /// `;`, `|`, `&&`, a parenthesis, a new line: the line has more than one command.
    Operator(String),
    /// `<`, `>`, `2>`, `>&1`. If it takes a target, the next word is the target.
    Redirection {
        takes_target: bool,
    },
}

/// Takes `line` apart if it is one simple command. A trailing `|| true` is allowed, for it only hides a failure.
///
/// Returns `None` for pipelines, lists, compound commands, comments and command substitutions: they run something else,
/// too.
///
/// | line | program | args | decorated |
/// | --- | --- | --- | --- |
/// | `'/my x/hook-stop' -v` | `/my x/hook-stop` | `-v` | no |
/// | `A=1 ~/hook-stop 2>&1 \|\| true` | `~/hook-stop` | | yes |
/// | `hook-stop; other` | `None` | | |
pub fn parse_simple_command(line: &str) -> Option<ShellCommand> {
    let mut tokens = split_tokens(line)?;
    let mut decorated = false;
    if let [.., Token::Operator(or), Token::Word(word)] = tokens.as_slice()
        && or == "||"
        && (word == "true" || word == ":")
    {
        tokens.truncate(tokens.len() - 2);
        decorated = true;
    }
    let mut words = Vec::new();
    let mut is_target = false;
    for token in tokens {
        match token {
            Token::Operator(_) => return None,
            Token::Redirection { takes_target } => (is_target, decorated) = (takes_target, true),
            Token::Word(_) if is_target => is_target = false,
            Token::Word(word) => words.push(word),
        }
    }
    let mut words = words.into_iter().peekable();
    while words.next_if(|word| is_assignment(word) || is_prefix(word)).is_some() {
        decorated = true;
    }
    Some(ShellCommand { program: words.next()?, args: words.collect(), decorated })
}

/// Returns the last component of a path in Unix or Windows form.
pub fn file_name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Returns whether `word` is a command that only starts the rest of the line.
fn is_prefix(word: &str) -> bool {
    matches!(file_name_of(word), "env" | "exec" | "command" | "nohup")
}

/// Returns whether `word` sets a variable: `A=1`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Splits `line` into tokens. `None` if a quote stays open, or if there is a comment or a command substitution.
fn split_tokens(line: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => tokens.extend(word.take().map(Token::Word)),
            '#' if word.is_none() => return None,
            '`' => return None,
            '$' if chars.peek() == Some(&'(') => return None,
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => read_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => {
                let word = word.get_or_insert_default();
                // A shell would remove the backslashes of a Windows path. The user wants them, so they stay.
                match chars.next_if(|next| !next.is_alphanumeric() && !matches!(next, '.' | '_')) {
                    Some(escaped) => word.push(escaped),
                    None => word.push('\\'),
                }
            }
            '<' | '>' => {
                // Digits right before the sign are a descriptor's number, not a word.
                if word.as_ref().is_none_or(|digits| !digits.bytes().all(|byte| byte.is_ascii_digit())) {
                    tokens.extend(word.take().map(Token::Word));
                }
                word = None;
                while chars.next_if(|next| matches!(next, '<' | '>' | '|')).is_some() {}
                let is_descriptor = chars.next_if_eq(&'&').is_some();
                if is_descriptor {
                    while chars.next_if(|next| next.is_ascii_digit() || *next == '-').is_some() {}
                }
                tokens.push(Token::Redirection { takes_target: !is_descriptor });
            }
            ';' | '|' | '&' | '(' | ')' | '\n' | '\r' => {
                tokens.extend(word.take().map(Token::Word));
                let mut operator = String::from(c);
                if let Some(second) = chars.next_if_eq(&c) {
                    operator.push(second);
                }
                tokens.push(Token::Operator(operator));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    tokens.extend(word.map(Token::Word));
    Some(tokens)
}

/// Reads the rest of a double-quoted string, up to and with the closing quote, onto the end of `word`.
fn read_quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '`' => return None,
            '$' if chars.peek() == Some(&'(') => return None,
            '\\' => word.push(chars.next_if(|next| matches!(next, '"' | '\\' | '$' | '`')).unwrap_or('\\')),
            c => word.push(c),
        }
    }
}
