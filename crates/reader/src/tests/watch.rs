//! What a change means, for paths as each system names them.

use notify::event::{CreateKind, Event, EventKind};
use session_signals_protocol::file_names::SIGNAL_DIR;

use crate::collector::Collector;
use crate::watch::{ChangedSource, Watcher, explain_watch_error};

#[test]
fn a_change_is_understood_under_the_path_without_links_as_macos_names_it() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().canonicalize().unwrap().join("real");
    fs_err::create_dir_all(real.join(SIGNAL_DIR)).unwrap();
    fs_err::create_dir(real.join("sessions")).unwrap();
    let config_dir = home.path().join("link");
    std::os::unix::fs::symlink(&real, &config_dir).unwrap();
    let mut watcher = Watcher::new(&config_dir, &Collector::new(&config_dir), |_| {}).unwrap();
    for root in [&config_dir, &real] {
        let mut changed = |name: &str| {
            watcher.changed_sources(Ok(Event::new(EventKind::Create(CreateKind::File)).add_path(root.join(name))))
        };
        let signal = changed(&format!("{SIGNAL_DIR}/s.stop.json"));
        assert_eq!(signal, [ChangedSource::Session("s".to_owned())], "{}", root.display());
        assert_eq!(changed("sessions/1.json"), [ChangedSource::Registry], "{}", root.display());
        assert_eq!(changed(SIGNAL_DIR), [ChangedSource::Everything], "{}", root.display());
        assert_eq!(changed("settings.json"), [], "{}", root.display());
    }
}

#[test]
fn a_path_that_cannot_be_watched_is_named() {
    let denied = notify::Error::io(std::io::ErrorKind::PermissionDenied.into()).add_path("/a".into());
    assert_eq!(explain_watch_error(denied).to_string(), "/a: it cannot be watched: permission denied");
}
