//! Taking children out of an object or array and putting others at its end, leaving the rest as it stands.

use super::{
    document::Span,
    json_value::{self, JsonValue, RenderPosition},
    splice::Splice,
    text_style::{TextStyle, indentation_after, line_indentation},
};

/// A child to add: a member where it has a key, else an item.
pub struct NewChild<'a> {
    pub key: Option<&'a str>,
    pub value: JsonValue,
}

/// The splices that take the children of `removed` out of the container at `at` and put `added` at its end, each
/// set off as its neighbours are. The splices lie in the gaps between children and on those removed.
pub fn rewrite_container(
    text: &str,
    at: &Span,
    children: &[Span],
    removed: &dyn Fn(usize) -> bool,
    added: &[NewChild],
    style: &TextStyle,
) -> Vec<Splice> {
    let splice = |span: Span, put: String| Splice { at: span.start, taken: text[span].to_owned(), put };
    let (open, close) = (at.start + 1, at.end - 1);
    let (put, separator) = if added.is_empty() {
        Default::default() // do not search a long line for an indentation that nobody needs
    } else {
        render_children(text, at, children, added, style)
    };
    let kept: Vec<usize> = (0..children.len()).filter(|child| !removed(*child)).collect();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        return match (children, added) {
            ([], []) => Vec::new(),
            (_, []) => vec![splice(open..close, String::new())],
            ([], _) => vec![splice(open..close, put)],
            ([first, ..], _) => vec![splice(first.start..children[children.len() - 1].end, put)],
        };
    };
    // A removed child takes the comma before it along; those before the first kept one, the comma after them.
    let mut splices = Vec::new();
    if *first > 0 {
        splices.push(splice(children[0].start..children[*first].start, String::new()));
    }
    for pair in kept.windows(2).filter(|pair| pair[0] + 1 < pair[1]) {
        splices.push(splice(children[pair[0]].end..children[pair[1] - 1].end, String::new()));
    }
    let tail = children[*last].end..children[children.len() - 1].end;
    let put = separator + &put;
    if !tail.is_empty() || !put.is_empty() {
        splices.push(splice(tail, put));
    }
    splices
}

/// The text of `added`, and what sets it off from a child before it.
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
            indent = style.lines.then(|| format!("{outer}{}", style.unit));
            separator = match &indent {
                Some(indent) => format!(",{}{indent}", style.newline),
                None => format!(",{}", style.comma_space),
            };
        }
        // With one child, the gap before it; with more, the last comma and all around it, as they are written.
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
    let place = indent.as_deref().map_or(RenderPosition::Line, RenderPosition::Lines);
    let texts = added.iter().map(|child| match child.key {
        Some(key) => json_value::render_member(key, &child.value, style, place),
        None => child.value.to_text(style, place),
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
