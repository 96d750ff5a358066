//! Open sessions, by the API.

use hyper::StatusCode;
use mail::SessionId;

use super::client::{ApiPath, Remote};
use crate::cli::failure::Failure;
use crate::cli::session::{ListedSession, Sessions, WantedSessions};

impl Sessions for Remote {
    async fn open_sessions(
        &self,
        wanted: &WantedSessions<'_>,
    ) -> Result<Vec<ListedSession>, Failure> {
        let path = ApiPath::new("sessions")
            .field_of("user", wanted.user)
            .field_of("mailbox", wanted.mailbox);
        let listed: Result<Vec<ListedSession>, _> = self.list(&path, usize::MAX).await;
        let mut listed = listed.map_err(|refusal| {
            refusal.or_none(|| Failure::no_mailbox(wanted.mailbox.unwrap_or_default()))
        })?;
        if let Some(session) = wanted.session {
            let number = session.to_string();
            listed.retain(|one| one.session == number);
        }
        // The API has them by number.
        listed.sort_by(|one, other| one.since.cmp(&other.since));
        Ok(listed)
    }

    async fn end_sessions(&self, sessions: &[SessionId]) -> Result<(), Failure> {
        for session in sessions {
            let path = ApiPath::new("sessions").name(&session.to_string());
            match self.delete(&path).await {
                // It has ended by itself.
                Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {}
                done => done?,
            }
        }
        Ok(())
    }

    async fn check_user(&self, name: &str) -> Result<(), Failure> {
        match self.has(&ApiPath::new("users").name(name)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::no_user(name)),
            // Who there is is for site administrators.
            Err(refusal) if refusal.is(StatusCode::FORBIDDEN) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}
