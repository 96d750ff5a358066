//! Addresses, by the API.

use hyper::StatusCode;
use serde_json::json;
use store::Posting;

use super::client::{ApiPath, Remote};
use crate::cli::address::{Addresses, ExplainedAddress, ListedAddress, no_address};
use crate::cli::failure::Failure;

impl Addresses for Remote {
    async fn add_address(
        &self,
        address: &str,
        targets: &[String],
        posting: Posting,
    ) -> Result<(), Failure> {
        for target in targets {
            let wanted = json!({
                "address": address,
                "leads_to": target,
                "closed": posting == Posting::AsListed,
            });
            let added = self.post(&ApiPath::new("addresses"), &wanted).await;
            added.map_err(|refusal| refusal.or_none(|| Failure::no_mailbox(target)))?;
        }
        Ok(())
    }

    async fn remove_address(&self, address: &str, targets: &[String]) -> Result<(), Failure> {
        let path = ApiPath::new("addresses").name(address);
        let mut paths: Vec<_> = targets
            .iter()
            .map(|target| path.clone().field("leads_to", target))
            .collect();
        if paths.is_empty() {
            paths.push(path);
        }
        let mut is_removed = false;
        for path in paths {
            match self.delete(&path).await {
                Ok(()) => is_removed = true,
                Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        if is_removed {
            Ok(())
        } else {
            Err(no_address(address))
        }
    }

    async fn list_addresses(&self) -> Result<Vec<ListedAddress>, Failure> {
        Ok(self.list(&ApiPath::new("addresses"), usize::MAX).await?)
    }

    async fn explain_address(&self, address: &str) -> Result<ExplainedAddress, Failure> {
        let path = ApiPath::new("addresses").name(address).part("route");
        Ok(self.show(&path).await?)
    }
}
