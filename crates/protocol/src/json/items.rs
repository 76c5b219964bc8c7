//! The members of an object and the elements of an array, as raw text.

use super::text::{spells, unquote};
use super::walker::{Role, Walker};

/// One member of an object or one element of an array, as raw text. The key of an element is empty.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// The key without its quotes, with its escapes as they are.
    pub key: &'a [u8],
    /// The value without white space around it.
    pub value: &'a [u8],
    /// Where the value starts in the text.
    pub start: usize,
}

/// Returns the members of an object or the elements of an array. The iterator ends early on text that [`Walker`] does not accept.
#[must_use]
pub fn items(text: &[u8]) -> Items<'_> {
    Items { text, at: 0, walker: Walker::default() }
}

/// The iterator that [`items`] returns.
pub struct Items<'a> {
    text: &'a [u8],
    at: usize,
    walker: Walker,
}

impl Items<'_> {
    /// Returns where the next item is searched. After the last item, that is the end of the object or array.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    #[inline(never)] // saves 3 KB, because it is used in seven places
    fn next(&mut self) -> Option<Item<'a>> {
        let (mut start, mut key) = (self.at, &self.text[..0]);
        while let Some(rest) = self.text.get(self.at..) {
            self.at += self.walker.count_plain(rest);
            let role = self.walker.step(*self.text.get(self.at)?).ok()?;
            let (at, before) = (start, start..self.at);
            self.at += 1;
            match (self.walker.depth(), role) {
                (1, Role::Open | Role::Colon | Role::Comma) | (0, Role::Close) => start = self.at,
                _ => continue,
            }
            let value = self.text.get(before)?.trim_ascii_end();
            let end = at + value.len();
            let value = value.trim_ascii_start();
            match role {
                Role::Open => {}
                Role::Colon => key = unquote(value),
                // `[]` has no element.
                _ => return (!value.is_empty()).then_some(Item { key, value, start: end - value.len() }),
            }
        }
        None
    }
}

/// Returns the value of an object's last member of this name, which is the one that `JSON.parse` and jq keep.
#[must_use]
#[inline(never)] // saves 200 bytes at each use
pub fn last_member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    items(object).filter(|item| spells(item.key, name)).last().map(|item| item.value)
}
