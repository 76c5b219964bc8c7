//! How long an `ended` signal is kept, by the CLI's own setting.

use std::path::PathBuf;
use std::time::Duration;

use crate::cleanup::retention::retention_period_from;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn the_settings_of_the_administrator_count_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let none = directory.path().join("none.json");
    let (silent, ten) = (file("silent.json", "{}"), file("ten.json", r#"{"cleanupPeriodDays":10}"#));
    let (float, bom) = (file("float.json", r#"{"cleanupPeriodDays":20.0}"#), file("bom.json", "\u{feff}{}"));
    let (zero, broken) = (file("zero.json", r#"{"cleanupPeriodDays":0}"#), file("broken.json", "{ // mine\n}"));
    let (empty, list) = (file("empty.json", " \n"), file("list.json", "[]"));
    let dangling = directory.path().join("dangling.json");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let days = |managed: &[&PathBuf], user: &PathBuf| {
        let managed: Vec<_> = managed.iter().map(|path| (*path).clone()).collect();
        retention_period_from(&managed, user).map(|period| period.as_secs_f64() / DAY.as_secs_f64())
    };
    for user in [&none, &silent, &bom, &empty] {
        assert_eq!(days(&[&none], user), Some(30.0), "{}", user.display());
    }
    assert_eq!((days(&[], &ten), days(&[], &float)), (Some(10.0), Some(20.0)));
    // A file that cannot be understood: nothing may be removed.
    for user in [&zero, &broken, &list, &dangling, &directory.path().to_owned()] {
        assert_eq!(days(&[&silent], user), None, "{}", user.display());
    }
    assert_eq!((days(&[&broken], &ten), days(&[&zero], &ten)), (None, None));
    // The last file of the administrator counts, whatever the user has set.
    assert_eq!(days(&[&ten, &silent, &float], &broken), Some(20.0));
    assert_eq!(days(&[&float, &ten], &float), Some(10.0));
}
