//! `sessions --watch`.

mod actions;
mod column_widths;
mod draw_frame;
mod watch_state;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::model::SessionChange;
use crate::tests::{at, evidence};
use crate::watch::watch_state::{WatchAction, WatchState};
use session_signals_reader::Session;

/// Returns a session of the directory `/work/PROJECT`. `state` is the kind of its signal, or `gone`; it has been in it since that
/// second.
fn change(id: &str, state: &str, since: u64, project: &str) -> SessionChange {
    let json = match state {
        "gone" => return (id.to_owned(), None),
        "permission" => {
            format!(
                r#"{{"cwd":"/work/{project}","pending":[{{"tool_name":"Bash","tool_input":{{"command":"ls {id}"}}}}]}}"#
            )
        }
        "stop" => {
            format!(r#"{{"cwd":"/work/{project}","hook_event_name":"Stop","last_assistant_message":"done {id}"}}"#)
        }
        _ => format!(r#"{{"cwd":"/work/{project}","prompt":"do {id}"}}"#),
    };
    (id.to_owned(), Some(Session::from_evidence(id, &evidence(&[(state, since, &json)]), at(1000))))
}

/// Applies changes, each written as `ID STATE SINCE PROJECT`.
fn apply(state: &mut WatchState, changes: &[&str]) {
    let changes = changes.iter().map(|text| {
        let words: Vec<_> = text.split_whitespace().collect();
        change(words[0], words[1], words.get(2).map_or(0, |since| since.parse().unwrap()), words.get(3).unwrap_or(&"p"))
    });
    state.apply_changes(changes.collect(), Session::is_open);
}

fn key(name: &str) -> KeyEvent {
    let code = match name {
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Backspace" => KeyCode::Backspace,
        "Space" => KeyCode::Char(' '),
        _ => {
            let modifiers = if name.starts_with("C-") { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            return KeyEvent::new(KeyCode::Char(name.chars().last().unwrap()), modifiers);
        }
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses keys that are separated by spaces, and returns the last action.
fn press(state: &mut WatchState, keys: &str) -> Option<WatchAction> {
    keys.split_whitespace().filter_map(|name| state.press_key(key(name))).last()
}
