//! Generators of values, and of the many spellings of one value.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

/// A value. There are few enough different ones that two of them are sometimes equal.
pub fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i32..3, 0..4_u32).prop_map(|(digits, power)| Value::from(digits * 10_i32.pow(power))),
        (-200..200).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let object = prop::collection::btree_map(text(), inner, 0..4);
        prop_oneof![list, object.prop_map(|members: BTreeMap<String, Value>| members.into_iter().collect())]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{0,2}", 1 => "[a\"\\\\/\u{8}\u{c}\n\r\té漢\u{fffd}😀\u{0}\u{7f}]{0,9}"]
}

/// Returns one spelling of a value, which `dice` chooses.
pub fn spell(value: &Value, dice: &mut Dice) -> String {
    let text = match value {
        Value::Null | Value::Bool(_) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => spell_text(text, dice),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|element| spell(element, dice)).collect();
            format!("[{}{}]", dice.space(), elements.join(","))
        }
        Value::Object(members) => {
            let mut spelled = Vec::new();
            for (name, value) in members {
                spelled.insert(dice.below(spelled.len() + 1), (spell_text(name, dice), spell(value, dice)));
            }
            let spelled = spelled.into_iter().map(|(name, value)| format!("{name}{}:{value}", dice.space()));
            format!("{{{}}}", spelled.collect::<Vec<_>>().join(","))
        }
    };
    format!("{}{text}{}", dice.space(), dice.space())
}

fn spell_text(text: &str, dice: &mut Dice) -> String {
    let escape = |unit: u16, capital: bool| if capital { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    let spell = |character: char| {
        let short = "\"\\/\u{8}\u{c}\n\r\t".chars().zip("\"\\/bfnrt".chars()).find(|(meant, _)| *meant == character);
        match (dice.below(3), short) {
            (0 | 1, Some((_, short))) => format!("\\{short}"),
            (0 | 1, None) if character >= ' ' => character.to_string(),
            (dice, _) => character.encode_utf16(&mut [0; 2]).iter().map(|unit| escape(*unit, dice > 1)).collect(),
        }
    };
    format!("\"{}\"", text.chars().map(spell).collect::<String>())
}

/// A generator of pseudo-random numbers.
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn space(&mut self) -> &'static str {
        ["", "", "", " ", "\n\t", "\r "][self.below(6)]
    }
}
