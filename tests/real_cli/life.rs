//! What a session can be in, as far as a keyboard can bring it about; and whether `sessions` knows.

use super::newest_version;
use super::person::{OLD, Person};
use super::step::Act::{self, Beside, Close, Deny, Kill, Open, Press, Print, Prompt, Quit, Start};
use super::step::Sign::{self, Directory, File, Nothing, OtherDialog, OtherSession, Text};
use super::step::Step;
use super::truth::Truth::{self, Background, Dialog, Ended, Left, Permission, Shell, Waiting, Working};

const fn step(situation: &'static str, acts: &'static [Act], truth: Truth, sign: Sign) -> Step {
    Step { situation, acts, truth, sign }
}

#[rustfmt::skip]
const LIFE: &[Step] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold turn")], Working, Nothing),
    step("the turn is over", &[Open("turn")], Waiting, Text("held turn")),
    step("a permission is pending", &[Prompt("bash ~/bin/ask-gate approved")], Permission, Nothing),
    step("approved, and the tool runs", &[Press("1")], Working, File("approved.runs")),
    step("its turn is over", &[Open("approved")], Waiting, Nothing),
    step("a permission to be denied", &[Prompt("bash ~/bin/ask-gate denied")], Permission, Nothing),
    step("denied", &[Deny], Waiting, Nothing),
    step("a permission to be dismissed", &[Prompt("bash ~/bin/ask-gate dismissed")], Permission, Nothing),
    step("dismissed with Esc", &[Press("Escape")], Waiting, Nothing),
    step("a turn without output", &[Prompt("hold never")], Working, Nothing),
    step("Esc before any output", &[Press("Escape")], Waiting, Nothing),
    step("a tool runs unasked", &[Prompt("bash ~/bin/free-gate never")], Working, File("never.runs")),
    step("Esc during a tool", &[Press("Escape")], Waiting, Nothing),
    step("API error", &[Prompt("fail 400")], Waiting, Text("scripted")),
    step("API error, and the CLI tries again", &[Prompt("fail 529")], Working, Nothing),
    step("Esc while it does", &[Press("Escape")], Waiting, Nothing),
    step("a question is asked", &[Prompt("ask Tea? ~> hold answered")], Permission, Text("Enter to select")),
    step("answered, and the turn goes on", &[Press("1")], Working, Nothing),
    step("its turn is over", &[Open("answered")], Waiting, Nothing),
    step("the first of two permissions", &[Prompt("bash ~/bin/ask-gate first ~> bash ~/bin/ask-gate second")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("first.runs")),
    step("the second permission", &[Open("first")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("second.runs")),
    step("their turn is over", &[Open("second")], Waiting, Nothing),
    step("two tools in one answer", &[Prompt("bash ~/bin/free-gate one ~ bash ~/bin/free-gate two")], Working, File("one.runs")),
    step("one of them is over", &[Open("one")], Working, File("two.runs")),
    step("their turn is over", &[Open("two")], Waiting, Nothing),
    step("two subagents at once", &[Prompt("agent bash ~/bin/free-gate left ~ agent bash ~/bin/free-gate right")], Working, File("right.runs")),
    step("one of them runs on", &[Open("left")], Working, File("left.ran")),
    step("their turn is over", &[Open("right")], Waiting, Nothing),
    step("two permissions at once", &[Prompt("read /etc/hostname ~ read /etc/passwd ~> hold read")], Permission, Nothing),
    step("one of them approved", &[Press("1")], Permission, OtherDialog),
    step("both approved, and the turn goes on", &[Press("1")], Working, Nothing),
    step("their turn is over", &[Open("read")], Waiting, Text("held read")),
    step("two permissions at once again", &[Prompt("read /etc/hostname ~ read /etc/passwd")], Permission, Nothing),
    step("both dismissed with Esc", &[Press("Escape")], Waiting, Nothing),
    step("a subagent's permission", &[Prompt("agent bash ~/bin/ask-gate agent")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("agent.runs")),
    step("its turn is over", &[Open("agent")], Waiting, Nothing),
    step("a subagent runs after Stop", &[Prompt("background hold background")], Background, Text("done")),
    step("its news have been taken", &[Open("background")], Waiting, Nothing),
    step("a subagent's permission after Stop", &[Prompt("background bash ~/bin/ask-gate later")], Permission, Nothing),
    step("approved after Stop, and its tool runs", &[Press("1")], Working, File("later.runs")),
    step("its news have been taken, too", &[Open("later")], Waiting, Nothing),
    step("another's permission after Stop", &[Prompt("background bash ~/bin/ask-gate never")], Permission, Nothing),
    step("dismissed with Esc after Stop", &[Press("Escape")], Waiting, Nothing),
    step("a shell runs after Stop", &[Prompt("shell ~/bin/free-gate shell")], Shell, File("shell.runs")),
    step("its news have been taken", &[Open("shell")], Waiting, Nothing),
    step("a prompt is queued", &[Prompt("hold queue"), Prompt("hold queued")], Working, Nothing),
    step("the queued prompt's turn runs", &[Open("queue")], Working, Text("held queue")),
    step("its turn is over", &[Open("queued")], Waiting, Text("held queued")),
    step("another hook blocked the prompt", &[Prompt("block")], Waiting, Text("Blocked by another hook")),
    step("the next prompt's turn runs", &[Prompt("hold next")], Working, Nothing),
    step("its turn is over", &[Open("next")], Waiting, Text("held next")),
    step("!command runs", &[Prompt("!~/bin/ask-gate bang")], Working, File("bang.runs")),
    step("!command is over", &[Open("bang")], Waiting, File("bang.ran")),
    step("/model is open", &[Prompt("/model")], Dialog, Nothing),
    step("/model is closed", &[Press("Escape")], Waiting, Nothing),
    step("/compact runs", &[Prompt("/compact hold compact")], Working, Text("ompacting")),
    step("/compact is over", &[Open("compact")], Waiting, Text("Compacted")),
    step("/clear: the new session", &[Prompt("/clear")], Waiting, OtherSession),
    step("/clear: the old session", &[], Left, Nothing),
    step("a turn in the new session", &[Prompt("hold new")], Working, Nothing),
    step("its turn is over", &[Open("new")], Waiting, Text("held new")),
    step("/resume is open", &[Prompt("/resume")], Dialog, Nothing),
    step("/resume: the old session", &[Press("Enter")], Waiting, OtherSession),
    step("/resume: the one that it left", &[], Left, Nothing),
    step("a turn in the resumed session", &[Prompt("hold back")], Working, Nothing),
    step("its turn is over", &[Open("back")], Waiting, Text("held back")),
    step("/exit", &[Prompt("/exit")], Ended, Nothing),
    step("resumed", &[Start], Waiting, Nothing),
    step("a turn runs again", &[Prompt("hold killed")], Working, Nothing),
    step("SIGKILL in mid-turn", &[Kill], Ended, Nothing),
    step("resumed after SIGKILL", &[Start], Waiting, Nothing),
    step("a permission is pending again", &[Prompt("bash ~/bin/ask-gate killed")], Permission, Nothing),
    step("SIGKILL while it is", &[Kill], Ended, Nothing),
    step("resumed after that", &[Start], Waiting, Nothing),
    step("Ctrl-C twice", &[Quit], Ended, Nothing),
    step("resumed after that", &[Start], Waiting, Nothing),
    step("a turn runs once more", &[Prompt("hold closed")], Working, Nothing),
    step("the terminal is closed", &[Close], Ended, Nothing),
];

/// What was learned later: the CLI of today has a life of its own for it, so that none becomes long.
#[rustfmt::skip]
const LATER: &[Step] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn without output", &[Prompt("hold never")], Working, Nothing),
    step("Esc before any output", &[Press("Escape")], Waiting, Nothing),
    step("/model is open after Esc", &[Prompt("/model")], Dialog, Nothing),
    step("/model is closed", &[Press("Escape")], Waiting, Nothing),
    step("a permission to be denied", &[Prompt("bash ~/bin/ask-gate denied")], Permission, Nothing),
    step("denied", &[Deny], Waiting, Nothing),
    step("/config is open after a denial", &[Prompt("/config")], Dialog, Nothing),
    step("/config's search is left", &[Press("Escape")], Dialog, Text("Esc to close")),
    step("/config is closed", &[Press("Escape")], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold beside")], Working, Nothing),
    step("a second process of the session is over", &[Beside("hi")], Working, Nothing),
    step("the turn is over", &[Open("beside")], Waiting, Text("held beside")),
    step("another second process is over", &[Beside("hi")], Waiting, Nothing),
    step("another hook blocked Stop, and the turn goes on", &[Open("goes-on"), Prompt("hi")], Working, Nothing),
    step("its turn is over", &[Open("longer")], Waiting, Text("held longer")),
    step("/cd to another directory", &[Prompt("/cd ~/bin")], Waiting, Directory("bin")),
    step("a turn there", &[Prompt("hold there")], Working, Directory("bin")),
    step("its turn is over", &[Open("there")], Waiting, Text("held there")),
    step("/exit", &[Prompt("/exit")], Ended, Nothing),
    step("-p waits for its background shell", &[Print("shell ~/bin/free-gate printed")], Working, File("printed.runs")),
    step("-p is over", &[Open("printed")], Ended, Nothing),
];

/// What no source tells of a CLI without registry. (Its Stop says nothing of what runs in the background.)
const UNSEEN: &[&str] = &[
    "approved, and the tool runs",
    "approved, and its tool runs",
    "Esc before any output",
    "Esc while it does",
    "a subagent runs after Stop",
    "a shell runs after Stop",
    "another hook blocked the prompt",
    "!command runs",
];

/// What such a CLI cannot be brought into, and why.
const IMPOSSIBLE: &[(&str, &str)] = &[
    ("two permissions at once again", ONE_BY_ONE),
    ("both dismissed with Esc", ONE_BY_ONE),
    ("a subagent's permission after Stop", REFUSED),
    ("approved after Stop, and its tool runs", REFUSED),
    ("its news have been taken, too", REFUSED),
    ("another's permission after Stop", REFUSED),
    ("dismissed with Esc after Stop", REFUSED),
];
const ONE_BY_ONE: &str = "Esc dismisses one of the two";
const REFUSED: &str = "it refuses what a background subagent must ask for";

fn live(
    life: &[Step],
    version: &'static str,
    impossible: &[(&str, &str)],
    unseen: &'static [&'static str],
    heals: bool,
) {
    let mut person = Person::new(version, unseen, heals);
    for step in life {
        match impossible.iter().find(|(situation, _)| *situation == step.situation) {
            Some((situation, reason)) => println!("{version} {situation:44} impossible: {reason}"),
            None => person.take(step),
        }
    }
    person.concludes();
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_tells_the_truth_of_the_first_cli() {
    live(LIFE, "2.1.197", &[], &[], false);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_tells_the_truth_of_a_cli_without_registry() {
    live(LIFE, OLD, IMPOSSIBLE, UNSEEN, true);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_tells_the_truth_of_the_cli_of_today() {
    live(LIFE, newest_version(), &[], &[], true);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_tells_the_truth_of_what_was_learned_later() {
    live(LATER, newest_version(), &[], &[], true);
}
