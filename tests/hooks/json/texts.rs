//! Generators of texts: JSON by its grammar, and JSON with errors.

use proptest::collection::vec;
use proptest::prelude::*;

fn space() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// The text between the quotes of a string. It contains halves of surrogate pairs only if `has_half_pairs` is true.
pub fn characters(has_half_pairs: bool) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => "[ -!#-\\[\\]-~]",
        2 => any::<char>().prop_filter("escaped, or it would end the string", |c| *c >= ' ' && !"\"\\".contains(*c))
            .prop_map(String::from),
        2 => "\\\\[\"\\\\/bfnrt]",
        2 => "\\\\u00[0-7][0-9a-fA-F]",
        1 => "\\\\u[0-9a-cA-C][0-9a-fA-F]{3}",
        1 => "\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}",
        u32::from(has_half_pairs) => "\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}",
    ];
    vec(character, 0..6).prop_map(|characters| characters.concat())
}

/// A name of a member that the protocol uses, with some of its characters escaped.
pub fn name() -> impl Strategy<Value = String> {
    let name = prop_oneof![Just("session_id"), Just("agent_id"), Just("pending"), Just("a"), Just("")];
    (name, any::<u16>()).prop_map(|(name, escaped)| {
        let spell = |(at, c): (usize, char)| match escaped >> (at % 16) & 1 {
            0 => c.to_string(),
            _ => format!("\\u{:04X}", u32::from(c)),
        };
        name.chars().enumerate().map(spell).collect()
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![name(), characters(true)]
}

/// Any value, without space around it.
pub fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop_oneof![Just("true"), Just("false"), Just("null")].prop_map(str::to_owned),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?",
        characters(true).prop_map(|text| format!("\"{text}\"")),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| prop_oneof![array(inner.clone()), object(inner)])
}

fn array(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let element = (space(), inner, space()).prop_map(|(before, value, after)| before + &value + &after);
    (space(), vec(element, 0..6)).prop_map(|(space, elements)| match &elements[..] {
        [] => format!("[{space}]"),
        _ => format!("[{}]", elements.join(",")),
    })
}

/// An object with values from the given generator.
pub fn object(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (space(), key(), space(), space(), inner, space())
        .prop_map(|(a, key, b, c, value, d)| format!("{a}\"{key}\"{b}:{c}{value}{d}"));
    (space(), vec(member, 0..6)).prop_map(|(space, members)| match &members[..] {
        [] => format!("{{{space}}}"),
        _ => format!("{{{}}}", members.join(",")),
    })
}

/// A value with white space around it.
pub fn document() -> impl Strategy<Value = String> {
    (space(), value(), space()).prop_map(|(before, value, after)| before + &value + &after)
}

/// A recorded payload.
pub fn recorded() -> impl Strategy<Value = String> {
    let recordings = ["tests/fixtures/claude-2.1.329/interactive.jsonl", "tests/fixtures/claude-2.1.329/agent.jsonl"];
    let read = |name| fs_err::read_to_string(name).unwrap();
    let lines: Vec<_> =
        recordings.iter().flat_map(|name| read(name).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    prop::sample::select(lines)
}

/// A text in which up to three bytes are deleted, inserted or exchanged, or have a bit flipped.
pub fn mutated(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    let special = prop::sample::select(&b"\"\\{}[]:,-+.eE0 \t\n1tfnu\x00\x1f\x7f\x80\xc0\xed\xf4\xff"[..]);
    let mutation = (0..4, any::<prop::sample::Index>(), any::<prop::sample::Index>(), special, 0..8_u8);
    (text, vec(mutation, 1..4)).prop_map(|(text, mutations)| {
        let mut text = text.into_bytes();
        for (kind, at, other, byte, bit) in mutations {
            let (at, other) = (at.index(text.len().max(1)), other.index(text.len().max(1)));
            match kind {
                _ if text.is_empty() => text.push(byte),
                0 => drop(text.remove(at)),
                1 => text.insert(at, byte),
                2 => text.swap(at, other),
                _ => text[at] ^= 1_u8 << bit,
            }
        }
        text
    })
}
