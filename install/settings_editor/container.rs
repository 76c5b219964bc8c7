//! Takes children out of an object or array and adds new ones at its end. All other bytes stay.

use super::{
    document::Span,
    json_value::{self, JsonValue, Layout},
    splice::Splice,
    text_style::{TextStyle, indentation_after, line_indentation},
};

/// A child to add: a member of an object if it has a key, else an item of an array.
pub struct NewChild<'a> {
    pub key: Option<&'a str>,
    pub value: JsonValue,
}

/// Returns the splices that remove some children of the container at `at` and put `added` at its end.
///
/// `is_removed` says for an index of `children` whether that child goes. A removed child takes one comma with it. The
/// new children get the same white space between them as the present ones have. The splices touch only the removed
/// children and the white space and commas between children.
///
/// Example: in `{"a":1, "b":2, "c":3}`, removing `b` and adding `d` gives the splices `, "b":2` → nothing, and nothing
/// → `, "d":4` after `3`.
pub fn rewrite_container(
    text: &str,
    at: &Span,
    children: &[Span],
    is_removed: &dyn Fn(usize) -> bool,
    added: &[NewChild],
    style: &TextStyle,
) -> Vec<Splice> {
    let splice = |span: Span, put: String| Splice { at: span.start, taken: text[span].to_owned(), put };
    let (open, close) = (at.start + 1, at.end - 1);
    let (put, separator) = if added.is_empty() {
        Default::default() // the search for an indentation is slow on a long line, and nothing needs it here
    } else {
        render_children(text, at, children, added, style)
    };
    let remaining: Vec<usize> = (0..children.len()).filter(|child| !is_removed(*child)).collect();
    let (Some(first), Some(last)) = (remaining.first(), remaining.last()) else {
        return match (children, added) {
            ([], []) => Vec::new(),
            (_, []) => vec![splice(open..close, String::new())],
            ([], _) => vec![splice(open..close, put)],
            ([first, ..], _) => vec![splice(first.start..children[children.len() - 1].end, put)],
        };
    };
    // A removed child takes the comma before it. Those before the first remaining child take the comma after them.
    let mut splices = Vec::new();
    if *first > 0 {
        splices.push(splice(children[0].start..children[*first].start, String::new()));
    }
    for pair in remaining.windows(2).filter(|pair| pair[0] + 1 < pair[1]) {
        splices.push(splice(children[pair[0]].end..children[pair[1] - 1].end, String::new()));
    }
    let tail = children[*last].end..children[children.len() - 1].end;
    let put = separator + &put;
    if !tail.is_empty() || !put.is_empty() {
        splices.push(splice(tail, put));
    }
    splices
}

/// Returns the text of `added`, and the separator that goes between it and a child before it.
fn render_children(
    text: &str,
    at: &Span,
    children: &[Span],
    added: &[NewChild],
    style: &TextStyle,
) -> (String, String) {
    let outer = line_indentation(text, at.start);
    let (indent, separator);
    match children {
        [] => {
            indent = style.is_multi_line.then(|| format!("{outer}{}", style.unit));
            separator = match &indent {
                Some(indent) => format!(",{}{indent}", style.newline),
                None => format!(",{}", style.comma_space),
            };
        }
        // With one child, the white space before it is repeated. With more, the last comma and the white space around
        // it are repeated.
        [.., last] => {
            let before = if let [.., previous, _] = children { previous.end } else { at.start + 1 };
            let gap = &text[before..last.start];
            indent = indentation_after(gap).map(str::to_owned);
            separator = match (children.len(), &indent) {
                (1, None) => format!(",{}", style.comma_space),
                (1, Some(_)) => format!(",{gap}"),
                _ => gap.to_owned(),
            };
        }
    }
    let layout = indent.as_deref().map_or(Layout::OneLine, Layout::Indented);
    let texts = added.iter().map(|child| match child.key {
        Some(key) => json_value::render_member(key, &child.value, style, layout),
        None => child.value.to_text(style, layout),
    });
    let joined = texts.collect::<Vec<_>>().join(&separator);
    let put = match (children, &indent) {
        ([], Some(indent)) => format!("{0}{indent}{joined}{0}{outer}", style.newline),
        ([], None) if text[at.clone()].starts_with('{') => {
            format!("{0}{joined}{0}", style.brace_space)
        }
        _ => joined,
    };
    (put, separator)
}
