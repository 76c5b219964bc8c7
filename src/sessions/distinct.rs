//! The values of an option that may be given more than once.

/// Returns each value of a list once, in the order in which the list first has it. The list is short: every value is compared with all
/// before it.
pub fn distinct<T: PartialEq>(list: &[T]) -> impl Iterator<Item = &T> {
    list.iter().enumerate().filter(|(place, value)| !list[..*place].contains(value)).map(|(_, value)| value)
}
