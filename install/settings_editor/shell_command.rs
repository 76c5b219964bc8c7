//! A hook's command line, as far as a POSIX shell would take it apart before running anything.

/// What a command line starts, where it starts one program and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// The program's path as written, unquoted; `~` and `$VARIABLES` stand.
    pub program: String,
    /// Its arguments, likewise.
    pub args: Vec<String>,
    /// Whether there is more to it: assignments, a redirection, `|| true`, `env`, `exec`.
    pub decorated: bool,
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    /// `;`, `|`, `&&`, a parenthesis, a new line: what makes it more than one command.
    Operator(String),
    /// `<`, `>`, `2>`, `>&1`: its target is the next word, if it has one.
    Redirection {
        wants_target: bool,
    },
}

/// Takes `line` apart. `None` where it is no single simple command: pipelines, lists and compound commands have
/// parts that are somebody's own. Exceptions are a trailing `|| true`, for it only hides a failure, and the line that we
/// write into settings that are shared.
pub fn parse_command(line: &str) -> Option<ShellCommand> {
    if let Some(command) = super::shared_command::parse_shared(line) {
        return Some(command);
    }
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
    let mut target = false;
    for token in tokens {
        match token {
            Token::Operator(_) => return None,
            Token::Redirection { wants_target } => (target, decorated) = (wants_target, true),
            Token::Word(_) if target => target = false,
            Token::Word(word) => words.push(word),
        }
    }
    let mut words = words.into_iter().peekable();
    while words.next_if(|word| is_assignment(word) || is_prefix(word)).is_some() {
        decorated = true;
    }
    Some(ShellCommand { program: words.next()?, args: words.collect(), decorated })
}

/// The last component of a path, be it written for a Unix or a Windows shell.
pub fn file_name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Commands that run the rest of the line, and nothing else, in their own place.
fn is_prefix(word: &str) -> bool {
    matches!(file_name_of(word), "env" | "exec" | "command" | "nohup")
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The tokens of `line`; `None` where a quote stays open or a command substitution runs something else.
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
                // A Windows path keeps its separators: a shell would drop them, but nobody means that.
                match chars.next_if(|next| !next.is_alphanumeric() && !matches!(next, '.' | '_')) {
                    Some(escaped) => word.push(escaped),
                    None => word.push('\\'),
                }
            }
            '<' | '>' => {
                // Digits right before it name a descriptor.
                if word.as_ref().is_none_or(|digits| !digits.bytes().all(|byte| byte.is_ascii_digit())) {
                    tokens.extend(word.take().map(Token::Word));
                }
                word = None;
                while chars.next_if(|next| matches!(next, '<' | '>' | '|')).is_some() {}
                let descriptor = chars.next_if_eq(&'&').is_some();
                if descriptor {
                    while chars.next_if(|next| next.is_ascii_digit() || *next == '-').is_some() {}
                }
                tokens.push(Token::Redirection { wants_target: !descriptor });
            }
            ';' | '|' | '&' | '(' | ')' | '\n' | '\r' => {
                tokens.extend(word.take().map(Token::Word));
                let mut operator = String::from(c);
                if let Some(twice) = chars.next_if_eq(&c) {
                    operator.push(twice);
                }
                tokens.push(Token::Operator(operator));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    tokens.extend(word.map(Token::Word));
    Some(tokens)
}

/// The rest of a double-quoted piece, its closing quote included.
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
