//! PIDs and PID files that are not what they seem.

use std::os::unix::fs::symlink;
use std::process::{Child, Command};

use fs_err as fs;
use serde_json::json;

use super::world::{World, lives, until};

/// A process that is nobody's business.
struct Stranger(Child);

impl Stranger {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// When a process started, in clock ticks since boot.
fn start(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap()
}

const NAMES: [&str; 9] = ["link", "folder", "fifo", "empty", "large", "one", "minus", "stranger", "fine"];

/// Everything that can be wrong with a PID file, in the name of this session.
fn plant(world: &World, session: &str, stranger: u32) {
    fs::create_dir_all(world.directory()).unwrap();
    let file = |name: &str| world.directory().join(format!(".{name}.{session}.pid"));
    fs::write(world.path("target"), stranger.to_string()).unwrap();
    symlink(world.path("target"), file("link")).unwrap();
    fs::create_dir(file("folder")).unwrap();
    fs::write(file("folder").join("mine"), "").unwrap();
    assert!(Command::new("mkfifo").arg(file("fifo")).status().unwrap().success());
    fs::write(file("empty"), "").unwrap();
    fs::File::create(file("large")).unwrap().set_len(1 << 30).unwrap();
    fs::write(file("one"), "1").unwrap();
    fs::write(file("minus"), "-1").unwrap();
    fs::write(file("stranger"), format!("{stranger}\n")).unwrap();
}

fn directory_of(world: &World) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(world.directory(), PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn pid_files_of_a_dead_set_harm_no_stranger() {
    let daemons: Vec<_> =
        NAMES.iter().map(|name| json!({"name": name, "command": "/bin/sleep", "args": ["1000"]})).collect();
    let world = World::new(&daemons);
    let stranger = Stranger::new();
    for session in ["s", "dead"] {
        plant(&world, session, stranger.pid());
        fs::remove_file(world.path("target")).unwrap();
        // What a guard would have said, of a process that is none; even its start is right.
        let process = json!({"pid": stranger.pid(), "start": start(stranger.pid())});
        let row = json!({"name": "stranger", "status": "running", "process": process, "since": {"secs_since_epoch": 1, "nanos_since_epoch": 0}, "restarts": 0, "log": "/x"});
        let state = json!({"guard": process, "claude": null, "ending": false, "daemons": [row]});
        fs::write(world.directory().join(format!(".{session}.state.json")), state.to_string()).unwrap();
        fs::write(world.directory().join(format!(".{session}.lock")), stranger.pid().to_string()).unwrap();
    }
    fs::write(world.path("target"), "mine").unwrap();
    directory_of(&world);
    world.daemons(&["stop", "--session", "dead"]).assert_success();
    assert_eq!(world.files().iter().filter(|name| name.contains("dead")).collect::<Vec<_>>(), [".folder.dead.pid"]);
    let mut cli = world.begin("s");
    // All run; the one whose PID file is a directory has none, and its log says why.
    world.runs(NAMES.len());
    for name in NAMES.iter().filter(|name| **name != "folder") {
        let pid = fs::read_to_string(world.directory().join(format!(".{name}.s.pid"))).unwrap();
        assert!(lives(pid.trim_end().parse().unwrap()), "{name}");
        assert!(world.directory().join(format!(".{name}.s.pid")).symlink_metadata().unwrap().is_file());
    }
    assert!(fs::read_to_string(world.directory().join("folder.s.log")).unwrap().contains(".folder.s.pid: "));
    cli.end("other").assert_success();
    world.runs(0);
    assert!(lives(stranger.pid()));
    assert_eq!(fs::read_to_string(world.path("target")).unwrap(), "mine");
    assert!(world.directory().join(".folder.s.pid/mine").exists());
}

/// Somebody who may write there, or a program that went wrong, can write any state and hold any lock.
#[test]
fn a_forged_state_beside_a_lock_that_is_held_harms_no_stranger() {
    let world = World::new(&[]);
    let stranger = Stranger::new();
    fs::create_dir_all(world.directory()).unwrap();
    directory_of(&world);
    let lock = fs::File::create(world.directory().join(".s.lock")).unwrap();
    lock.file().lock().unwrap();
    let process = json!({"pid": stranger.pid(), "start": start(stranger.pid())});
    let since = json!({"secs_since_epoch": 1, "nanos_since_epoch": 0});
    let row = |name: &str| json!({"name": name, "status": "running", "process": process, "since": since, "restarts": 0, "log": "/etc/passwd"});
    let rows = [row("forged"), row("../../../etc/passwd")];
    let state = json!({"guard": process, "claude": null, "ending": false, "daemons": rows});
    fs::write(world.directory().join(".s.state.json"), state.to_string()).unwrap();
    let listed = world.daemons(&["list", "--json"]);
    let lines: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["state"], &lines[0]["pid"]), (&json!("lost"), &json!(null)));
    let log = world.directory().canonicalize().unwrap().join("forged.s.log");
    assert_eq!(lines[0]["log"].as_str(), log.to_str());
    world.daemons(&["stop", "--session", "s"]).assert_failure("stays locked");
    assert!(lives(stranger.pid()));
    // What others may write to says nothing at all, and that is told.
    let path = world.directory().join(".s.state.json");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    assert_eq!(world.daemons(&["list", "--json"]).stdout, "[]\n");
    let told = format!("{} is not yours alone", path.canonicalize().unwrap().display());
    world.daemons(&["stop", "--session", "s"]).assert_failure(&told);
    assert!(lives(stranger.pid()));
}

/// A row of a guard that is right, with the process of a stranger in it.
#[test]
fn a_forged_row_of_a_living_guard_is_not_running() {
    let world = World::new(&[json!({"name": "real", "command": "/bin/sleep", "args": ["1000"]})]);
    let stranger = Stranger::new();
    let _cli = world.begin("s");
    world.runs(1);
    let path = world.directory().join(".s.state.json");
    let mut state: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut row = state["daemons"][0].clone();
    row["name"] = "forged".into();
    row["process"] = json!({"pid": stranger.pid(), "start": start(stranger.pid())});
    state["daemons"].as_array_mut().unwrap().push(row);
    fs::write(&path, state.to_string()).unwrap();
    let real = world.line("s", "real");
    assert_eq!(real["pid"].as_u64(), Some(world.pids("s")["real"].into()));
    let forged = world.line("s", "forged");
    assert_eq!(
        (&forged["pid"], &forged["state"], &forged["uptimeSeconds"]),
        (&json!(null), &json!("lost"), &json!(null))
    );
}

/// Root sees what every process reads from; another user's is no guard of root's.
#[test]
#[ignore = "privileged: takes root"]
fn privileged_a_process_of_another_user_is_no_guard() {
    let world = World::new(&[]);
    fs::create_dir_all(world.directory()).unwrap();
    directory_of(&world);
    let lock = fs::File::create(world.directory().join(".s.lock")).unwrap().into_file();
    lock.lock().unwrap();
    // It has the session's lock as its standard input, as a guard has.
    let mut sleep = Command::new("setpriv");
    sleep.args(["--reuid=12345", "--regid=12345", "--clear-groups", "sleep", "1000"]).stdin(lock);
    let stranger = Stranger(sleep.spawn().unwrap());
    until("another user", || {
        fs::read_to_string(format!("/proc/{}/comm", stranger.pid())).is_ok_and(|name| name == "sleep\n")
    });
    let process = json!({"pid": stranger.pid(), "start": start(stranger.pid())});
    let state = json!({"guard": process, "claude": null, "ending": false, "daemons": []});
    fs::write(world.directory().join(".s.state.json"), state.to_string()).unwrap();
    world.daemons(&["stop", "--session", "s"]).assert_failure("stays locked");
    assert!(lives(stranger.pid()));
}

#[test]
fn pid_files_that_change_under_a_guard_harm_nobody() {
    let daemons: Vec<_> = NAMES
        .iter()
        .map(|name| json!({"name": name, "command": "/bin/sleep", "args": ["1000"], "restart": "always"}))
        .collect();
    let world = World::new(&daemons);
    let stranger = Stranger::new();
    let mut cli = world.begin("s");
    for name in world.files().iter().filter(|name| name.strip_suffix(".pid").is_some()) {
        fs::remove_file(world.directory().join(name)).unwrap();
    }
    plant(&world, "s", stranger.pid());
    cli.end("other").assert_success();
    assert_eq!((world.running(), world.files()), (vec![], vec![".folder.s.pid".to_owned()]));
    assert!(lives(stranger.pid()));
    assert_eq!(fs::read_to_string(world.path("target")).unwrap(), stranger.pid().to_string());
}

#[test]
fn a_lock_that_is_none_is_said() {
    let world = World::new(&[]);
    fs::create_dir_all(world.directory()).unwrap();
    directory_of(&world);
    let lock = world.directory().join(".s.lock");
    fs::create_dir(&lock).unwrap();
    world.daemons(&["start", "--session", "s"]).assert_failure(".s.lock: ");
    fs::remove_dir(&lock).unwrap();
    fs::write(world.path("target"), "mine").unwrap();
    symlink(world.path("target"), &lock).unwrap();
    world.daemons(&["start", "--session", "s"]).assert_failure(".s.lock: ");
    // It is nobody else's trouble.
    world.daemons(&["start", "--session", "t"]).assert_success();
    assert_eq!(world.files(), [".s.lock", ".t.lock", ".t.state.json"]);
    assert_eq!(fs::read_to_string(world.path("target")).unwrap(), "mine");
}
