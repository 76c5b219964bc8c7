//! Generates settings in any spelling and layout.

use proptest::prelude::*;

use super::Json;

/// Generates a scalar. Many have a spelling that would not survive being parsed and written again.
fn scalar() -> impl Strategy<Value = Json> {
    let number = "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,4})?";
    let character = prop_oneof![
        4 => "[ -!#-\\[\\]-~]",
        1 => "[é日🚀\u{2028}\u{7f}]",
        1 => "\\\\[\"\\\\/bfnrt]",
        1 => "\\\\u[0-9a-fA-F]{4}",
    ];
    let string = prop::collection::vec(character, 0..6).prop_map(|characters| format!("\"{}\"", characters.concat()));
    let literal = prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned);
    prop_oneof![number, string, literal].prop_map(Json::Scalar)
}

/// Generates one of `names` as a key. Its first letter is sometimes escaped.
fn key(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let escaped = |name: &str| {
        let first = name.chars().next().map_or(0, u32::from);
        format!("\"\\u{first:04x}{}\"", &name[1..])
    };
    let plain = prop::sample::select(names).prop_map(|name| format!("\"{name}\""));
    prop_oneof![8 => plain, 1 => prop::sample::select(names).prop_map(escaped)]
}

fn anything() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        let keys = key(&["hooks", "a", "Stop", "command", "type", "b"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::vec((keys, inner), 0..3).prop_map(Json::Object),
        ]
    })
}

fn string(text: &str) -> Json {
    Json::Scalar(serde_json::Value::from(text).to_string())
}

fn hook() -> impl Strategy<Value = Json> {
    let command = prop::sample::select(vec![
        "/home/you/.claude/hooks/session-signals/hook-stop",
        "/home/you/.claude/hooks/session-signals/hook-session-start",
        "'/old/session-signals/hook-stop'",
        "A=1 /old/session-signals/hook-compact --x 2>&1",
        "/opt/x/hook-stop",
        "echo /x/session-signals/hook-stop",
        "~/.claude/hooks/stop.sh",
        "bash '/home/you/.claude/hooks/session-end.sh'",
        "~/.claude/hooks/other/stop.sh",
        "mine; yours",
        "",
    ]);
    let others = prop::collection::vec((key(&["timeout", "note", "type", "command"]), anything()), 0..2);
    // In the exec form, quotes and spaces would be part of the path.
    let exec = prop::bool::weighted(0.3);
    let of_command = (command, others, exec, any::<bool>()).prop_map(|(command, others, exec, first)| {
        let mut members = vec![("\"type\"".to_owned(), string("command")), ("\"command\"".to_owned(), string(command))];
        if exec && command.starts_with('/') {
            members.push(("\"args\"".to_owned(), Json::Array(Vec::new())));
        }
        let at = if first { 0 } else { members.len() };
        members.splice(at..at, others);
        Json::Object(members)
    });
    prop_oneof![6 => of_command, 1 => anything()]
}

fn group() -> impl Strategy<Value = Json> {
    let hooks = prop::collection::vec(hook(), 0..4).prop_map(Json::Array);
    let matcher = prop::option::of(prop::sample::select(vec!["", "*", "Bash", "Edit|Write"]));
    let others = prop::collection::vec((key(&["note", "hooks", "matcher"]), anything()), 0..2);
    let others = prop_oneof![5 => Just(Vec::new()), 1 => others];
    let group = (hooks, matcher, others).prop_map(|(hooks, matcher, mut members)| {
        members.extend(matcher.map(|matcher| ("\"matcher\"".to_owned(), string(matcher))));
        members.push(("\"hooks\"".to_owned(), hooks));
        Json::Object(members)
    });
    prop_oneof![6 => group, 1 => anything()]
}

/// Generates settings that an installation accepts. Some keys are escaped or written twice.
pub fn settings() -> impl Strategy<Value = Json> {
    let groups = prop::collection::vec(group(), 0..4).prop_map(Json::Array);
    let events = key(&["Stop", "SessionStart", "SessionEnd", "PreToolUse", "PostCompact"]);
    let events = prop::collection::vec((events, groups), 0..5).prop_map(Json::Object);
    let member = prop_oneof![
        3 => (key(&["model", "env", "permissions"]), anything()),
        2 => (key(&["hooks"]), events),
    ];
    prop::collection::vec(member, 0..4).prop_map(Json::Object)
}

/// Generates the white space to put between tokens, one piece after the other.
pub fn layout() -> impl Strategy<Value = Vec<String>> {
    let blank = prop::sample::select(vec!["", "", " ", "\n", "\r\n", "\t", "\n  ", "\r\n\t\t", " \n\n    "]);
    prop::collection::vec(blank.prop_map(str::to_owned), 1..7)
}

/// Writes `json` with the white space of `layout` around every bracket, comma and colon.
pub fn lay_out(json: &Json, layout: &[String]) -> String {
    let mut blanks = layout.iter().cycle().map(String::as_str);
    let mut text = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in json.write("").chars() {
        let is_mark = !quoted && "{}[],:".contains(c);
        let mut blank = || {
            if is_mark { blanks.next().unwrap_or_default() } else { "" }
        };
        text.push_str(blank());
        text.push(c);
        text.push_str(blank());
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    text
}
