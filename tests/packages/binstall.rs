//! Where cargo binstall looks for the executables. The program itself does not run here.

use std::path::Path;

use super::release::{Release, run};

#[test]
#[ignore = "needs strip and tar"]
fn cargo_binstall_finds_every_executable_in_the_archive() {
    let manifest = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let value = |key: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
        line.unwrap().trim_end_matches('"').to_owned()
    };
    let fill = |template: String, bin: &str| {
        let words = [
            ("repo", env!("CARGO_PKG_REPOSITORY")),
            ("version", env!("CARGO_PKG_VERSION")),
            ("name", env!("CARGO_PKG_NAME")),
            ("target", super::checkout::STATIC_TARGET),
            ("bin", bin),
            ("binary-ext", ""),
        ];
        words.iter().fold(template, |text, (name, word)| text.replace(&format!("{{ {name} }}"), word))
    };
    let address = fill(value("pkg-url"), "");
    assert!(address.ends_with(&format!("/v{}/{}", env!("CARGO_PKG_VERSION"), Release::archive_name())), "{address}");
    let release = Release::new();
    let archive = release.archives().join(Release::archive_name());
    let listed = run(std::process::Command::new("tar").arg("-tzf").arg(archive));
    let names = manifest.split("[[bin]]\nname = \"").skip(1).map(|part| part.split('"').next().unwrap());
    let mut count = 0;
    for name in names {
        let path = fill(value("bin-dir"), name);
        assert!(listed.lines().any(|line| line == path), "{path} is not in\n{listed}");
        count += 1;
    }
    assert_eq!(count, 11);
}
