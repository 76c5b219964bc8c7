//! Tests of the decision, on a table: what happens when, and what is done when.

use std::time::{Duration, Instant, SystemTime};

use super::NotifyTarget;
use super::focus::parse_active_window;
use super::need::{Need, NeedKind, RULES_OF_USERS_ACTS, WaitingCall};
use super::notice_board::{NoticeAction, NoticeBoard};

/// How long a need lasts before the user is called, in the table.
const AFTER: Duration = Duration::from_secs(5);

/// The events of a situation, each with its second, and what is done until second 100.
struct Situation {
    name: &'static str,
    events: &'static [(u64, &'static str)],
    expected: &'static [&'static str],
}

/// Events: `works`, `waits`, `stopped` (the user pressed Esc), `asks` (it is not known for what), `asks CALL SECOND` (the call was
/// made in that second), `gone`; `is old` is a session that has waited for an hour; `is new` one that has waited for two seconds;
/// `looks` means that the terminal of this session has the focus from now on.
const SITUATIONS: &[Situation] = &[
    Situation {
        name: "a turn ends, and the next prompt comes later",
        events: &[(0, "a works"), (10, "a waits"), (30, "a works")],
        expected: &["15 call a", "30 withdraw a"],
    },
    Situation {
        name: "the next prompt comes before the user is called",
        events: &[(0, "a works"), (10, "a waits"), (14, "a works")],
        expected: &[],
    },
    Situation {
        name: "a need that is seen again and again is one need",
        events: &[(0, "a works"), (10, "a waits"), (11, "a waits"), (20, "a waits"), (60, "a waits")],
        expected: &["15 call a"],
    },
    Situation {
        name: "each turn is a need of its own",
        events: &[(0, "a works"), (10, "a waits"), (20, "a works"), (30, "a waits")],
        expected: &["15 call a", "20 withdraw a", "35 call a"],
    },
    Situation {
        name: "a session ends, and is forgotten",
        events: &[(0, "a works"), (0, "b works"), (10, "a waits"), (10, "b waits"), (20, "a works"), (30, "b gone")],
        expected: &["15 call a", "15 call b", "20 withdraw a", "30 withdraw b"],
    },
    Situation {
        name: "a call is approved, and a later call asks",
        events: &[(0, "a works"), (10, "a asks ls 10"), (20, "a works"), (21, "a asks rm 21")],
        expected: &["15 call a", "20 withdraw a", "26 call a"],
    },
    Situation {
        name: "the same, and nobody saw that the session worked in between",
        events: &[(0, "a works"), (10, "a asks ls 10"), (21, "a asks rm 21")],
        expected: &["15 call a", "21 withdraw a", "26 call a"],
    },
    Situation {
        name: "the same call asks a second time",
        events: &[(0, "a works"), (10, "a asks ls 10"), (21, "a asks ls 21")],
        expected: &["15 call a", "21 withdraw a", "26 call a"],
    },
    Situation {
        name: "the first of several calls that ask at once is answered: the user sees the next one",
        events: &[(0, "a works"), (10, "a asks ls 10"), (21, "a asks rm 11"), (25, "a asks mv 12")],
        expected: &["15 call a", "21 withdraw a"],
    },
    Situation {
        name: "the call becomes known after it is known that one asks",
        events: &[(0, "a works"), (10, "a asks"), (11, "a asks ls 10"), (12, "a asks"), (20, "a asks ls 10")],
        expected: &["15 call a"],
    },
    Situation {
        name: "a call is denied: the user was there",
        events: &[(0, "a works"), (10, "a asks ls 10"), (20, "a stopped"), (23, "a waits")],
        expected: &["15 call a", "20 withdraw a"],
    },
    Situation {
        name: "that the user interrupted the turn becomes known later than that it is over",
        events: &[(0, "a works"), (10, "a waits"), (12, "a stopped"), (14, "a waits")],
        expected: &[],
    },
    Situation {
        name: "a session that waits is asked by its subagent, and waits again",
        events: &[(0, "a works"), (10, "a waits"), (20, "a asks ls 20"), (40, "a waits")],
        expected: &["15 call a", "20 withdraw a", "25 call a", "40 withdraw a", "45 call a"],
    },
    Situation {
        name: "needs from before the start are not called for, but their next ones are",
        events: &[(0, "a is old"), (0, "b is new"), (20, "a works"), (30, "a waits")],
        expected: &["3 call b", "35 call a"],
    },
    Situation {
        name: "a subagent has gone on for long after the Stop: what counts is when the session begins to wait",
        events: &[(0, "a works"), (20, "a is old")],
        expected: &["25 call a"],
    },
    Situation {
        name: "three at once are called for one by one, four together",
        events: &[
            (0, "a works"),
            (0, "b works"),
            (0, "c works"),
            (0, "d works"),
            (10, "a waits"),
            (10, "b waits"),
            (10, "c waits"),
            (20, "a works"),
            (20, "b works"),
            (20, "c works"),
            (30, "a waits"),
            (30, "b waits"),
            (30, "c asks"),
            (30, "d waits"),
            (40, "a works"),
            (41, "c works"),
            (42, "d works"),
            (43, "b gone"),
        ],
        expected: &[
            "15 call a",
            "15 call b",
            "15 call c",
            "20 withdraw a",
            "20 withdraw b",
            "20 withdraw c",
            "35 call a b c d",
            "43 withdraw a b c d",
        ],
    },
    Situation {
        name: "those that come right after others wait a moment, and those of them that still need the user come together",
        events: &[
            (0, "a works"),
            (0, "b works"),
            (0, "c works"),
            (0, "d works"),
            (0, "e works"),
            (0, "f works"),
            (10, "a waits"),
            (10, "b waits"),
            (11, "c waits"),
            (11, "d waits"),
            (11, "e waits"),
            (12, "f waits"),
            (17, "e works"),
        ],
        expected: &["15 call a", "15 call b", "18 call c", "18 call d", "18 call f"],
    },
    Situation {
        name: "who looks at the terminal is not called, not even later",
        events: &[(0, "a works"), (0, "b works"), (1, "a looks"), (10, "a waits"), (10, "b waits"), (40, "b looks")],
        expected: &["15 call b"],
    },
];

fn need_of(words: &[&str], start: SystemTime, second: u64) -> Option<Need> {
    let at = |second: u64| start + Duration::from_secs(second);
    let need = |kind, since, is_users_act| Some(Need { kind, since, is_users_act });
    match words {
        ["works"] => None,
        ["waits"] => need(NeedKind::Prompt, at(second), false),
        ["stopped"] => need(NeedKind::Prompt, at(second), true),
        ["is", "old"] => need(NeedKind::Prompt, start - Duration::from_secs(3600), false),
        ["is", "new"] => need(NeedKind::Prompt, start - Duration::from_secs(2), false),
        ["asks"] => need(NeedKind::Approval(None), at(second), false),
        ["asks", call, asked] => {
            let asked_at = Some(at(asked.parse().unwrap()));
            need(NeedKind::Approval(Some(WaitingCall { identity: (*call).to_owned(), asked_at })), at(second), false)
        }
        other => panic!("{other:?}"),
    }
}

/// Plays the events of a situation. The board is asked whenever it wants to be.
fn play(situation: &Situation) -> Vec<String> {
    let (now, start) = (Instant::now(), SystemTime::now());
    let mut board = NoticeBoard::new(AFTER);
    let (mut done, mut called) = (Vec::new(), std::collections::BTreeMap::new());
    let mut focus = Vec::new();
    let mut decide = |board: &mut NoticeBoard, elapsed: Duration, focus: &[&str]| {
        for action in board.decide(now + elapsed, start + elapsed, &mut |id| focus.contains(&id)) {
            let second = elapsed.as_secs();
            match action {
                NoticeAction::Call { number, sessions } => {
                    done.push(format!("{second} call {}", sessions.join(" ")));
                    assert!(called.insert(number, sessions.join(" ")).is_none());
                }
                NoticeAction::Withdraw { number } => {
                    done.push(format!("{second} withdraw {}", called.remove(&number).expect("a notice is given")));
                }
            }
        }
    };
    for (index, (second, event)) in situation.events.iter().chain(&[(100, "")]).enumerate() {
        while let Some(wakeup) = board.next_wakeup().filter(|wakeup| *wakeup < now + Duration::from_secs(*second)) {
            decide(&mut board, wakeup - now, &focus);
        }
        let elapsed = Duration::from_secs(*second);
        match event.split(' ').collect::<Vec<_>>()[..] {
            [id, "looks"] => focus.push(id),
            [id, "gone"] => board.forget(id),
            [id, ref words @ ..] if !id.is_empty() => {
                board.observe(id, need_of(words, start, *second), now + elapsed, start + elapsed);
            }
            _ => {}
        }
        // Events of the same time are seen together.
        if situation.events.get(index + 1).is_none_or(|(next, _)| next != second) {
            decide(&mut board, elapsed, &focus);
        }
    }
    done
}

#[test]
fn each_situation_has_the_notices_of_the_table() {
    for situation in SITUATIONS {
        assert_eq!(play(situation), situation.expected, "{}", situation.name);
    }
}

#[test]
fn without_a_delay_the_user_is_called_at_once_but_not_for_old_needs() {
    let (now, wall) = (Instant::now(), SystemTime::now());
    let mut board = NoticeBoard::new(Duration::ZERO);
    let need = |age| need_of(&["waits"], wall - age, 0);
    board.observe("old", need(Duration::from_secs(6)), now, wall);
    board.observe("new", need(Duration::from_millis(20)), now, wall);
    let actions = board.decide(now, wall, &mut |_| false);
    assert_eq!(actions, [NoticeAction::Call { number: 1, sessions: vec!["new".to_owned()] }]);
    // A delay that no clock can hold calls nobody.
    let mut board = NoticeBoard::new(Duration::MAX);
    board.observe("new", need(Duration::ZERO), now, wall);
    assert_eq!((board.next_wakeup(), board.decide(now, wall, &mut |_| false)), (None, vec![]));
}

#[test]
fn a_target_is_a_word_or_a_program() {
    let parse = |text: &str| text.parse::<NotifyTarget>();
    assert_eq!(parse("desktop"), Ok(NotifyTarget::Desktop));
    assert_eq!(parse("bell"), Ok(NotifyTarget::Bell));
    let words = ["ntfy", "--to", "a:b", "$HOME;"].map(str::to_owned).to_vec();
    assert_eq!(parse("exec:ntfy  --to a:b $HOME;"), Ok(NotifyTarget::Exec(words)));
    for (text, reason) in [
        ("exec:", "a program must follow"),
        ("exec: ", "a program must"),
        ("exec:a 'b c'", "no quotes"),
        ("bells", "it must be"),
        ("exec", "it must be"),
    ] {
        assert!(parse(text).is_err_and(|error| error.contains(reason)), "{text}");
    }
}

#[test]
fn the_active_window_is_read_in_both_forms() {
    assert_eq!(parse_active_window("_NET_ACTIVE_WINDOW(WINDOW): window id # 0x60000c\n"), Some(0x60_000c));
    assert_eq!(parse_active_window("_NET_ACTIVE_WINDOW(WINDOW) = 0x60000c, 0x0\n"), Some(0x60_000c));
    for none in ["_NET_ACTIVE_WINDOW:  not found.", "_NET_ACTIVE_WINDOW(WINDOW): window id # 0x0", ""] {
        assert_eq!(parse_active_window(none), None, "{none}");
    }
}

#[test]
fn the_page_calls_for_the_same_rules() {
    let script = include_str!("../serve/http/page_notices.js");
    let rules = RULES_OF_USERS_ACTS.map(|rule| format!("\"{rule}\"")).join(", ");
    assert!(script.contains(&format!("const RULES_OF_USERS_ACTS = [{rules}];")), "{rules}");
}
