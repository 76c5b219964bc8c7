//! A tool call that waits for the user.

use serde::Deserialize;
use serde_json::Value;

use crate::lenient_json::{lenient, or_default};

/// A call that waits for the user's answer: an entry of the `pending` list of a `permission` signal.
///
/// A member that is missing or has another type than expected counts as `None`, empty or null.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PendingCall {
    /// The id of the subagent that asks; `None` for the main agent.
    #[serde(deserialize_with = "lenient")]
    pub agent_id: Option<String>,
    /// The name of the tool, such as `Bash`. An MCP server's question (`Elicitation`) has none.
    #[serde(deserialize_with = "lenient")]
    pub tool_name: Option<String>,
    /// The input of the tool, as the CLI gave it. Null if it cannot be represented, for example because a number is too
    /// large. The call waits all the same.
    #[serde(deserialize_with = "or_default")]
    pub tool_input: Value,
    /// The event that reported the call: `PermissionRequest` or `Elicitation`.
    #[serde(deserialize_with = "or_default")]
    pub hook_event_name: String,
    /// The question of an MCP server.
    #[serde(deserialize_with = "lenient")]
    pub message: Option<String>,
    /// When the call was made, in seconds since the Unix epoch with nine digits after the point.
    /// [`parse_stamp`](crate::parse_stamp) reads it.
    #[serde(deserialize_with = "or_default")]
    pub pending_since: String,
}
