//! The members of a session's JSON that the pages of session dashboards require.

use serde::{Deserialize, Serialize};

use crate::conversation::Conversation;
use crate::conversation_part::{ConversationPart, MAX_PROMPT_LEN, MAX_TARGET_LEN};
use crate::git_checkout::GitCheckout;
use crate::session::PendingPermission;
use crate::shorten::{shorten, shorten_line};

/// The most characters of [`DashboardMembers::goal`].
const MAX_GOAL_LEN: usize = 80;

/// The most characters of [`DashboardMembers::summary`].
const MAX_SUMMARY_LEN: usize = 200;

/// What the page of a session dashboard, such as that of claude-code-ui, requires of each session, under the names that it uses.
/// A page rejects a session if one of these members is missing.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DashboardMembers {
    /// The branch that is checked out in the session's directory.
    pub git_branch: Option<String>,
    /// The address of the page of the repository. It never has the name or the password of a user.
    pub git_repo_url: Option<String>,
    /// The path of the repository on its host, such as `owner/name`. Dashboards group sessions by it.
    pub git_repo_id: Option<String>,
    /// The first prompt of the session, at most 300 characters of it; empty if it is not known.
    pub original_prompt: String,
    /// How many messages the conversation has: see [`Conversation::message_count`]. 0 if there is no transcript.
    pub message_count: u64,
    /// The oldest call that waits for the user's approval, if it is known.
    pub pending_tool: Option<PendingTool>,
    /// What the session is for: its name, or else the first prompt in one line of at most 80 characters.
    pub goal: String,
    /// What the session is for, in one line of at most 200 characters: its first prompt, or else its name.
    pub summary: String,
    /// The last prompts, answers and calls, oldest first: at most eight.
    pub recent_output: Vec<ConversationPart>,
    /// The pull request of the branch. Always null, because nothing is asked over the network.
    pub pr: (),
}

/// A call that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PendingTool {
    /// The name of the tool.
    pub tool: String,
    /// What the call is about, in at most 100 characters: a file, a command or a pattern.
    pub target: String,
}

impl DashboardMembers {
    /// Makes the members of what the signals and the registry say.
    pub(crate) fn new(name: Option<&str>, prompt: Option<&str>, call: Option<&PendingPermission>) -> Self {
        let target = |call: &PendingPermission| shorten_line(&call.target(), MAX_TARGET_LEN);
        let pending_tool = call.map(|call| PendingTool { tool: call.tool_name.clone(), target: target(call) });
        let mut members = Self { pending_tool, ..Self::default() };
        members.set_prompt(name, prompt.unwrap_or_default());
        members
    }

    pub(crate) fn set_checkout(&mut self, checkout: &GitCheckout) {
        self.git_branch.clone_from(&checkout.branch);
        self.git_repo_url = checkout.remote.as_ref().and_then(|remote| remote.url.clone());
        self.git_repo_id = checkout.remote.as_ref().map(|remote| remote.id.clone());
    }

    pub(crate) fn set_conversation(&mut self, name: Option<&str>, conversation: &Conversation) {
        match &conversation.first_prompt {
            Some(prompt) => self.set_prompt(name, prompt),
            // The prompt of a signal is a later one.
            None if conversation.has_gap => self.set_prompt(name, ""),
            None => {}
        }
        self.message_count = conversation.message_count;
        self.recent_output = conversation.recent_parts.iter().cloned().collect();
    }

    fn set_prompt(&mut self, name: Option<&str>, prompt: &str) {
        let name = name.unwrap_or_default();
        let first_of = |text: &str, other: &str, limit| shorten_line(if text.is_empty() { other } else { text }, limit);
        self.goal = first_of(name, prompt, MAX_GOAL_LEN);
        self.summary = first_of(prompt, name, MAX_SUMMARY_LEN);
        self.original_prompt = shorten(prompt, MAX_PROMPT_LEN);
    }
}
