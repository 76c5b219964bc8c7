//! The texts of error numbers.

use crate::byte_list::nth_line;
use crate::system::Errno;
use crate::text::Name;

/// Returns the text of an error number, as the C library words it.
#[must_use]
pub fn describe_error(errno: Errno) -> Name {
    let known: [u8; 15] = [1, 2, 5, 12, 13, 17, 20, 21, 24, 27, 28, 30, 36, 40, 122];
    let words = b"\
        Operation not permitted\n\
        No such file or directory\n\
        Input/output error\n\
        Cannot allocate memory\n\
        Permission denied\n\
        File exists\n\
        Not a directory\n\
        Is a directory\n\
        Too many open files\n\
        File too large\n\
        No space left on device\n\
        Read-only file system\n\
        File name too long\n\
        Too many levels of symbolic links\n\
        Disk quota exceeded\n\
        error";
    let number = known.iter().position(|known| i32::from(*known) == errno.0).unwrap_or(known.len());
    let known = nth_line(words, number);
    let mut text = Name::concat(&[known, b" (os error "]);
    text.push_decimal(errno.0.unsigned_abs().into(), 1);
    text.push(b")");
    text
}
