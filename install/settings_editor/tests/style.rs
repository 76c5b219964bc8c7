//! What the editor adds looks like the rest of the file. In these texts `→` is a tab, `↵` a carriage return, and `BIN`
//! our directory.

use super::{DIRECTORY, install_these, registrations, show, undo};

/// Checks what installing for `Stop` makes of `before`, and that undoing restores `before`.
#[track_caller]
fn becomes(before: &str, after: &str) {
    let spell = |text: &str| text.replace('→', "\t").replace('↵', "\r").replace("BIN", DIRECTORY);
    let stop: Vec<_> = registrations().into_iter().filter(|registration| registration.event == "Stop").collect();
    let plan = install_these(spell(before).as_bytes(), &stop);
    assert_eq!(show(&plan.after), spell(after));
    assert_eq!(show(&undo(&plan).after), spell(before));
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
fn tabs_and_carriage_returns_are_used_if_the_file_has_them() {
    becomes(
        "{↵\n→\"hooks\": {↵\n→→\"Stop\": [↵\n→→]↵\n→}↵\n}",
        "{↵\n→\"hooks\": {↵\n→→\"Stop\": [↵\n→→→{↵\n→→→→\"hooks\": [↵\n→→→→→{↵\n→→→→→→\"type\": \"command\",↵\n→→→→→→\"command\": \"BIN/hook-stop\",↵\n→→→→→→\"args\": [],↵\n→→→→→→\"timeout\": 10↵\n→→→→→}↵\n→→→→]↵\n→→→}↵\n→→]↵\n→}↵\n}",
    );
}

#[test]
fn indentation_and_colons_are_those_of_the_other_settings() {
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
fn a_new_group_looks_like_its_neighbours() {
    // The indentation differs from the rest of the file, and there are blank lines between groups.
    becomes(
        "{\n  \"hooks\": {\n      \"Stop\": [\n\n        {\"hooks\": []},\n\n        {}\n\n      ]\n  }\n}",
        "{\n  \"hooks\": {\n      \"Stop\": [\n\n        {\"hooks\": []},\n\n        {},\n\n        {\n          \"hooks\": [\n            {\n              \"type\": \"command\",\n              \"command\": \"BIN/hook-stop\",\n              \"args\": [],\n              \"timeout\": 10\n            }\n          ]\n        }\n\n      ]\n  }\n}",
    );
    // The event is on one line in a file of many lines.
    becomes(
        "{\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": []}]\n  }\n}",
        "{\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": []}, {\"hooks\": [{\"type\": \"command\", \"command\": \"BIN/hook-stop\", \"args\": [], \"timeout\": 10}]}]\n  }\n}",
    );
}
