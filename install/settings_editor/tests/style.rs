//! ChangeKind is written looks as the file does. The texts spell a tab as `→` and a carriage return as `↵`.

use super::{DIRECTORY, OWNED, install_these, place, registrations, show};
use crate::settings_editor::{EditReceipt, undo_edit};

#[track_caller]
fn becomes(before: &str, after: &str) {
    let spell = |text: &str| text.replace('→', "\t").replace('↵', "\r").replace("BIN", DIRECTORY);
    let wanted: Vec<_> = registrations().into_iter().filter(|wanted| wanted.event == "Stop").collect();
    let plan = install_these(spell(before).as_bytes(), &wanted);
    assert_eq!(show(&plan.after), spell(after));
    let back = undo_edit(&plan.after, &EditReceipt::from_plan(&plan, None), &OWNED, &place).expect("the receipt fits");
    assert_eq!(show(&back.after), spell(before));
}

#[test]
fn an_empty_file_gets_two_spaces_and_a_final_newline() {
    let whole = r#"{
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "BIN/hook-stop",
            "args": [],
            "timeout": 10
          }
        ]
      }
    ]
  }
}"#;
    becomes("{}", whole);
    becomes("{ \n }", whole);
    becomes("", &format!("{whole}\n"));
    becomes("\u{feff}", &format!("\u{feff}{whole}\n"));
    becomes("\n\n", &format!("{whole}\n\n"));
    becomes(" {}\n", &format!(" {}\n", whole.replace('\n', "\n ")));
    becomes("{}↵\n", &format!("{}↵\n", whole.replace('\n', "↵\n")));
    becomes("↵\n", &format!("{}↵\n", whole.replace('\n', "↵\n")));
}

#[test]
fn tabs_and_crlf() {
    becomes(
        "{↵\n→\"hooks\": {↵\n→→\"Stop\": [↵\n→→]↵\n→}↵\n}",
        "{↵\n→\"hooks\": {↵\n→→\"Stop\": [↵\n→→→{↵\n→→→→\"hooks\": [↵\n→→→→→{↵\n→→→→→→\"type\": \"command\",↵\n→→→→→→\"command\": \"BIN/hook-stop\",↵\n→→→→→→\"args\": [],↵\n→→→→→→\"timeout\": 10↵\n→→→→→}↵\n→→→→]↵\n→→→}↵\n→→]↵\n→}↵\n}",
    );
}

#[test]
fn four_spaces_and_its_colons_after_another_setting() {
    becomes(
        "{\n    \"model\":\"opus\"\n}",
        r#"{
    "model":"opus",
    "hooks":{
        "Stop":[
            {
                "hooks":[
                    {
                        "type":"command",
                        "command":"BIN/hook-stop",
                        "args":[],
                        "timeout":10
                    }
                ]
            }
        ]
    }
}"#,
    );
}

#[test]
fn one_line_stays_one_line() {
    becomes(
        r#"{"model":"opus"}"#,
        r#"{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"BIN/hook-stop","args":[],"timeout":10}]}]}}"#,
    );
    becomes(
        "{ \"hooks\": {}, \"x\": 1 }\n",
        "{ \"hooks\": { \"Stop\": [{ \"hooks\": [{ \"type\": \"command\", \"command\": \"BIN/hook-stop\", \"args\": [], \"timeout\": 10 }] }] }, \"x\": 1 }\n",
    );
    becomes(
        r#"{"a" :1 , "hooks" :{"Stop" :[ ]}}"#,
        r#"{"a" :1 , "hooks" :{"Stop" :[{"hooks" :[{"type" :"command", "command" :"BIN/hook-stop", "args" :[], "timeout" :10}]}]}}"#,
    );
}

#[test]
fn neighbours_are_followed_where_they_stand() {
    // Another indentation than the rest of the file's, and blank lines between groups.
    becomes(
        "{\n  \"hooks\": {\n      \"Stop\": [\n\n        {\"hooks\": []},\n\n        {}\n\n      ]\n  }\n}",
        "{\n  \"hooks\": {\n      \"Stop\": [\n\n        {\"hooks\": []},\n\n        {},\n\n        {\n          \"hooks\": [\n            {\n              \"type\": \"command\",\n              \"command\": \"BIN/hook-stop\",\n              \"args\": [],\n              \"timeout\": 10\n            }\n          ]\n        }\n\n      ]\n  }\n}",
    );
    // One line within many.
    becomes(
        "{\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": []}]\n  }\n}",
        "{\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": []}, {\"hooks\": [{\"type\": \"command\", \"command\": \"BIN/hook-stop\", \"args\": [], \"timeout\": 10}]}]\n  }\n}",
    );
}
