//! What a key or a change does to the list.

use super::{apply, change, press};
use crate::model::SessionChange;
use crate::watch::watch_state::{KEY_HELP, ListLine, WatchAction, WatchMode, WatchState};
use session_signals_reader::Session;

/// Returns the lines on the screen, with the selected session in brackets and a colon after a group.
fn view(state: &WatchState) -> String {
    let selected = state.selected().map(|session| session.session_id.clone());
    let text = |line: &ListLine| match line {
        ListLine::Group(group) => format!("{}:", group.project.as_deref().unwrap_or("-")),
        ListLine::Session(id) if selected.as_deref() == Some(id) => format!("[{id}]"),
        ListLine::Session(id) => id.clone(),
    };
    state.lines_on_screen().into_iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Starts with six sessions on a screen with so many lines.
fn list(height: usize) -> WatchState {
    let mut state = WatchState::new();
    apply(
        &mut state,
        &[
            "a permission 10 web",
            "b permission 20 api",
            "c stop 30 web",
            "d stop 40 docs",
            "e working 50 api",
            "f working 60 docs",
        ],
    );
    state.set_height(height);
    state
}

#[test]
fn keys_select_and_scroll() {
    for (height, keys, expected) in [
        (9, "", "[a] b c d e f"),
        (9, "Down j", "a b [c] d e f"),
        (9, "j j Up k k", "[a] b c d e f"),
        (9, "End", "a b c d e [f]"),
        (9, "G Down", "a b c d e [f]"),
        (9, "G g", "[a] b c d e f"),
        (9, "G Home", "[a] b c d e f"),
        (9, "PageDown", "a b c d e [f]"),
        (3, "j j", "a b [c]"),
        (3, "j j j", "b c [d]"),
        (3, "G", "d e [f]"),
        (3, "G k", "d [e] f"),
        (3, "G k k k", "[c] d e"),
        (3, "PageDown", "a b [c]"),
        (3, "PageDown PageDown", "c d [e]"),
        (3, "G PageUp", "[d] e f"),
        (1, "j j", "[c]"),
        (9, "p", "web: [a] c api: b e docs: d f"),
        (9, "p j j", "web: a c api: [b] e docs: d f"),
        // The name of the group stays in sight.
        (4, "p G", "api: docs: d [f]"),
        (3, "p G", "docs: d [f]"),
        (2, "p G", "docs: [f]"),
        (2, "p G k", "docs: [d]"),
        (2, "p G k k", "api: [e]"),
        (3, "p G k k", "api: [e] docs:"),
        (3, "p G g", "web: [a] c"),
        (1, "p j j", "[b]"),
        (9, "p p", "[a] b c d e f"),
        // What is typed while there is a filter are no commands.
        (9, "/ d o c s", "[d] f"),
        (9, "/ d o c s Enter j", "d [f]"),
        (9, "/ D O C S Space b a s h", ""),
        (9, "/ w e b Down", "a [c]"),
        (9, "/ w e b Space d o n e", "[c]"),
        (9, "/ w e b Space d o n e C-w C-w", "a b [c] d e f"),
        (9, "/ w e b x Backspace", "[a] c"),
        (9, "/ Backspace j", "a [b] c d e f"),
        (9, "/ w e b Enter Esc", "[a] b c d e f"),
        (9, "/ w e b j C-u Enter j", "a [b] c d e f"),
        (9, "/ x x x Esc j", "a [b] c d e f"),
        // A session that matches stays selected, and is selected still when the filter is gone.
        (9, "G / d o c s", "d [f]"),
        (9, "G / d o c s Esc", "a b c d e [f]"),
        (3, "G / w e b", "[a] c"),
        (9, "? j j q j", "a [b] c d e f"),
        (9, "/ w o r k i n g", "[e] f"),
        (9, "/ a p p r o v e", "[a] b"),
    ] {
        let mut state = list(height);
        assert_eq!(press(&mut state, keys), None, "{keys}");
        assert_eq!(view(&state), expected, "{keys} on {height} lines");
    }
}

/// A machine that publishes no text tells the project, and not the directory.
#[test]
fn projects_whose_directory_is_not_known_are_told_apart_and_found() {
    let mut state = list(20);
    let without_directory = |(id, session): SessionChange| {
        let session = session.map(|session| Session { machine: Some("box".to_owned()), cwd: None, ..session });
        (format!("box:{id}"), session)
    };
    let changes = [("g", "stop", 70, "web"), ("h", "stop", 80, "site"), ("i", "stop", 90, "web")];
    let changes = changes.map(|(id, kind, since, project)| without_directory(change(id, kind, since, project)));
    state.apply_changes(changes.to_vec(), Session::is_open);
    press(&mut state, "p");
    assert_eq!(view(&state), "web: [a] c api: b e docs: d f web: box:g box:i site: box:h");
    press(&mut state, "/ s i t e");
    assert_eq!(view(&state), "site: box:h");
}

#[test]
fn the_same_session_stays_selected_when_the_list_changes() {
    for (height, keys, changes, expected) in [
        // It goes to another place in the list.
        (9, "j j", vec!["c permission 5 web"], "[c] a b d e f"),
        (9, "j", vec!["b working 70 api"], "a c d e f [b]"),
        // Others come and go before it.
        (9, "j", vec!["n permission 1 new"], "n a [b] c d e f"),
        (9, "j j", vec!["a gone", "b ended 5"], "[c] d e f"),
        // It goes away: the next one takes its place.
        (9, "j j", vec!["c ended 5"], "a b [d] e f"),
        (9, "G", vec!["f gone"], "a b c d [e]"),
        (9, "G", vec!["a gone", "b gone", "c gone", "d gone", "e gone", "f gone"], ""),
        // If the list is scrolled, it stays at its place on the screen, too.
        (3, "G k", vec!["n permission 1 new"], "d [e] f"),
        (3, "G k", vec!["a gone"], "d [e] f"),
        (3, "G", vec!["a gone", "b gone", "c gone"], "d e [f]"),
        // If it is not scrolled, what is new is in sight.
        (3, "j", vec!["n permission 1 new"], "n a [b]"),
        (3, "j j", vec!["n permission 1 new"], "a b [c]"),
        (9, "p j j", vec!["e permission 1 api"], "api: e [b] web: a c docs: d f"),
        (9, "/ d o c s Enter j", vec!["a stop 5 docs"], "a d [f]"),
        (9, "/ d o c s Enter j", vec!["d gone", "f gone"], ""),
    ] {
        let mut state = list(height);
        press(&mut state, keys);
        apply(&mut state, &changes);
        assert_eq!(view(&state), expected, "{keys}, {changes:?}");
    }
    // The first session that comes is selected.
    let mut state = WatchState::new();
    assert!(!state.is_loaded() && state.selected().is_none());
    apply(&mut state, &[]);
    state.set_height(3);
    assert!(state.is_loaded());
    apply(&mut state, &["a stop 1"]);
    assert_eq!((view(&state), state.position()), ("[a]".to_owned(), (1, 1)));
}

#[test]
fn a_screen_of_another_size_shows_the_selected_session() {
    let mut state = list(6);
    press(&mut state, "j j j");
    for (height, expected) in
        [(2, "c [d]"), (1, "[d]"), (3, "[d] e f"), (0, ""), (4, "c [d] e f"), (9, "a b c [d] e f")]
    {
        state.set_height(height);
        assert_eq!(view(&state), expected, "{height}");
    }
}

#[test]
fn keys_that_the_program_must_act_on() {
    let jump = |id: &str| Some(WatchAction::Jump(id.to_owned()));
    for (keys, expected) in [
        ("q", Some(WatchAction::Leave)),
        ("Esc", Some(WatchAction::Leave)),
        ("C-c", Some(WatchAction::Leave)),
        ("C-d", Some(WatchAction::Leave)),
        ("C-z", Some(WatchAction::Suspend)),
        ("Enter", jump("a")),
        ("j Enter", jump("b")),
        ("/ d o c s Enter Enter", jump("d")),
        ("j c", Some(WatchAction::Copy("b".to_owned()))),
        ("o", Some(WatchAction::OpenPage)),
        // Esc and q close the help first, and Esc the filter.
        ("? q", None),
        ("? Esc", None),
        ("? ?", None),
        ("? Esc Esc", Some(WatchAction::Leave)),
        ("/ q", None),
        ("/ a Esc", None),
        ("/ a Enter Esc", None),
        ("/ a Enter Esc Esc", Some(WatchAction::Leave)),
        ("/ a Enter q", Some(WatchAction::Leave)),
        // Ctrl-C leaves from everywhere.
        ("? C-c", Some(WatchAction::Leave)),
        ("/ C-c", Some(WatchAction::Leave)),
        ("/ C-z", Some(WatchAction::Suspend)),
        // Without a session there is nothing to jump to.
        ("/ x x x x Enter Enter", None),
        ("/ x x x x Enter c", None),
        ("C-o", None),
    ] {
        let mut state = list(9);
        assert_eq!(press(&mut state, keys), expected, "{keys}");
    }
}

#[test]
fn a_notice_is_harmless_and_stays_until_the_next_key() {
    let mut state = list(9);
    state.set_notice("no\x1b[2J pane");
    assert_eq!(state.notice(), Some("no [2J pane"));
    apply(&mut state, &["n stop 1"]);
    assert!(state.notice().is_some());
    press(&mut state, "j");
    assert_eq!(state.notice(), None);
}

#[test]
fn the_filter_and_the_help_have_an_end() {
    let mut state = list(9);
    press(&mut state, "/");
    for _ in 0..300 {
        press(&mut state, "x");
    }
    assert_eq!((state.filter().len(), state.mode()), (200, WatchMode::Filter));
    // A terminal would obey it.
    state.press_key(crossterm::event::KeyCode::Char('\u{202e}').into());
    press(&mut state, "Backspace");
    assert_eq!(state.filter().len(), 199);
    press(&mut state, "Esc ?");
    for _ in 0..50 {
        press(&mut state, "j");
    }
    assert_eq!(state.mode(), WatchMode::Help(KEY_HELP.len() - 1));
    press(&mut state, "k");
    assert_eq!(state.mode(), WatchMode::Help(KEY_HELP.len() - 2));
}

#[test]
fn every_key_is_in_the_help_and_in_the_documentation() {
    let help = KEY_HELP.map(|(keys, _)| format!(" {keys} ")).concat();
    for key in ["j", "k", "g", "G", "PgUp", "Enter", "/", "p", "c", "o", "?", "Ctrl-Z", "q", "Esc", "Ctrl-C"] {
        assert!(help.contains(&format!(" {key} ")), "{key}");
    }
    let page = include_str!("../../../../docs/watch.md");
    for (keys, _) in KEY_HELP {
        let words = keys.split(' ').map(|key| key.trim_end_matches(','));
        let row = |row: &str| {
            let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default().replace(',', "");
            words.clone().all(|key| cell.split(' ').any(|word| word == key))
        };
        assert!(page.lines().filter(|line| line.starts_with("| ")).any(row), "{keys} is not in docs/watch.md");
    }
}
