//! Splits any shell line into its commands and their words.
//!
//! This is not a shell. It accepts every text and may be wrong about a strange one, so its result is only reported and
//! never leads to a change. [`shell_command`](super::shell_command) is the strict one.

/// Collects words into commands.
#[derive(Default)]
struct Commands {
    finished: Vec<Vec<String>>,
    current: Vec<String>,
    word: Option<String>,
    /// Whether the next word is the target of a redirection, and therefore no word of the command.
    is_target: bool,
}

impl Commands {
    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.is_target)
        {
            self.current.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.finished.push(std::mem::take(&mut self.current));
    }
}

/// Returns the commands of `line`, each as its words without quotes. Leaves out comments and the targets of
/// redirections. The commands of a substitution come before the command that uses it. A command may have no words.
///
/// Example: `nice "/x y" >log; b # c` gives `[["nice", "/x y"], ["b"]]`.
pub fn split_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = Commands::default();
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some('"') | None, '\\') => {
                let escaped = chars.next();
                commands.word.get_or_insert_default().extend(escaped.filter(|c| *c != '\n'));
            }
            // What stands between backquotes is a command, too.
            (None | Some('"'), '`') => commands.end_command(),
            (None | Some('"'), '$') if chars.peek() == Some(&'(') => {
                chars.next();
                commands.finished.extend(split_commands(&take_substitution(&mut chars)));
                commands.word.get_or_insert_default();
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                commands.word.get_or_insert_default();
            }
            (None, '#') if commands.word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (None, ' ' | '\t' | '\r') => commands.end_word(),
            (None, '<' | '>') => {
                commands.end_word();
                while chars.next_if(|c| matches!(c, '<' | '>' | '|' | '&')).is_some() {}
                commands.is_target = true;
            }
            (None, '\n' | ';' | '|' | '&' | '(' | ')') => {
                commands.end_command();
                commands.is_target = false;
            }
            (_, c) => commands.word.get_or_insert_default().push(c),
        }
    }
    commands.end_command();
    commands.finished
}

/// Takes the text of a command substitution, up to and with the parenthesis that closes it. Returns it without that
/// parenthesis.
fn take_substitution(chars: &mut impl Iterator<Item = char>) -> String {
    let mut inner = String::new();
    let mut depth = 1;
    for c in chars {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            break;
        }
        inner.push(c);
    }
    inner
}
