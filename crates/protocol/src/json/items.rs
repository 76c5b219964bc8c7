//! The members of an object and the elements of an array, as raw text.

use super::text::{spells, unquote};
use super::walker::{Role, Walker};

/// One member of an object, or one element of an array (whose `key` is empty), as raw text.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// The key between its quotes, escapes as they are.
    pub key: &'a [u8],
    /// The value, white space around it trimmed.
    pub value: &'a [u8],
    /// Where in the text it starts.
    pub start: usize,
}

/// The members of an object or the elements of an array. Ends early on text that no [`Walker`] accepts.
#[must_use]
pub fn items(text: &[u8]) -> Items<'_> {
    Items { text, at: 0, walker: Walker::default() }
}

/// What [`items`] returns.
pub struct Items<'a> {
    text: &'a [u8],
    at: usize,
    walker: Walker,
}

impl Items<'_> {
    /// Where the next one is looked for: once there is none, where the value ends.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    #[inline(never)] // it is asked for in seven places: 3 KB
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

/// The value of an object's last member named `name`: the one that `JSON.parse` and jq keep.
#[must_use]
#[inline(never)] // 200 bytes at each of its uses
pub fn last_member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    items(object).filter(|item| spells(item.key, name)).last().map(|item| item.value)
}
