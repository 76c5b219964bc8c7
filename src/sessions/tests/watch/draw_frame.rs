//! The picture on the screen.

use std::time::{Duration, SystemTime};

use super::{apply, press};
use crate::display_text::display_width;
use crate::tests::{at, evidence};
use crate::watch::draw_frame::{ScreenContext, draw_frame, next_age_change};
use crate::watch::watch_state::WatchState;
use session_signals_reader::Session;

fn screen(columns: usize, rows: usize) -> ScreenContext {
    ScreenContext {
        columns,
        rows,
        is_coloured: false,
        now: at(1000),
        home: Some("/work".into()),
        has_signals: true,
        is_all: false,
    }
}

fn draw(state: &mut WatchState, columns: usize, rows: usize) -> String {
    let lines = draw_frame(state, &screen(columns, rows));
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn three_sessions() -> WatchState {
    let mut state = WatchState::new();
    apply(
        &mut state,
        &["aaaaaaaa-1 permission 940 parser", "bbbbbbbb-2 stop 280 website", "cccccccc-3 working 969 parser"],
    );
    state
}

#[test]
fn the_list_has_a_header_and_shows_more_of_the_selected_session() {
    let mut state = three_sessions();
    press(&mut state, "j");
    let expected = "
  STATE       FOR  PROJECT  BRANCH  ID        ASKS, SAYS OR DOES
  ▲ approve    1m  parser   -       aaaaaaaa  Bash: ls aaaaaaaa-1
› ◆ waiting   12m  website  -       bbbbbbbb  done bbbbbbbb-2
  ● working   31s  parser   -       cccccccc  do cccccccc-3





~/website  bbbbbbbb-2
done bbbbbbbb-2
2/3  ▲1 ◆1 ●1  ? keys  q leave  / filter  Enter jump  c copy  p projects  o page
";
    assert_eq!(draw(&mut state, 80, 12), expected[1..]);
    press(&mut state, "p");
    let expected = "
  STATE       FOR
parser  ▲1 ●1  ~/parser
  ▲ approve    1m  Bash: ls aaaaaaaa-1
  ● working   31s  do cccccccc-3
website  ◆1  ~/website
› ◆ waiting   12m  done bbbbbbbb-2
3/3  ▲1 ◆1 ●1  ? keys  q leave  / filte…
";
    let drawn = draw(&mut state, 40, 7);
    assert_eq!(drawn.replace("FOR  ASKS, SAYS OR DOES", "FOR"), expected[1..]);
    press(&mut state, "/ p a r s");
    assert!(draw(&mut state, 40, 7).ends_with("/pars▏  1/2\n"));
    press(&mut state, "x");
    assert!(draw(&mut state, 40, 7).starts_with("No session matches \"parsx\". Esc shows\nall.\n"));
}

#[test]
fn without_a_session_the_screen_says_what_to_do() {
    let mut state = WatchState::new();
    assert!(draw(&mut state, 80, 10).starts_with("Reading the sessions …"));
    apply(&mut state, &[]);
    let text = draw(&mut state, 80, 10);
    assert!(text.starts_with("No session is open.\nStart `claude` in another terminal"), "{text}");
    assert!(text.contains("`sessions --watch --all`") && !text.contains("hooks install"), "{text}");
    let mut context = screen(40, 10);
    (context.has_signals, context.is_all) = (false, true);
    let text = draw_frame(&mut state, &context).join("\n");
    assert!(text.contains("`hooks\ninstall`") && !text.contains("--all"), "{text}");
    assert!(text.starts_with("No session is open, and none ended in\nthe last 7 days.\n"), "{text}");
    // An empty list would say wrongly that no session is open.
    state.set_failures(vec!["cannot read a file".to_owned()]);
    let text = draw(&mut state, 80, 10);
    assert!(text.starts_with("cannot read a file\n") && !text.contains("No session"), "{text}");
}

#[test]
fn the_help_has_all_keys_on_a_narrow_terminal() {
    let mut state = three_sessions();
    press(&mut state, "?");
    let text = draw(&mut state, 40, 20);
    assert!(text.contains("  Enter         jump to its terminal\n") && !text.contains('…'), "{text}");
    assert!(
        text.contains("  ▲             needs your approval\n") && text.ends_with("Esc closes the help\n"),
        "{text}"
    );
    press(&mut state, "j j j j j");
    assert!(draw(&mut state, 40, 5).contains("group by project"));
}

/// Returns sessions with long, wide and hostile texts in each state.
fn hostile_sessions(count: usize) -> WatchState {
    let names = [
        "a".repeat(200),
        "漢字".repeat(60),
        "e\u{301}\u{202e}\\u001b[2J x".to_owned(),
        "👩‍👩‍👧‍👦❤️".to_owned(),
        String::new(),
    ];
    let changes = (0..count).map(|number| {
        let name = &names[number % names.len()];
        let kind = ["permission", "stop", "working"][number % 3];
        let json = format!(
            r#"{{"cwd":"/work/{name}","prompt":"{name} {name}","last_assistant_message":"{name}","pending":[{{"tool_name":"{name}"}}]}}"#
        );
        let id = format!("{number:036}");
        let mut session = Session::from_evidence(&id, &evidence(&[(kind, number as u64, &json)]), at(1000));
        session.branch = Some(name.replace("\\u001b", "\u{1b}"));
        (id, Some(session))
    });
    let mut state = WatchState::new();
    state.apply_changes(changes.collect(), Session::is_open);
    state
}

#[test]
fn every_line_fits_on_every_screen() {
    for count in [0, 1, 5, 60, 500] {
        let mut state = hostile_sessions(count);
        state.set_failures(vec!["x".repeat(100); 3]);
        for keys in ["", "G", "p", "/ a", "C-u Esc ?", "Esc"] {
            press(&mut state, keys);
            // A debug build is slow with very many sessions.
            let widths: &[usize] = if count > 100 { &[40, 80] } else { &[1, 5, 10, 18, 39, 40, 79, 80, 200] };
            for &columns in widths {
                for rows in [0, 1, 2, 3, 4, 5, 10, 24, 60] {
                    // A key has taken the last notice away.
                    if rows % 2 == 0 {
                        state.set_notice(&"漢字 notice ".repeat(rows));
                    }
                    let lines = draw_frame(&mut state, &screen(columns, rows));
                    assert!(lines.len() <= rows, "{} lines on {rows} rows", lines.len());
                    for line in &lines {
                        assert!(display_width(line) <= columns, "{columns}: {line}");
                        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_text_is_readable_at_80_columns_and_the_project_at_40() {
    let mut state = hostile_sessions(60);
    let row = |state: &mut WatchState, columns| draw(state, columns, 24).lines().nth(1).unwrap().to_owned();
    let row_80 = row(&mut state, 80);
    let project = format!("  {}…  ", "a".repeat(15));
    let text = format!("  {}…", "a".repeat(29));
    assert!(row_80.contains(&project) && row_80.ends_with(&text), "{row_80}");
    assert_eq!(row(&mut state, 40), format!("› ▲ approve   16m  {}…", "a".repeat(20)));
    let row_200 = row(&mut state, 200);
    assert!(row_200.contains(&format!("  {}…  {}…  00000000  ", "a".repeat(39), "a".repeat(39))), "{row_200}");
}

#[test]
fn colours_do_not_change_the_text() {
    let plain_of = |text: &str| {
        let mut parts = text.split("\x1b[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1)
    };
    let mut state = three_sessions();
    for keys in ["", "p", "/ a", "Enter"] {
        press(&mut state, keys);
        let plain = draw_frame(&mut state, &screen(80, 12));
        let mut context = screen(80, 12);
        context.is_coloured = true;
        let coloured = draw_frame(&mut state, &context);
        assert!(coloured.iter().any(|line| line.contains("\x1b[7m")));
        let uncoloured: Vec<_> = coloured.iter().map(|line| plain_of(line).trim_end().to_owned()).collect();
        assert_eq!(uncoloured, plain.iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>());
    }
}

#[test]
fn the_next_change_of_an_age_on_the_screen_is_known() {
    for (since, now, expected) in [(940, 1000.0, 60.0), (941, 1000.25, 0.75), (280, 1010.0, 50.0), (0, 3600.0, 3600.0)]
    {
        let mut state = WatchState::new();
        apply(&mut state, &[&format!("a stop {since}")]);
        state.set_height(5);
        let now = at(0) + Duration::from_secs_f64(now);
        assert_eq!(next_age_change(&state, now), Some(Duration::from_secs_f64(expected)), "{since}");
    }
    let mut state = WatchState::new();
    assert_eq!(next_age_change(&state, SystemTime::now()), None);
    apply(&mut state, &["a stop 0", "b stop 999"]);
    // The age of the second one is not on the screen.
    state.set_height(1);
    assert_eq!(next_age_change(&state, at(1000)), Some(Duration::from_secs(20)));
}

#[test]
fn a_long_text_uses_the_rows_that_the_list_leaves_empty() {
    let text = "x".repeat(400);
    let json = format!(r#"{{"cwd":"/work/p","prompt":"{text}"}}"#);
    let working =
        |id: &str| (id.to_owned(), Some(Session::from_evidence(id, &evidence(&[("working", 1, &json)]), at(9))));
    // How many sessions, on how many rows, show so many whole rows of the text.
    for (sessions, rows, expected) in
        [(1, 11, 0), (1, 12, 5), (1, 24, 5), (6, 12, 1), (6, 18, 5), (30, 18, 1), (30, 12, 0)]
    {
        let mut state = WatchState::new();
        state.apply_changes((0..sessions).map(|number| working(&format!("s{number}"))).collect(), Session::is_open);
        let drawn = draw(&mut state, 80, rows);
        let whole = drawn.lines().filter(|line| **line == "x".repeat(80)).count();
        assert_eq!(whole, expected, "{sessions} sessions on {rows} rows:\n{drawn}");
        assert!(sessions > 9 || (0..sessions).all(|number| drawn.contains(&format!("  s{number}  "))), "{drawn}");
    }
}

#[test]
fn the_longest_state_has_room_only_if_it_is_there() {
    let mut state = three_sessions();
    let mut lost = Session::from_evidence("dddddddd-4", &evidence(&[("working", 20, r#"{"prompt":"go"}"#)]), at(200));
    lost.machine = Some("box".to_owned());
    let lost = lost.into_unreachable(at(990));
    state.apply_changes(vec![(lost.key(), Some(lost))], Session::is_open);
    let picture = draw(&mut state, 80, 10);
    let lines: Vec<_> = picture.lines().collect();
    assert_eq!(lines[0], "  STATE           FOR  PROJECT  BRANCH  ID        ASKS, SAYS OR DOES");
    assert_eq!(lines[3], "  ● working       31s  parser   -       cccccccc  do cccccccc-3");
    assert_eq!(lines[4], "  ? unreachable   10s  -        -       dddddddd  on box: the machine cannot be…");
    for columns in 1..60 {
        assert!(draw(&mut state, columns, 10).lines().all(|line| display_width(line) <= columns), "{columns}");
    }
}

#[test]
fn a_long_notice_takes_as_many_rows_as_it_needs() {
    let mut state = hostile_sessions(60);
    press(&mut state, "G");
    let words: Vec<_> = (0..30).map(|number| format!("word{number:02}")).collect();
    let notice = words.join(" ");
    state.set_notice(&notice);
    for (columns, rows) in [(80, 24), (80, 12), (40, 24), (209, 10)] {
        let lines = draw_frame(&mut state, &screen(columns, rows));
        assert_eq!(lines.len(), rows, "{columns}x{rows}");
        let shown: Vec<_> = lines.iter().skip_while(|line| !line.starts_with("word00")).cloned().collect();
        assert_eq!(shown.join(" "), notice, "{columns}x{rows}: {lines:?}");
        // The list is as much shorter, and the selected session stays on the screen.
        assert_eq!(lines.iter().filter(|line| line.starts_with('›')).count(), 1, "{lines:?}");
    }
    // With little room, the list keeps some rows, and the end of the notice is cut.
    let lines = draw_frame(&mut state, &screen(20, 9));
    assert!(lines.len() == 9 && lines[8].ends_with('…'), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with('›')).count(), 1, "{lines:?}");
    // A key takes the notice away, and the list has its rows again.
    press(&mut state, "k");
    assert!(draw(&mut state, 80, 24).lines().last().unwrap().starts_with("59/60"));
}
