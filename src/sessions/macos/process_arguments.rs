//! What lies on the stack of a process when it starts, as the sysctl `KERN_PROCARGS2` gives it.

/// The arguments and the environment of a process.
#[derive(Debug, PartialEq, Eq)]
pub struct ProcessArguments<'a> {
    /// The arguments, the name of the program first.
    pub arguments: Vec<&'a [u8]>,
    /// `NAME=value` entries that end with a NUL byte. Empty if the system does not show them.
    pub environment: &'a [u8],
}

impl<'a> ProcessArguments<'a> {
    /// Reads the number of the arguments, the path of the executable with NUL bytes after it, the arguments, and the environment, which
    /// ends with an empty entry. The rest is for the loader. `None` if arguments are missing.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let path_end = rest.iter().position(|byte| *byte == 0)?;
        let rest = &rest[path_end..];
        let mut rest = &rest[rest.iter().take_while(|byte| **byte == 0).count()..];
        let mut arguments = Vec::new();
        for _ in 0..i32::from_ne_bytes(*count) {
            let end = rest.iter().position(|byte| *byte == 0)?;
            arguments.push(&rest[..end]);
            rest = &rest[end + 1..];
        }
        let mut environment_end = 0;
        while let Some(len) = rest[environment_end..].iter().position(|byte| *byte == 0).filter(|len| *len > 0) {
            environment_end += len + 1;
        }
        Some(Self { arguments, environment: &rest[..environment_end] })
    }
}
