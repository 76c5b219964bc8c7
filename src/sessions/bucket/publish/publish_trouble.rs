//! Why nothing can be published now.

use std::time::Duration;

use super::super::connect::ConnectFailure;

/// Why nothing can be published now. Each has a sentence for the user.
#[derive(Debug)]
pub enum PublishTrouble {
    /// The server cannot be reached, or does not do what it is asked for.
    Server(String),
    /// No server answers for the bucket. There is none, or its servers have no leader for the moment.
    NoBucket(String),
    /// The server does not accept this machine.
    Refused(String),
    /// Another machine writes under this name. It is asked again after this time.
    NameIsTaken(String, Duration),
}

impl PublishTrouble {
    /// Returns the sentence.
    pub fn sentence(&self) -> &str {
        match self {
            Self::Server(sentence)
            | Self::NoBucket(sentence)
            | Self::Refused(sentence)
            | Self::NameIsTaken(sentence, _) => sentence,
        }
    }
}

impl From<ConnectFailure> for PublishTrouble {
    fn from(ConnectFailure { is_refusal, reason }: ConnectFailure) -> Self {
        if is_refusal { Self::Refused(reason) } else { Self::Server(reason) }
    }
}

impl From<String> for PublishTrouble {
    fn from(sentence: String) -> Self {
        Self::Server(sentence)
    }
}
