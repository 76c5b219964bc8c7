//! The files of `packaging/nats` in a folder of a test, with certificates and accounts.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

/// Copies the configurations into this folder, and the script that lets machines in.
pub fn copy_configurations(directory: &Path) {
    let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/nats");
    for name in ["nats-server.conf", "cluster.conf", "hosts.conf", "add-host"] {
        fs::copy(packaged.join(name), directory.join(name)).unwrap();
    }
}

/// Makes an authority, and a certificate of it for these names, such as `DNS:localhost,IP:127.0.0.1`. `openssl` gets these variables.
pub fn make_certificates(directory: &Path, names: &str, variables: &[(&str, &OsStr)]) {
    fs::create_dir_all(directory.join("tls")).unwrap();
    let script = r#"cd tls && echo "subjectAltName=$0" >ext
        key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        openssl req -x509 $key -keyout ca.key -out ca.crt -days 30 -subj /CN=authority
        openssl req $key -keyout server.key -out server.csr -subj /CN=server
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out server.crt"#;
    run(Command::new("sh").args(["-euc", script, names]).current_dir(directory).envs(variables.iter().copied()));
}

/// Lets a machine in. Returns its credentials.
pub fn add_host(directory: &Path, name: &str) -> String {
    run(Command::new("./add-host").arg(name).current_dir(directory)).trim().to_owned()
}

/// Runs a command, and returns what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
