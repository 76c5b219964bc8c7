//! `/`: a page that follows the stream. It is one file that loads nothing else.

use std::sync::LazyLock;

use axum::http::{HeaderName, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("page.css");
/// One module: the policy allows one script. The files that others use come first.
const SCRIPT: &str = concat!(
    include_str!("page_first_frame.js"),
    include_str!("page_text.js"),
    include_str!("page_card.js"),
    include_str!("page_notices.js"),
    include_str!("page_filter.js"),
    include_str!("page_keys.js"),
    include_str!("page.js"),
);

/// The page and its content security policy.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = include_str!("page.html").replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", SCRIPT);
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    // The browser runs only the style and the script whose hashes are in the policy, whatever a payload contains.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types",
        hash(STYLE),
        hash(SCRIPT)
    );
    (page, policy)
});

/// Answers a request for the page.
pub async fn show_page() -> ([(HeaderName, &'static str); 2], &'static str) {
    let (page, policy) = &*PAGE;
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)], page)
}
